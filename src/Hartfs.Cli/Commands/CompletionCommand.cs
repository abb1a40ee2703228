using System.CommandLine;
using Hartfs.Cli.Output;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs completion</c>: a script for the shell, made from the tree of commands.</summary>
internal static class CompletionCommand
{
    public static Command Build()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        HartfsCommand command = new HartfsCommand("completion", "Print a completion script for a shell.")
            .WithExample("source <(hartfs completion bash)", "for this shell; install.sh sets it up for all");
        command.Add(shell);
        command.SetAction(CommandContext.Action(context =>
        {
            context.Output.Write(CompletionScript.Make(context.Value(shell), CommandLine.Build()));
            return ExitCode.Success;
        }));
        return command;
    }
}
