using System.CommandLine;
using Hartfs.Cli.Output;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs manual</c>: the man page, made from the tree of commands.</summary>
internal static class ManualCommand
{
    public static Command Build(RootCommand root)
    {
        var command = new HartfsCommand("manual", "Print the man page.") { Hidden = true };
        command.SetAction(CommandContext.Action(context =>
        {
            context.Output.Write(ManualPage.Make(root));
            return ExitCode.Success;
        }));
        return command;
    }
}
