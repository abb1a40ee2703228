using System.CommandLine;
using Hartfs.Cli.Control;
using Hartfs.Cli.Maintenance;
using Hartfs.Cli.Output;
using Hartfs.Core.Integrity;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs scrub</c>: reads every stored byte and compares it with its checksums.</summary>
internal static class ScrubCommand
{
    public static Command Build()
    {
        Argument<string> path = GlobalOptions.VolumeOrMount();
        var rate = new Option<string?>("--rate")
        {
            Description = "Bytes read a second at most (default: as fast as it goes).",
            HelpName = "SIZE",
        };
        var fromStart = new Option<bool>("--from-start")
        {
            Description = "Begin anew, although an earlier scrub was stopped half-way.",
        };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("scrub",
                "Read every stored byte and compare it with its checksums; mend what can be mended, list the rest.")
            .WithExample("hartfs scrub ~/h", "of a mounted volume, which stays in use")
            .WithExample("hartfs scrub --rate 20M ~/library", "leaves the disk room for others");
        command.Add(path);
        command.Add(rate);
        command.Add(fromStart);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            var options = new ScrubOptions
            {
                BytesPerSecondMax = Rate(context.Value(rate)),
                FromStart = context.Value(fromStart),
            };
            return Run(context, context.Value(path), options, context.Value(json));
        }));
        return command;
    }

    private static ExitCode Run(CommandContext context, string path, ScrubOptions options, bool json)
    {
        using var run = new MaintenanceRun(context, path) { MayBeReadOnly = true };
        var request = new ControlRequest(ControlProtocol.Version, ControlVerbs.Scrub)
        {
            Rate = options.BytesPerSecondMax,
            FromStart = options.FromStart,
        };
        ScrubResult result = run.Run(request, "hartfs scrub", (volume, progress, cancel) => new ControlResponse
        {
            Ok = true,
            Scrub = ScrubResult.From(run.Volume, volume.Integrity.Scrub(options, progress, cancel)),
        }).Scrub ?? throw new CommandFailure(ExitCode.NoAnswer, "the mount's answer has no result.");
        if (json)
            context.Output.WriteLine(JsonText.Indented(result, JsonText.Pretty.ScrubResult));
        else
            result.Write(context.Output);
        if (!result.Complete)
        {
            throw new CommandFailure(ExitCode.Interrupted,
                $"stopped. Next: hartfs scrub {ShellWord.Quote(path)} goes on where it stopped.");
        }

        return result.DamageCount == 0 && result.OpenRemarks == 0 ? ExitCode.Success : ExitCode.Damaged;
    }

    private static long Rate(string? text)
    {
        if (text is null)
            return 0;
        return ByteSize.TryParse(text, out long bytes) && bytes > 0
            ? bytes
            : throw new CommandFailure(ExitCode.Usage, $"--rate {text}: must be a size above 0, such as 20M.");
    }
}
