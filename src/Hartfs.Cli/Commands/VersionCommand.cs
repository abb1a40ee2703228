using System.CommandLine;
using System.Runtime.InteropServices;
using Hartfs.Cli.Mounting;
using Hartfs.Cli.Output;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs version</c>.</summary>
internal static class VersionCommand
{
    public static Command Build()
    {
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("version", "Show the version.")
            .WithExample("hartfs version --json", "with runtime and system, for a report");
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            var report = new VersionReport(MountSession.ProductVersion, RuntimeInformation.FrameworkDescription,
                RuntimeInformation.RuntimeIdentifier);
            context.Output.WriteLine(context.Value(json)
                ? JsonText.Indented(report, JsonText.Pretty.VersionReport)
                : $"hartfs {report.Version}");
            return ExitCode.Success;
        }));
        return command;
    }
}
