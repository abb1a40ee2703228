using System.CommandLine;
using Hartfs.Cli.Control;
using Hartfs.Cli.Maintenance;
using Hartfs.Cli.Output;
using Hartfs.Core.Integrity;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs check</c>: verifies the structure of a volume.</summary>
internal static class CheckCommand
{
    public static Command Build()
    {
        Argument<string> path = GlobalOptions.VolumeOrMount();
        var dryRun = new Option<bool>("--dry-run") { Description = "Change nothing (default)." };
        var repair = new Option<bool>("--repair") { Description = "Repair what can be repaired; asks first." };
        var from = new Option<string?>("--from-pass")
        {
            Description = "Begin with this pass: goes on with a check that was stopped.",
            HelpName = "PASS",
        };
        Option<bool> yes = GlobalOptions.Yes();
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("check",
                "Verify the structure of a volume, pass by pass. The stored bytes themselves: hartfs scrub.")
            .WithExample("hartfs check ~/h", "of a mounted volume, which stays in use")
            .WithExample("hartfs check --repair ~/library", "not mounted: metadata can be repaired, too");
        command.Lists.Add(new HelpList("Passes",
            [.. CheckPass.All.Select(pass => new HelpRow($"{pass.Id,2} {pass.Name}", pass.Statement))]));
        command.Add(path);
        command.Add(dryRun);
        command.Add(repair);
        command.Add(from);
        command.Add(yes);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            if (context.Value(dryRun) && context.Value(repair))
                throw new CommandFailure(ExitCode.Usage, "--dry-run and --repair contradict each other.");
            var options = new CheckOptions { Repair = context.Value(repair), FromPass = Pass(context.Value(from)) };
            if (options.Repair)
                Question.Ask(context, context.Value(yes), "Repairs change the volume. Go on?");
            return Run(context, context.Value(path), options, context.Value(json));
        }));
        return command;
    }

    private static ExitCode Run(CommandContext context, string path, CheckOptions options, bool json)
    {
        using var run = new MaintenanceRun(context, path) { IsReadOnly = !options.Repair };
        var request = new ControlRequest(ControlProtocol.Version, ControlVerbs.Check)
        {
            Repair = options.Repair,
            FromPass = options.FromPass,
        };
        CheckOutcome outcome = run.Run(request, "hartfs check", (volume, progress, cancel) => new ControlResponse
        {
            Ok = true,
            Check = CheckOutcome.From(run.Volume, volume.Integrity.Check(options, progress, cancel)),
        }).Check ?? throw new CommandFailure(ExitCode.NoAnswer, "the mount's answer has no result.");
        if (json)
            context.Output.WriteLine(JsonText.Indented(outcome, JsonText.Pretty.CheckOutcome));
        else
            outcome.Write(context.Output, options.Repair);
        if (!outcome.Complete)
        {
            throw new CommandFailure(ExitCode.Interrupted, $"stopped. Next: hartfs check --from-pass "
                + $"{outcome.StoppedAt} {ShellWord.Quote(path)} goes on where it stopped.");
        }

        return outcome.OpenFindings == 0 ? ExitCode.Success : ExitCode.Damaged;
    }

    private static int Pass(string? text)
    {
        if (text is null)
            return 0;
        CheckPass? pass = CheckPass.All.FirstOrDefault(pass => pass.Name == text || $"{pass.Id}" == text);
        return pass?.Id ?? throw new CommandFailure(ExitCode.Usage,
            $"--from-pass {text}: there is no such pass. Next: hartfs check --help lists them.");
    }
}
