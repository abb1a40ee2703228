using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Filesystems;

/// <summary>
/// The <c>hartfs</c> program that is measured: precompiled as an installation has it, or the one named.
/// </summary>
internal static class HartfsProgram
{
    /// <summary>Names another build of the program to measure.</summary>
    public const string PathVariable = "HARTFS_BIN";

    private static readonly string Root = RepositoryRoot();

    /// <summary>The program's path.</summary>
    public static string Location { get; } =
        Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } given
            ? given
            : Path.Combine(Root, "artifacts", "benchmarked", "hartfs");

    /// <summary>
    /// Builds the program of this source tree as the installer builds it, unless another one was named.
    /// </summary>
    public static void Build(Action<string> progress)
    {
        if (Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 }) return;
        progress("building hartfs as the installer does");
        string project = Path.Combine(Root, "src", "Hartfs.Cli", "Hartfs.Cli.csproj");
        var options = new ProgramOptions { MayFail = true, WorkingDirectory = Root };
        if (Publish(project, isPrecompiled: true, options).ExitCode == 0) return;
        progress("no precompiler to be had: measuring a program that compiles itself while it is measured");
        Publish(project, isPrecompiled: false, options with { MayFail = false });
    }

    /// <summary>Runs one of its commands, which must succeed.</summary>
    public static ProgramResult Run(params IReadOnlyList<string> arguments) =>
        ExternalProgram.Run(Location, arguments);

    private static ProgramResult Publish(string project, bool isPrecompiled, ProgramOptions options)
    {
        string precompile = isPrecompiled ? "true" : "false";
        return ExternalProgram.Run("dotnet",
            ["publish", project, "-c", "Release", "--use-current-runtime", "--no-self-contained", "-v", "quiet",
                "--nologo", $"-p:PublishReadyToRun={precompile}", "-o", Path.GetDirectoryName(Location)!], options);
    }

    private static string RepositoryRoot()
    {
        // <root>/artifacts/bin/Hartfs.Benchmarks/<configuration>/
        var folder = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return folder.Parent?.Parent?.Parent?.Parent?.FullName ?? folder.FullName;
    }
}
