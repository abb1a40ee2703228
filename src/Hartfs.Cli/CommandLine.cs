using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Hartfs.Cli.Commands;

namespace Hartfs.Cli;

/// <summary>The tree of commands, and the one way in.</summary>
internal static class CommandLine
{
    public static readonly HelpList RootExamples = new("Examples",
    [
        new HelpRow("hartfs create ~/library", "make a volume"),
        new HelpRow("hartfs mount ~/library ~/h", "use it as a disk"),
        new HelpRow("hartfs stats ~/library", "see what it saves"),
        new HelpRow("hartfs unmount ~/h", "write everything out and end"),
    ]);

    /// <summary>Runs one command line to its end.</summary>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        // "@name" is an ordinary path here, not a file of further arguments.
        var parser = new ParserConfiguration { ResponseFileTokenReplacer = null };
        ParseResult result = Build().Parse(arguments, parser);
        var invocation = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        bool isUsageError = result.Errors.Count > 0 && result.Action?.ClearsParseErrors != true;
        if (!isUsageError)
            return result.Invoke(invocation);
        foreach (ParseError problem in result.Errors)
            error.WriteLine("hartfs: " + problem.Message);
        error.WriteLine($"Next: hartfs {PathOf(result.CommandResult)}--help shows what is possible.");
        return (int)ExitCode.Usage;
    }

    // The words behind the program's name that lead to a command: "snapshot policy ".
    private static string PathOf(CommandResult result) => result.Command is RootCommand
        ? ""
        : (result.Parent is CommandResult parent ? PathOf(parent) : "") + result.Command.Name + " ";

    /// <summary>All commands; hidden ones included.</summary>
    public static RootCommand Build()
    {
        var root = new RootCommand("Hartfs: a drive that stores everything once and compressed.");
        foreach (Option option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction standard })
                option.Action = new HelpWithExamples(standard);
        }

        root.Add(GlobalOptions.LogFile);
        root.Add(GlobalOptions.Verbose);
        root.Add(CreateCommand.Build());
        root.Add(MountCommand.Build());
        root.Add(UnmountCommand.Build());
        root.Add(StatsCommand.Build());
        root.Add(SnapshotCommand.Build());
        root.Add(SnapshotTreeCommands.BuildClone());
        root.Add(SnapshotTreeCommands.BuildHistory());
        root.Add(ImportCommand.Build());
        root.Add(ExportCommand.Build());
        root.Add(GcCommand.Build());
        root.Add(CheckCommand.Build());
        root.Add(ScrubCommand.Build());
        root.Add(RepairCommand.Build());
        root.Add(RecoverCommand.Build());
        root.Add(CompletionCommand.Build());
        root.Add(VersionCommand.Build());
        root.Add(ControlCommand.Build());
        root.Add(ManualCommand.Build(root));
        return root;
    }
}
