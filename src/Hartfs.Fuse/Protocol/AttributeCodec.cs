using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Fuse.Protocol;

/// <summary>Inode records and times, from and to the wire.</summary>
internal static class AttributeCodec
{
    /// <summary>
    /// How long the kernel may trust what it was told, seconds: ten years. Nobody else changes the volume, and what
    /// the volume changes by itself is announced through <see cref="FuseKernelCache"/>.
    /// </summary>
    public const ulong ValidSeconds = 10UL * 365 * 24 * 3600;

    /// <summary>Preferred I/O size. A page: larger values confuse kernels that derive i_blkbits from it.</summary>
    public const uint BlockBytes = 4096;

    private const long NsPerSecond = 1_000_000_000;

    public static FuseEntryOut ToEntry(in InodeRecord inode) => new()
    {
        NodeId = (ulong)inode.Number.Value,
        EntryValid = ValidSeconds,
        AttrValid = ValidSeconds,
        Attr = ToAttr(inode),
    };

    public static FuseAttrOut ToAttrOut(in InodeRecord inode) => new()
    {
        AttrValid = ValidSeconds,
        Attr = ToAttr(inode),
    };

    public static FuseAttr ToAttr(in InodeRecord inode)
    {
        var attr = new FuseAttr
        {
            Inode = (ulong)inode.Number.Value,
            Size = (ulong)inode.Size,
            Blocks = ToBlocks(inode.AllocatedBytes),
            Mode = (uint)inode.Mode,
            LinkCount = inode.LinkCount,
            Uid = inode.Uid,
            Gid = inode.Gid,
            Device = inode.Device,
            BlockSize = BlockBytes,
        };
        (attr.AccessTime, attr.AccessTimeNs) = Split(inode.AccessTime);
        (attr.ModifyTime, attr.ModifyTimeNs) = Split(inode.ModifyTime);
        (attr.ChangeTime, attr.ChangeTimeNs) = Split(inode.ChangeTime);
        return attr;
    }

    public static FuseStatXOut ToStatX(in InodeRecord inode)
    {
        // The kernel's 32-bit device encoding: minor bits 0-7 and 20-31, major bits 8-19 (linux/kdev_t.h).
        uint device = inode.Device;
        return new FuseStatXOut
        {
            AttrValid = ValidSeconds,
            Stat = new FuseStatX
            {
                Mask = FuseConstants.StatxBasicStats | FuseConstants.StatxBirthTime,
                BlockSize = BlockBytes,
                LinkCount = inode.LinkCount,
                Uid = inode.Uid,
                Gid = inode.Gid,
                Mode = (ushort)inode.Mode,
                Inode = (ulong)inode.Number.Value,
                Size = (ulong)inode.Size,
                Blocks = ToBlocks(inode.AllocatedBytes),
                AccessTime = ToStatXTime(inode.AccessTime),
                BirthTime = ToStatXTime(inode.BirthTime),
                ChangeTime = ToStatXTime(inode.ChangeTime),
                ModifyTime = ToStatXTime(inode.ModifyTime),
                DeviceMajor = (device >> 8) & 0xfff,
                DeviceMinor = (device & 0xff) | ((device >> 12) & 0xfff00),
            },
        };
    }

    /// <summary>What a SETATTR asks for. <paramref name="now"/> stands for the kernel's "now".</summary>
    public static AttributeChange ToChange(in FuseSetAttrIn request, long now)
    {
        FuseSetAttrFlags valid = request.Valid;
        var change = new AttributeChange
        {
            Mode = (int)(request.Mode & InodeMode.PermissionMask),
            Uid = request.Uid,
            Gid = request.Gid,
            Size = (long)request.Size,
        };
        Take(FuseSetAttrFlags.Mode, AttributeFields.Mode);
        Take(FuseSetAttrFlags.Uid, AttributeFields.Uid);
        Take(FuseSetAttrFlags.Gid, AttributeFields.Gid);
        Take(FuseSetAttrFlags.Size, AttributeFields.Size);
        Take(FuseSetAttrFlags.AccessTime | FuseSetAttrFlags.AccessTimeNow, AttributeFields.AccessTime);
        Take(FuseSetAttrFlags.ModifyTime | FuseSetAttrFlags.ModifyTimeNow, AttributeFields.ModifyTime);
        Take(FuseSetAttrFlags.ChangeTime, AttributeFields.ChangeTime);
        Take(FuseSetAttrFlags.KillSuidGid, AttributeFields.KillPrivileges);
        change.AccessTime = (valid & FuseSetAttrFlags.AccessTimeNow) != 0
            ? now : Join(request.AccessTime, request.AccessTimeNs);
        change.ModifyTime = (valid & FuseSetAttrFlags.ModifyTimeNow) != 0
            ? now : Join(request.ModifyTime, request.ModifyTimeNs);
        change.ChangeTime = Join(request.ChangeTime, request.ChangeTimeNs);
        return change;

        void Take(FuseSetAttrFlags flags, AttributeFields field)
        {
            if ((valid & flags) != 0)
                change.Fields |= field;
        }
    }

    /// <summary>Nanoseconds since 1970 as seconds and nanoseconds, the latter never negative.</summary>
    public static (ulong Seconds, uint Nanoseconds) Split(long time)
    {
        long seconds = Math.DivRem(time, NsPerSecond, out long nanoseconds);
        if (nanoseconds < 0)
            (seconds, nanoseconds) = (seconds - 1, nanoseconds + NsPerSecond);
        return ((ulong)seconds, (uint)nanoseconds);
    }

    /// <summary>The reverse; times outside 1677 to 2262 become the nearest that a record can hold.</summary>
    public static long Join(ulong seconds, uint nanoseconds)
    {
        Int128 time = ((Int128)(long)seconds * NsPerSecond) + nanoseconds;
        return (long)Int128.Clamp(time, long.MinValue, long.MaxValue);
    }

    private static FuseStatXTime ToStatXTime(long time)
    {
        (ulong seconds, uint nanoseconds) = Split(time);
        return new FuseStatXTime { Seconds = (long)seconds, Nanoseconds = nanoseconds };
    }

    private static ulong ToBlocks(long bytes) => ((ulong)bytes + 511) / 512;
}
