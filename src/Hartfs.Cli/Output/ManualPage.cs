using System.CommandLine;
using System.Text;
using Hartfs.Cli.Commands;
using Hartfs.Cli.Mounting;

namespace Hartfs.Cli.Output;

/// <summary>The man page hartfs(1) in the man(7) macros, made from the commands so that it cannot lag behind.</summary>
internal static class ManualPage
{
    private const string Introduction =
        "Hartfs keeps files in a volume: a directory that holds their data deduplicated and compressed. "
        + "A mounted volume is a disk like any other: every program can read and write it. "
        + "After a crash or a power cut the next mount recovers by itself, and everything that fsync(2) "
        + "has acknowledged is there.";

    public static string Make(RootCommand root)
    {
        var page = new StringBuilder();
        page.Append(".\\\" Made by: hartfs manual\n");
        page.Append($".TH HARTFS 1 \"\" \"Hartfs {MountSession.ProductVersion}\" \"User Commands\"\n");
        page.Append(".SH NAME\nhartfs \\- a drive that stores everything once and compressed\n.SH SYNOPSIS\n");
        foreach ((string name, Command command) in Leaves(root))
            page.Append($".B hartfs {name}\n{Escape(Usage(command))}\n.br\n");
        page.Append(".SH DESCRIPTION\n").Append(Escape(Introduction)).Append('\n');
        page.Append(".SH COMMANDS\n");
        foreach ((string name, Command command) in Leaves(root))
            WriteCommand(page, name, command);
        page.Append(".SH OPTIONS OF EVERY COMMAND\n");
        WriteOptions(page, root.Options.Where(each => each.Recursive));
        WriteFiles(page);
        page.Append(".SH EXIT STATUS\n");
        foreach ((ExitCode code, string meaning) in ExitCodes.All)
            page.Append($".TP\n.B {(int)code} {code}\n{Escape(meaning)}\n");
        page.Append(".SH SEE ALSO\n.BR mount (8),\n.BR fstab (5),\n.BR fusermount3 (1),\n.BR fuse (4)\n");
        return page.ToString();
    }

    // What can be run, with all words of its name.
    private static IEnumerable<(string Name, Command Command)> Leaves(Command parent, string prefix = "") =>
        from command in parent.Subcommands
        where !command.Hidden
        from leaf in command.Subcommands.Count == 0
            ? [(prefix + command.Name, command)]
            : Leaves(command, prefix + command.Name + " ")
        select leaf;

    private static string Usage(Command command) =>
        string.Join(' ', command.Arguments.Select(each => each.Name).Prepend("[OPTION]..."));

    private static void WriteCommand(StringBuilder page, string name, Command command)
    {
        page.Append($".SS hartfs {name} {Escape(Usage(command))}\n{Escape(command.Description)}\n");
        foreach (Argument argument in command.Arguments)
            page.Append($".TP\n.I {Escape(argument.Name)}\n{Escape(argument.Description)}\n");
        WriteOptions(page, command.Options.Where(each => !each.Recursive));
        if (command is not HartfsCommand { } known)
            return;
        foreach (HelpList list in known.Lists)
        {
            page.Append(".PP\n.B ").Append(Escape(list.Title)).Append('\n');
            foreach (HelpRow row in list.Rows)
                WriteRow(page, row);
        }

        if (known.Examples.Count > 0)
            page.Append(".PP\n.B Examples\n");
        foreach (HelpRow row in known.Examples)
            WriteRow(page, row);
    }

    private static void WriteRow(StringBuilder page, HelpRow row) =>
        page.Append($".TP\n.B {Escape(row.Term)}\n{Escape(row.Meaning)}\n");

    private static void WriteOptions(StringBuilder page, IEnumerable<Option> options)
    {
        foreach (Option option in options.Where(each => !each.Hidden))
        {
            IEnumerable<string> names = option.Aliases.Where(name => name[0] == '-' && name != "-?");
            string value = option.HelpName is { } placeholder ? " " + placeholder : "";
            string term = string.Join(", ", names.Prepend(option.Name)) + value;
            page.Append($".TP\n.B {Escape(term)}\n{Escape(option.Description)}\n");
        }
    }

    private static void WriteFiles(StringBuilder page)
    {
        page.Append(".SH FILES\n");
        page.Append(".TP\n.I VOLUME/log/\nWhat mounts in the background log; the last eight files are kept.\n");
        page.Append(".TP\n.I VOLUME/control.sock\nHow commands reach the process behind a mount.\n");
        page.Append(".TP\n.I /etc/fstab\nA line such as\n.B /srv/library /mnt/h fuse.hartfs noauto,user 0 0\n");
        page.Append("mounts a volume with mount(8).\n");
    }

    private static string Escape(string? text)
    {
        string escaped = (text ?? "").Replace("\\", "\\e", StringComparison.Ordinal)
            .Replace("-", "\\-", StringComparison.Ordinal)
            .Replace("…", "...", StringComparison.Ordinal)
            .Replace("~", "\\(ti", StringComparison.Ordinal);
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? "\\&" + escaped : escaped;
    }
}
