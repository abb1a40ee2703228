using Hartfs.Cli.Interop;

namespace Hartfs.Cli.Mounting;

/// <summary>Paths as the kernel lists them.</summary>
internal static class HostPath
{
    /// <summary>
    /// The full path without symbolic links. What does not exist, or does not answer because the process behind a
    /// mount is dead, keeps its own name below its resolved parent.
    /// </summary>
    public static string Real(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (OperatingSystem.IsWindows())
            return full;
        if (LibC.RealPath(full) is { } real)
            return real;
        return Path.GetDirectoryName(full) is { Length: > 0 } parent
            ? Path.Combine(Real(parent), Path.GetFileName(full))
            : full;
    }

    /// <summary>
    /// As <see cref="Real"/>, but a symbolic link at the end is meant itself, unless a slash follows.
    /// </summary>
    public static string RealName(string path)
    {
        string full = Path.GetFullPath(path);
        return !Path.EndsInDirectorySeparator(full) && Path.GetDirectoryName(full) is { Length: > 0 } parent
            ? Path.Combine(Real(parent), Path.GetFileName(full))
            : Real(path);
    }
}
