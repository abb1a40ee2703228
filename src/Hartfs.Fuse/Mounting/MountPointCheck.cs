using Hartfs.Core.Mounting;
using Hartfs.Fuse.Interop;
using Microsoft.Extensions.Logging;

namespace Hartfs.Fuse.Mounting;

/// <summary>Decides whether a directory can be mounted on, and clears what a dead daemon left there.</summary>
internal static class MountPointCheck
{
    /// <summary>The mount point's real path. Throws <see cref="MountException"/> with the next step.</summary>
    public static string Prepare(MountOptions options, ILogger logger)
    {
        string path = Resolve(options.MountPoint);
        if (MountTable.FindTop(path) is { IsFuse: true } mounted)
        {
            if (!IsStale(path))
                throw new MountException(
                    $"{path} is a mount point already: {mounted.Source} ({mounted.Type}). " +
                    $"Unmount it first: hartfs unmount {path}", MountFailure.MountPointInUse);
            Detach.Unmount(path, lazy: true);
            Log.StaleMountCleared(logger, path);
        }
        if (File.Exists(path))
            throw new MountException(
                $"{path} is a file. Name a directory to mount on.", MountFailure.MountPointMissing);
        if (!Directory.Exists(path))
            throw new MountException(
                $"There is no directory {path}. Make it first: mkdir -p {path}", MountFailure.MountPointMissing);
        RefuseVolumeInside(path, options.SourceName);
        if (!options.AllowNonEmpty && !IsEmpty(path))
            throw new MountException(
                $"{path} is not empty, and mounting would hide what is in it. Choose an empty directory, or mount " +
                "with -o nonempty.", MountFailure.MountPointNotEmpty);
        return path;
    }

    /// <summary>The path as the kernel's mount table shows it; works for a mount whose daemon died.</summary>
    public static string Resolve(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (LibC.RealPath(full) is { } real)
            return real;
        string? parent = Path.GetDirectoryName(full);
        return parent is not null && LibC.RealPath(parent) is { } realParent
            ? Path.Combine(realParent, Path.GetFileName(full)) : full;
    }

    /// <summary>
    /// Whether the daemon behind a mount is dead. Attributes may still come from the kernel's cache then, so only a
    /// request that always reaches the daemon tells.
    /// </summary>
    public static bool IsStale(string mountPoint) => LibC.ProbeFilesystem(mountPoint) is
        Errno.ENOTCONN or Errno.ECONNABORTED or Errno.ECONNREFUSED;

    private static void RefuseVolumeInside(string mountPoint, string source)
    {
        // The mount would hide the volume's own files, and the daemon would wait for itself.
        if (!Path.IsPathFullyQualified(source) || LibC.RealPath(source) is not { } volume)
            return;
        if ((volume + "/").StartsWith(mountPoint + "/", StringComparison.Ordinal))
            throw new MountException(
                $"{mountPoint} holds the volume {volume} itself. Mount outside of the volume's directory.",
                MountFailure.MountPointInUse);
        if ((mountPoint + "/").StartsWith(volume + "/", StringComparison.Ordinal))
            throw new MountException(
                $"{mountPoint} lies inside the volume {volume}. Mount outside of the volume's directory.",
                MountFailure.MountPointInUse);
    }

    private static bool IsEmpty(string path)
    {
        try
        {
            return !Directory.EnumerateFileSystemEntries(path).Any();
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new MountException(
                $"{path} may not be read. Mount on a directory of your own.", MountFailure.NotPermitted, exception);
        }
    }
}
