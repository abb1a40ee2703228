using System.Runtime.CompilerServices;

namespace Hartfs.Tests;

/// <summary>The checked-out repository that these tests were built from.</summary>
internal static class SourceTree
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", ".."));

    /// <summary>Full path of a file named by its path in the repository.</summary>
    public static string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Every hand-written file below some folders of the repository, by its path in it.</summary>
    public static IEnumerable<string> Files(params string[] folders) =>
        from folder in folders
        let full = PathOf(folder)
        where Directory.Exists(full)
        from file in Directory.EnumerateFiles(full, "*", SearchOption.AllDirectories)
        let name = Path.GetRelativePath(Root, file).Replace('\\', '/')
        where !name.Split('/').Any(part => part is "bin" or "obj" or "artifacts" or "TestResults" or ".git")
        select name;

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
