using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Filesystems;

/// <summary>The <c>hartfs</c> program that is measured: the one built beside this one, or the one named.</summary>
internal static class HartfsProgram
{
    /// <summary>Names another build of the program to measure.</summary>
    public const string PathVariable = "HARTFS_BIN";

    /// <summary>The program's path.</summary>
    public static string Location { get; } =
        Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } given ? given : BuiltBeside();

    /// <summary>Runs one of its commands, which must succeed.</summary>
    public static ProgramResult Run(params IReadOnlyList<string> arguments) =>
        ExternalProgram.Run(Location, arguments);

    private static string BuiltBeside()
    {
        // artifacts/bin/Hartfs.Benchmarks/<configuration>/ → artifacts/bin/Hartfs.Cli/<configuration>/hartfs
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(here.Parent!.Parent!.FullName, "Hartfs.Cli", here.Name, "hartfs");
    }
}
