using System.CommandLine;
using Hartfs.Cli.Control;
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
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("stats", "Show what a volume holds, what it needs and what it saves.")
            .WithExample("hartfs stats ~/library", "mounted or not")
            .WithExample("hartfs stats --json ~/h", "for scripts");
        command.Add(path);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            StatsReport report = Find(context, HostPath.Real(context.Value(path)));
            if (context.Value(json))
                context.Output.WriteLine(JsonText.Indented(report, JsonText.Pretty.StatsReport));
            else
                StatsText.Write(context.Output, report);
            return ExitCode.Success;
        }));
        return command;
    }

    private static StatsReport Find(CommandContext context, string path)
    {
        string volume = Mounts.Containing(path)?.Source ?? path;
        using (ControlClient? client = ControlClient.TryConnect(volume))
        {
            if (client is not null)
            {
                var request = new ControlRequest(ControlProtocol.Version, ControlVerbs.Stats);
                return client.Ask(request).Stats
                    ?? throw new CommandFailure(ExitCode.NoAnswer, "the mount's answer has no figures.");
            }
        }

        var settings = new VolumeSettings { ReadOnly = true, Holder = "hartfs stats" };
        using Volume opened = Volume.Open(volume, settings, context.Loggers);
        return StatsReport.From(volume, opened.GetStatistics());
    }
}
