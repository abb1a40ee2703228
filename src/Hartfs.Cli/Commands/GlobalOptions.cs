using System.CommandLine;

namespace Hartfs.Cli.Commands;

/// <summary>Options that every command takes, and those that several share.</summary>
internal static class GlobalOptions
{
    public static readonly Option<string?> LogFile = new("--log-file")
    {
        Description = "Write the log to this file.",
        HelpName = "FILE",
        Recursive = true,
    };

    public static readonly Option<bool> Verbose = new("--verbose", "-v")
    {
        Description = "Log more.",
        Recursive = true,
    };

    public static Option<bool> Json() => new("--json") { Description = "Print one JSON object instead of text." };

    public static Option<bool> Yes() => new("--yes", "-y") { Description = "Do not ask." };

    public static Argument<string> VolumeOrMount() => new("VOLUME|MOUNTPOINT")
    {
        Description = "The directory of the volume, or any path on its mount.",
    };

    public static Argument<string> Volume() => new("VOLUME") { Description = "The directory of the volume." };
}
