using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Hartfs.Cli.Commands;

/// <summary>The library's help, then the command's lists and examples, or behind the root's the exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction standard) : SynchronousCommandLineAction
{
    private const int TermColumnsMax = 36;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        standard.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is HartfsCommand command)
            Write(output, command);
        if (parseResult.CommandResult.Command is RootCommand)
        {
            WriteList(output, CommandLine.RootExamples);
            WriteList(output, new HelpList("Exit codes",
                [.. ExitCodes.All.Select(row => new HelpRow($"{(int)row.Code,3} {row.Code}", row.Meaning))]));
        }

        return (int)ExitCode.Success;
    }

    private static void Write(TextWriter output, HartfsCommand command)
    {
        foreach (HelpList list in command.Lists)
            WriteList(output, list);
        if (command.Examples.Count > 0)
            WriteList(output, new HelpList("Examples", command.Examples));
    }

    private static void WriteList(TextWriter output, HelpList list)
    {
        output.WriteLine(list.Title + ":");
        int columns = list.Rows.Max(row => row.Term.Length);
        foreach (HelpRow row in list.Rows)
        {
            if (columns > TermColumnsMax)
            {
                output.WriteLine("  " + row.Term);
                output.WriteLine("      " + row.Meaning);
            }
            else
            {
                output.WriteLine("  " + row.Term.PadRight(columns) + "  " + row.Meaning);
            }
        }

        output.WriteLine();
    }
}
