using System.Globalization;
using Hartfs.Cli.Copying;
using Spectre.Console;

namespace Hartfs.Cli.Output;

/// <summary>Shows a running copy: a bar on a terminal, a line now and then elsewhere. On standard error.</summary>
internal static class CopyDisplay
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(100);

    public static bool IsOnTerminal => !Console.IsErrorRedirected && !Console.IsOutputRedirected;

    /// <summary>Runs the copy on this thread and shows how it goes on.</summary>
    public static void Run(CopyProgress progress, TextWriter error, Action copy)
    {
        if (IsOnTerminal)
            RunWithBar(progress, copy);
        else
            RunWithLines(progress, error, copy);
    }

    private static void RunWithBar(CopyProgress progress, Action copy)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Error),
        });
        console.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(),
                new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context =>
            {
                ProgressTask task = context.AddTask("");
                using var timer = new Timer(_ => Update(task, progress), null, BarInterval, BarInterval);
                copy();
            });
    }

    private static void Update(ProgressTask task, CopyProgress progress)
    {
        // Every item counts as some bytes, so that a tree of small files moves as well.
        const int itemWeight = 4096;
        task.MaxValue = Math.Max(1, progress.Total.Bytes + (progress.Total.Items * itemWeight));
        task.Value = Math.Min(task.MaxValue, progress.Bytes + progress.SkippedBytes
            + ((progress.Items + progress.SkippedItems) * itemWeight));
        task.Description = Line(progress);
    }

    private static void RunWithLines(CopyProgress progress, TextWriter error, Action copy)
    {
        using var timer = new Timer(_ => error.WriteLine(Line(progress)), null, LineInterval, LineInterval);
        copy();
    }

    private static string Line(CopyProgress progress)
    {
        string line = string.Create(CultureInfo.InvariantCulture,
            $"{progress.Items:#,0} items, {ByteSize.Format(progress.Bytes)}");
        if (progress.SkippedItems > 0)
            line += string.Create(CultureInfo.InvariantCulture, $", {progress.SkippedItems:#,0} there already");
        if (progress.ErrorCount > 0)
            line += string.Create(CultureInfo.InvariantCulture, $", {progress.ErrorCount:#,0} failed");
        return line;
    }
}
