using System.CommandLine;
using Hartfs.Cli.Control;
using Hartfs.Cli.Mounting;
using Hartfs.Cli.Output;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs control</c>: one request to the control socket of a mount; for scripts and tests.</summary>
internal static class ControlCommand
{
    public static Command Build()
    {
        Argument<string> volume = GlobalOptions.Volume();
        var verb = new Argument<string>("VERB") { Description = "stats, status, commit or unmount." };
        var command = new HartfsCommand("control", "Send one request to a mounted volume.") { Hidden = true };
        command.Add(volume);
        command.Add(verb);
        command.SetAction(CommandContext.Action(context =>
        {
            string path = HostPath.Real(context.Value(volume));
            using ControlClient client = ControlClient.TryConnect(path)
                ?? throw new CommandFailure(ExitCode.NotMounted, $"{path} is not mounted.");
            ControlResponse response = client.Ask(
                new ControlRequest(ControlProtocol.Version, context.Value(verb)), mayTakeLong: true);
            context.Output.WriteLine(JsonText.Indented(response, JsonText.Pretty.ControlResponse));
            return ExitCode.Success;
        }));
        return command;
    }
}
