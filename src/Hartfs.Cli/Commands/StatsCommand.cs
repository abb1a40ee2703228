using System.CommandLine;
using Hartfs.Cli.Control;
using Hartfs.Cli.Copying;
using Hartfs.Cli.Mounting;
using Hartfs.Cli.Output;
using Hartfs.Core;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs stats</c>: what a volume saves, mounted or not.</summary>
internal static class StatsCommand
{
    public static Command Build()
    {
        var path = new Argument<string>("VOLUME|MOUNTPOINT")
        {
            Description = "The directory of the volume, or any path on its mount.",
        };
        var quick = new Option<bool>("--quick")
        {
            Description = "Of a mounted volume, show the figures of the last commit; do not write out first.",
        };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("stats", "Show what a volume holds, what it needs and what it saves.")
            .WithExample("hartfs stats ~/library", "mounted or not")
            .WithExample("hartfs stats --quick --json ~/h", "for scripts that ask often");
        command.Add(path);
        command.Add(quick);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            StatsReport report = Find(context, HostPath.Real(context.Value(path)), isFresh: !context.Value(quick));
            if (context.Value(json))
                context.Output.WriteLine(JsonText.Indented(report, JsonText.Pretty.StatsReport));
            else
                StatsText.Write(context.Output, report);
            return ExitCode.Success;
        }));
        return command;
    }

    private static StatsReport Find(CommandContext context, string path, bool isFresh)
    {
        string volume = Mounts.Containing(path)?.Source ?? path;
        using (ControlClient? client = ControlClient.TryConnect(volume))
        {
            if (client is not null)
            {
                if (isFresh && Mounts.Of(volume) is { } mount)
                    HostDirectory.WriteOut(mount.MountPoint);
                var request = new ControlRequest(ControlProtocol.Version, ControlVerbs.Stats) { Fresh = isFresh };
                return client.Ask(request, mayTakeLong: isFresh).Stats
                    ?? throw new CommandFailure(ExitCode.NoAnswer, "the mount's answer has no figures.");
            }
        }

        var settings = new VolumeSettings { ReadOnly = true, Holder = "hartfs stats" };
        using Volume opened = Volume.Open(volume, settings, context.Loggers);
        return StatsReport.From(volume, opened.GetStatistics());
    }
}
