using System.CommandLine;

namespace Hartfs.Cli.Commands;

/// <summary>A command with what its help and the manual add: notes and examples.</summary>
internal sealed class HartfsCommand(string name, string description) : Command(name, description)
{
    /// <summary>Titled lists behind the options, such as the mount options.</summary>
    public List<HelpList> Lists { get; } = [];

    /// <summary>Command lines with what they do.</summary>
    public List<HelpRow> Examples { get; } = [];

    public HartfsCommand WithExample(string commandLine, string meaning)
    {
        Examples.Add(new HelpRow(commandLine, meaning));
        return this;
    }
}

/// <summary>A term and its meaning.</summary>
internal readonly record struct HelpRow(string Term, string Meaning);

/// <summary>A titled list of terms.</summary>
internal sealed record HelpList(string Title, IReadOnlyList<HelpRow> Rows);
