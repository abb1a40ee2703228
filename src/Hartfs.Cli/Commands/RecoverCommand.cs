using System.CommandLine;
using System.Globalization;
using Hartfs.Cli.Maintenance;
using Hartfs.Cli.Output;
using Hartfs.Core;
using Hartfs.Core.Integrity;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs recover</c>: rebuilds lost or broken metadata.</summary>
internal static class RecoverCommand
{
    public static Command Build()
    {
        Argument<string> volume = GlobalOptions.Volume();
        var force = new Option<bool>("--force") { Description = "Rebuild although the metadata can be used." };
        var withoutNames = new Option<bool>("--without-names")
        {
            Description = "Go on without any copy of the metadata: all content goes under /lost+found.",
        };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("recover",
                "Rebuild metadata that are gone or broken: names from their newest copy, content from the packs.")
            .WithExample("hartfs recover ~/library", "the files that were there are kept beside the new ones");
        command.Add(volume);
        command.Add(force);
        command.Add(withoutNames);
        command.Add(json);
        command.SetAction(CommandContext.Action(context => Run(context, context.Value(volume), new RecoveryOptions
        {
            Force = context.Value(force),
            WithoutNames = context.Value(withoutNames),
        }, context.Value(json))));
        return command;
    }

    private static ExitCode Run(CommandContext context, string volume, RecoveryOptions options, bool json)
    {
        using var run = new MaintenanceRun(context, volume);
        RecoveryResult result;
        try
        {
            RecoveryReport report = run.RunHere((progress, cancel) => VolumeRecovery.Run(
                run.Volume, options, context.Loggers, TimeProvider.System, progress, cancel));
            result = RecoveryResult.From(run.Volume, report, TimeProvider.System);
        }
        catch (VolumeException refusal) when (refusal.Failure == VolumeFailure.NotNeeded)
        {
            // No failure: whoever recovers twice has what he wants.
            context.Output.WriteLine(json
                ? JsonText.Indented(RecoveryResult.NotNeeded(run.Volume), JsonText.Pretty.RecoveryResult)
                : refusal.Message + ".");
            return ExitCode.Success;
        }
        catch (OperationCanceledException)
        {
            throw new CommandFailure(ExitCode.Interrupted,
                $"stopped; nothing was changed. Next: hartfs recover {ShellWord.Quote(volume)} begins anew.");
        }

        if (json)
            context.Output.WriteLine(JsonText.Indented(result, JsonText.Pretty.RecoveryResult));
        else
            result.Write(context.Output);
        return result.MissingCount == 0 && result.Contradictions.Count == 0 ? ExitCode.Success : ExitCode.Damaged;
    }
}

/// <summary>What <c>hartfs recover --json</c> prints.</summary>
/// <param name="NamesFrom">When the copy was taken that the names come from; absent without a copy.</param>
/// <param name="UnusableCopies">Newer copies that could not be used.</param>
/// <param name="Files">Files with names.</param>
/// <param name="DamagedBlocks">Blocks that could not be listed.</param>
/// <param name="LostFiles">Files made for content without a name.</param>
/// <param name="LostFolder">Where they are.</param>
/// <param name="MissingCount">Parts of files whose content is in no pack.</param>
/// <param name="KeptFiles">The files as they were before.</param>
internal sealed record RecoveryResult(string Volume, string? NamesFrom, int UnusableCopies, long Files, int Packs,
    long Blocks, long DamagedBlocks, long LostFiles, long LostBytes, string? LostFolder, long MissingCount,
    IReadOnlyList<DamageReport> Missing, IReadOnlyList<string> Contradictions, IReadOnlyList<string> KeptFiles)
{
    /// <summary>Whether anything had to be recovered.</summary>
    public bool Needed { get; init; } = true;

    /// <summary>Whether the metadata could be used as they are: nothing else was done then.</summary>
    public bool SuperblocksOnly { get; init; }

    private string Age { get; init; } = "";

    public static RecoveryResult NotNeeded(string volume) =>
        new(volume, null, 0, 0, 0, 0, 0, 0, 0, null, 0, [], [], []) { Needed = false };

    public static RecoveryResult From(string volume, RecoveryReport report, TimeProvider time) => new(volume,
        StatsReport.TimeText(report.NamesTime), report.UnusableCopyCount, report.FileCount, report.PackCount,
        report.BlockCount, report.DamagedBlockCount, report.LostFileCount, report.LostBytes, report.LostFolder,
        report.Missing.Count, DamageReport.From(report.Missing), report.Contradictions, report.KeptFiles)
    {
        SuperblocksOnly = report.IsSuperblockOnly,
        Age = Describe(time.GetUtcNow() - DateTime.UnixEpoch.AddTicks(report.NamesTime / 100)),
    };

    public void Write(TextWriter output)
    {
        if (SuperblocksOnly)
        {
            output.WriteLine($"{Volume}: both superblocks are back from the copy of {NamesFrom}.");
            output.WriteLine("The metadata can be used and stay as they are.");
            output.WriteLine($"Next: hartfs check {ShellWord.Quote(Volume)}, then mount it.");
            return;
        }

        output.WriteLine(NamesFrom is null
            ? $"{Volume}: there was no copy of the metadata, so nothing has its name."
            : $"{Volume}: names as of {NamesFrom}, {Age} ago; {DamageText.Count(Files)} files have theirs.");
        if (UnusableCopies > 0)
            output.WriteLine($"{DamageText.Count(UnusableCopies)} newer copies of the metadata could not be used.");
        output.WriteLine($"Listed {DamageText.Count(Blocks)} blocks of {DamageText.Count(Packs)} packs"
            + (DamagedBlocks > 0 ? $"; {DamageText.Count(DamagedBlocks)} could not be listed." : "."));
        if (LostFolder is not null)
        {
            output.WriteLine($"Content without a name: {DamageText.Count(LostFiles)} files, "
                + $"{ByteSize.Format(LostBytes)}, in {LostFolder}");
            output.WriteLine("(newer than the names, or deleted and not collected yet).");
        }

        if (MissingCount > 0)
        {
            output.WriteLine("Names whose content is in no pack:");
            DamageText.Write(output, Missing, MissingCount);
        }

        foreach (string contradiction in Contradictions)
            output.WriteLine("Does not add up: " + contradiction);
        foreach (string file in KeptFiles)
            output.WriteLine($"Kept: {file}");
        output.WriteLine($"Next: hartfs check {ShellWord.Quote(Volume)}, then mount it.");
    }

    private static string Describe(TimeSpan age) => age.TotalDays >= 2
        ? string.Create(CultureInfo.InvariantCulture, $"{age.TotalDays:0} days")
        : age.TotalHours >= 2
            ? string.Create(CultureInfo.InvariantCulture, $"{age.TotalHours:0} hours")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, age.TotalMinutes):0} minutes");
}
