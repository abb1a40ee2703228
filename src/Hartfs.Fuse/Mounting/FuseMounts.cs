using Hartfs.Core.Mounting;

namespace Hartfs.Fuse.Mounting;

/// <summary>A Hartfs mount of this machine.</summary>
/// <param name="MountPoint">Full path.</param>
/// <param name="Source">What it was mounted from: the volume's directory.</param>
public sealed record FuseMountInfo(string MountPoint, string Source);

/// <summary>Hartfs mounts seen from outside, also when their daemon is dead.</summary>
public static class FuseMounts
{
    /// <summary>All Hartfs mounts visible to this process.</summary>
    public static IReadOnlyList<FuseMountInfo> List() => [.. MountTable.Read()
        .Where(entry => entry.Type == MountTable.HartfsType)
        .Select(entry => new FuseMountInfo(entry.MountPoint, entry.Source))];

    /// <summary>Whether a path is a Hartfs mount point whose daemon is dead.</summary>
    public static bool IsStale(string path)
    {
        string mountPoint = MountPointCheck.Resolve(path);
        return MountTable.FindTop(mountPoint) is { Type: MountTable.HartfsType } && MountPointCheck.IsStale(mountPoint);
    }

    /// <summary>Processes that have files or their working directory on a mount, as far as they are visible.</summary>
    public static IReadOnlyList<string> Holders(string mountPoint) => MountHolders.List(mountPoint);

    /// <summary>
    /// Unmounts. Returns when the mount point is free; the daemon may still be writing then. Throws
    /// <see cref="MountException"/>.
    /// </summary>
    /// <param name="path">The mount point.</param>
    /// <param name="lazy">Detach at once and let open files finish.</param>
    public static void Unmount(string path, bool lazy)
    {
        string mountPoint = MountPointCheck.Resolve(path);
        MountEntry? entry = MountTable.FindTop(mountPoint);
        if (entry?.Type != MountTable.HartfsType)
            throw new MountException(
                $"{mountPoint} is not a Hartfs mount point.", MountFailure.MountPointMissing);
        Detach.Unmount(mountPoint, lazy || MountPointCheck.IsStale(mountPoint));
    }
}
