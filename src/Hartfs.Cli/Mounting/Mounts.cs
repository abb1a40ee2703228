using Hartfs.Fuse.Mounting;

namespace Hartfs.Cli.Mounting;

/// <summary>
/// The Hartfs mounts of this system, looked up by path. All paths are as <see cref="HostPath.Real"/>.
/// </summary>
internal static class Mounts
{
    /// <summary>The topmost Hartfs mount exactly at a path; null when there is none.</summary>
    public static FuseMountInfo? At(string mountPoint) => List().LastOrDefault(each => each.MountPoint == mountPoint);

    /// <summary>The Hartfs mount that holds a path: of those at or above it, the one nearest to it.</summary>
    public static FuseMountInfo? Containing(string path) =>
        List().OrderBy(each => each.MountPoint.Length).LastOrDefault(each => IsWithin(path, each.MountPoint));

    /// <summary>Where a volume is mounted; null when it is not.</summary>
    public static FuseMountInfo? Of(string volume) => List().LastOrDefault(each => each.Source == volume);

    /// <summary>Whether a path is a directory or lies below it.</summary>
    public static bool IsWithin(string path, string directory) =>
        path == directory || directory == "/"
        || (path.StartsWith(directory, StringComparison.Ordinal) && path[directory.Length] == '/');

    private static IReadOnlyList<FuseMountInfo> List() => OperatingSystem.IsLinux() ? FuseMounts.List() : [];
}
