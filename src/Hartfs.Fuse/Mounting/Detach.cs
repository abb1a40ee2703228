using Hartfs.Core.Mounting;
using Hartfs.Fuse.Interop;

namespace Hartfs.Fuse.Mounting;

/// <summary>Takes a mount out of the tree.</summary>
internal static class Detach
{
    /// <summary>
    /// Unmounts; returns when the kernel has handed over everything it still held. Throws
    /// <see cref="MountException"/>.
    /// </summary>
    /// <param name="mountPoint">A real path.</param>
    /// <param name="lazy">Detach at once, also while files are open.</param>
    public static void Unmount(string mountPoint, bool lazy)
    {
        if (LibC.Unmount(mountPoint, lazy ? LibC.UnmountDetach : 0) == 0)
            return;
        Errno error = LibC.LastError;
        if (error == Errno.EPERM)
        {
            string? complaint = Fusermount.Unmount(mountPoint, lazy);
            if (complaint is null)
                return;
            if (!complaint.Contains("busy", StringComparison.OrdinalIgnoreCase))
                throw new MountException($"{mountPoint} was not unmounted: {complaint}", MountFailure.NotPermitted);
            error = Errno.EBUSY;
        }
        throw error switch
        {
            Errno.EBUSY => new MountException(
                $"{mountPoint} is in use by {MountHolders.Describe(mountPoint)}. Close it there and try again, or " +
                "detach at once with: hartfs unmount --lazy", MountFailure.StillInUse),
            Errno.EINVAL or Errno.ENOENT => new MountException(
                $"Nothing is mounted on {mountPoint}.", MountFailure.MountPointMissing),
            _ => new MountException($"{mountPoint} was not unmounted: {error}.", MountFailure.Other),
        };
    }
}
