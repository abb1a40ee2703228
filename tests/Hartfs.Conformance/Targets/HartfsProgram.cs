using System.Runtime.CompilerServices;

namespace Hartfs.Conformance.Targets;

/// <summary>Where the built program is: HARTFS_BIN, or what the last build left in the artifacts folder.</summary>
public static class HartfsProgram
{
    /// <summary>The executable's full path.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("HARTFS_BIN") is { Length: > 0 } path)
            return System.IO.Path.GetFullPath(path);
        string here = System.IO.Path.GetDirectoryName(ThisFile())!;
        string artifacts = System.IO.Path.GetFullPath("../../../artifacts/bin/Hartfs.Cli", here);
        string[] found = Directory.Exists(artifacts)
            ? Directory.GetFiles(artifacts, "hartfs", SearchOption.AllDirectories)
            : [];
        return found.OrderByDescending(File.GetLastWriteTimeUtc).FirstOrDefault() ?? throw new FileNotFoundException(
            "The hartfs program is not built: build src/Hartfs.Cli, or set HARTFS_BIN to its path.");
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
