using System.Globalization;
using Hartfs.Core.Mounting;
using Hartfs.Fuse.Interop;
using Hartfs.Fuse.Protocol;

namespace Hartfs.Fuse.Mounting;

/// <summary>Opens /dev/fuse and puts it into the tree.</summary>
internal static class Attach
{
    private const string DevicePath = "/dev/fuse";

    /// <summary>Mounts. The mount point answers only once the session has taken INIT.</summary>
    /// <param name="mountPoint">A real path.</param>
    /// <returns>The device's descriptor, close-on-exec.</returns>
    public static int Mount(string mountPoint, MountOptions options, KernelFlags flags)
    {
        bool isRoot = LibC.GetEffectiveUserId() == 0;
        bool allowOther = options.AllowOther ?? isRoot;
        if (isRoot && TryMountDirectly(mountPoint, options.SourceName, flags, allowOther, out int descriptor))
            return descriptor;
        return Fusermount.Mount(mountPoint, options.SourceName, flags, allowOther);
    }

    /// <summary>Options of the FUSE filesystem itself, as mount(2) and fusermount3 both take them.</summary>
    internal static string CommonOptions(bool allowOther) => string.Create(CultureInfo.InvariantCulture,
        $"default_permissions{(allowOther ? ",allow_other" : "")},max_read={InitNegotiation.TransferBytesMax}");

    private static bool TryMountDirectly(
        string mountPoint, string source, KernelFlags flags, bool allowOther, out int descriptor)
    {
        descriptor = LibC.Open(DevicePath, LibC.OpenReadWrite | LibC.OpenCloseOnExec);
        if (descriptor < 0)
            throw Refused(LibC.LastError);
        // 40000: S_IFDIR in octal. The kernel wants root's type before it can ask for it.
        string data = string.Create(CultureInfo.InvariantCulture,
            $"fd={descriptor},rootmode=40000,user_id={LibC.GetUserId()},group_id={LibC.GetGroupId()}," +
            $"{CommonOptions(allowOther)}");
        if (LibC.Mount(source, mountPoint, MountTable.HartfsType, flags.Bits, data) == 0)
            return true;
        Errno error = LibC.LastError;
        _ = LibC.Close(descriptor);
        // Root of a container without CAP_SYS_ADMIN: fusermount3 may still be let in.
        if (error == Errno.EPERM && Fusermount.IsInstalled)
            return false;
        throw error switch
        {
            Errno.EPERM => new MountException(
                $"mount(2) is not permitted here, and fusermount3 is not installed. In a container, grant " +
                "CAP_SYS_ADMIN and /dev/fuse; otherwise install the package fuse3.", MountFailure.NotPermitted),
            Errno.ENODEV => new MountException(
                "The kernel has no FUSE. Load it with: modprobe fuse", MountFailure.DriverMissing),
            _ => new MountException($"Mounting on {mountPoint} failed: {error}.", MountFailure.Other),
        };
    }

    private static MountException Refused(Errno error) => error switch
    {
        Errno.ENOENT or Errno.ENODEV or Errno.ENXIO => new MountException(
            $"There is no {DevicePath}. Load the module with: modprobe fuse (in a container, pass the device in).",
            MountFailure.DriverMissing),
        _ => new MountException($"{DevicePath} cannot be opened: {error}. Check its permissions.",
            MountFailure.DriverMissing),
    };
}
