using System.CommandLine;
using Hartfs.Cli.Control;
using Hartfs.Cli.Maintenance;
using Hartfs.Cli.Output;
using Hartfs.Core.Integrity;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs repair</c>: puts missing content back, or lists what is missing.</summary>
internal static class RepairCommand
{
    public static Command Build()
    {
        Argument<string> path = GlobalOptions.VolumeOrMount();
        var from = new Option<string[]>("--from")
        {
            Description = "A folder or file that may hold the missing content; may be given several times.",
            HelpName = "DIR",
            DefaultValueFactory = _ => [],
        };
        var zero = new Option<bool>("--zero-damaged")
        {
            Description = "Make zeros of what is still missing, so that the files can be read around it.",
        };
        Option<bool> yes = GlobalOptions.Yes();
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("repair",
                "Put content back that damaged blocks held; without options, list the damage that is known.")
            .WithExample("hartfs repair ~/library", "which parts of which files cannot be read")
            .WithExample("hartfs repair --from ~/backup --from /mnt/old ~/h", "find the content elsewhere")
            .WithExample("hartfs repair --zero-damaged ~/h", "give up what is still missing");
        command.Add(path);
        command.Add(from);
        command.Add(zero);
        command.Add(yes);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            string[] sources = [.. context.Value(from).Select(Path.GetFullPath)];
            foreach (string source in sources)
            {
                if (!Path.Exists(source))
                    throw new CommandFailure(ExitCode.PathNotFound, $"--from {source}: no such file or directory.");
            }

            var options = new RepairOptions { Sources = sources, ZeroDamaged = context.Value(zero) };
            if (options.ZeroDamaged)
                Question.Ask(context, context.Value(yes), "What is still missing becomes zeros for good. Go on?");
            return Run(context, context.Value(path), options, context.Value(json));
        }));
        return command;
    }

    private static ExitCode Run(CommandContext context, string path, RepairOptions options, bool json)
    {
        bool isListing = options.Sources.Count == 0 && !options.ZeroDamaged;
        using var run = new MaintenanceRun(context, path) { MayBeReadOnly = isListing };
        var request = new ControlRequest(ControlProtocol.Version, ControlVerbs.Repair)
        {
            Sources = options.Sources,
            ZeroDamaged = options.ZeroDamaged,
        };
        RepairResult result = run.Run(request, "hartfs repair", (volume, progress, cancel) => new ControlResponse
        {
            Ok = true,
            Repair = RepairResult.From(run.Volume, volume.Integrity.Repair(options, progress, cancel)),
        }).Repair ?? throw new CommandFailure(ExitCode.NoAnswer, "the mount's answer has no result.");
        if (json)
            context.Output.WriteLine(JsonText.Indented(result, JsonText.Pretty.RepairResult));
        else
            result.Write(context.Output, options);
        if (!result.Complete)
            throw new CommandFailure(ExitCode.Interrupted, "stopped; what was put back is kept. Next: the same again.");
        return result.DamageCount == 0 ? ExitCode.Success : ExitCode.Damaged;
    }
}
