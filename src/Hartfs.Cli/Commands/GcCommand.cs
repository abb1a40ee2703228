using System.CommandLine;
using Hartfs.Cli.Control;
using Hartfs.Cli.Copying;
using Hartfs.Cli.Maintenance;
using Hartfs.Cli.Output;
using Hartfs.Core;
using Hartfs.Core.Collection;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs gc</c>: brings back the room of what nothing refers to any more.</summary>
internal static class GcCommand
{
    private const int PercentMax = 100;

    public static Command Build()
    {
        Argument<string> path = GlobalOptions.VolumeOrMount();
        var dryRun = new Option<bool>("--dry-run")
        {
            Description = "Only say what would come back; delete nothing.",
        };
        var minDead = new Option<int>("--min-dead")
        {
            Description = "How much of a pack has to be dead before what lives in it is moved: 0 brings back most and "
                + "writes most.",
            HelpName = "PERCENT",
            DefaultValueFactory = _ => 10,
        };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("gc",
                "Bring back the room of what neither files nor snapshots refer to any more. A mounted volume does that "
                + "by itself; this does it now.")
            .WithExample("hartfs gc --dry-run ~/h", "how much would come back")
            .WithExample("hartfs gc ~/h", "while it is in use; goes on after a stop")
            .WithExample("hartfs gc --min-dead 0 ~/library", "all of it, however much has to be moved");
        command.Add(path);
        command.Add(dryRun);
        command.Add(minDead);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
            Run(context, context.Value(path), Percent(context.Value(minDead)), context.Value(dryRun),
                context.Value(json))));
        return command;
    }

    /// <summary>Does what a request asks, on a volume open in this process.</summary>
    public static ControlResponse Answer(string path, Volume volume, ControlRequest request,
        IProgress<MaintenanceProgress> progress, CancellationToken cancel)
    {
        var options = new CollectionOptions { DeadShareMin = (request.MinDeadPercent ?? 10) / (double)PercentMax };
        if (request.DryRun == true)
        {
            try
            {
                volume.Commit();
                CollectionPlan plan = volume.Collection.Plan(options, progress, cancel);
                return new ControlResponse { Ok = true, Gc = GcReport.From(path, plan) };
            }
            catch (OperationCanceledException)
            {
                return ControlResponse.Failed(ExitCode.Interrupted, "stopped; nothing was changed.");
            }
        }

        CollectionResult result = volume.Collection.Run(options, progress, cancel);
        return new ControlResponse { Ok = true, Gc = GcReport.From(path, result) };
    }

    private static ExitCode Run(CommandContext context, string path, int minDead, bool isDryRun, bool json)
    {
        using var run = new MaintenanceRun(context, path);
        var request = new ControlRequest(ControlProtocol.Version, ControlVerbs.Gc)
        {
            DryRun = isDryRun,
            MinDeadPercent = minDead,
        };
        GcReport report = run.Run(request, "hartfs gc",
                (volume, progress, cancel) => Answer(run.Volume, volume, request, progress, cancel)).Gc
            ?? throw new CommandFailure(ExitCode.NoAnswer, "the mount's answer has no result.");
        if (json)
            context.Output.WriteLine(JsonText.Indented(report, JsonText.Pretty.GcReport));
        else
            report.Write(context.Output);
        return Conclude(report, path);
    }

    /// <summary>How a command ends whose collection came to this; throws when that ended early.</summary>
    /// <param name="path">The volume, as the user wrote it.</param>
    public static ExitCode Conclude(GcReport report, string path) => report.Error switch
    {
        null => ExitCode.Success,
        FsError.Interrupted => throw new CommandFailure(ExitCode.Interrupted,
            $"stopped. Next: hartfs gc {ShellWord.Quote(path)} goes on where it stopped."),
        FsError.OutOfSpace => throw new CommandFailure(ExitCode.OutOfSpace,
            "there is no room to move what lives. Next: hartfs gc --min-dead 90 needs the least; or make some "
            + "room beside the volume."),
        { } error => throw new CommandFailure(ExitCode.IoFailure,
            $"ended early: {FsErrorText.Describe(error)}. Nothing is lost. Next: look into the log."),
    };

    private static int Percent(int value) => value is >= 0 and <= PercentMax
        ? value
        : throw new CommandFailure(ExitCode.Usage, $"--min-dead {value}: must be from 0 to {PercentMax}.");
}
