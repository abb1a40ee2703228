using System.Diagnostics;
using System.Globalization;
using Hartfs.Cli.Output;
using Hartfs.Core;
using Spectre.Console;

namespace Hartfs.Cli.Maintenance;

/// <summary>Shows long work: a bar on a terminal, a line now and then elsewhere. On standard error.</summary>
internal sealed class MaintenanceDisplay(TextWriter error) : IProgress<MaintenanceProgress>
{
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new(); // guards: the fields below
    private MaintenanceProgress _latest;
    private ProgressTask? _task;
    private long _shownAt = Stopwatch.GetTimestamp();

    /// <summary>Runs the work on this thread and shows how it goes on.</summary>
    public T Run<T>(Func<T> work)
    {
        if (!CopyDisplay.IsOnTerminal)
            return work();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Error),
        });
        return console.Progress()
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(),
                new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context =>
            {
                _task = context.AddTask("");
                using var timer = new Timer(_ => ShowBar(), null, BarInterval, BarInterval);
                return work();
            });
    }

    public void Report(MaintenanceProgress value)
    {
        lock (_lock)
        {
            _latest = value;
            if (_task is not null || Stopwatch.GetElapsedTime(_shownAt) < LineInterval)
                return;
            _shownAt = Stopwatch.GetTimestamp();
        }

        error.WriteLine(Line(value));
    }

    private void ShowBar()
    {
        lock (_lock)
        {
            if (_task is null || _latest.Stage is null)
                return;
            _task.MaxValue = Math.Max(1, _latest.Total);
            _task.Value = Math.Min(_task.MaxValue, _latest.Done);
            _task.Description = Markup.Escape(Line(_latest));
        }
    }

    private static string Line(in MaintenanceProgress progress)
    {
        string done = progress.IsBytes ? ByteSize.Format(progress.Done) : Count(progress.Done);
        string total = progress.IsBytes ? ByteSize.Format(progress.Total) : Count(progress.Total);
        string line = progress.Total > 0 ? $"{progress.Stage}, {done} of {total}" : $"{progress.Stage}, {done}";
        return progress.FindingCount > 0 ? $"{line}, {Count(progress.FindingCount)} found" : line;
    }

    private static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);
}
