using System.Runtime.InteropServices;

namespace Hartfs.Fuse.Protocol;

// Reply and notification structures, as in include/uapi/linux/fuse.h (7.45); see FuseRequestStructs.cs.

[StructLayout(LayoutKind.Sequential)]
internal struct FuseOutHeader
{
    public uint Length;

    /// <summary>0, or a negated errno; in a notification its code.</summary>
    public int Error;

    /// <summary>The request's number; 0 for a notification.</summary>
    public ulong Unique;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FuseInitOut
{
    public uint Major;
    public uint Minor;
    public uint MaxReadAhead;
    public uint Flags;
    public ushort MaxBackground;
    public ushort CongestionThreshold;
    public uint MaxWrite;
    public uint TimeGranularityNs;
    public ushort MaxPages;
    public ushort MapAlignment;
    public uint Flags2;
    public uint MaxStackDepth;
    public ushort RequestTimeout;
    private fixed ushort _unused[11];
}

[StructLayout(LayoutKind.Sequential)]
internal struct FuseAttr
{
    public ulong Inode;
    public ulong Size;

    /// <summary>In units of 512 bytes.</summary>
    public ulong Blocks;

    public ulong AccessTime;
    public ulong ModifyTime;
    public ulong ChangeTime;
    public uint AccessTimeNs;
    public uint ModifyTimeNs;
    public uint ChangeTimeNs;
    public uint Mode;
    public uint LinkCount;
    public uint Uid;
    public uint Gid;
    public uint Device;
    public uint BlockSize;
    public uint Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FuseEntryOut
{
    /// <summary>0: there is no such name, and the kernel may remember that.</summary>
    public ulong NodeId;

    /// <summary>Always 0: node ids are never used twice.</summary>
    public ulong Generation;

    public ulong EntryValid;
    public ulong AttrValid;
    public uint EntryValidNs;
    public uint AttrValidNs;
    public FuseAttr Attr;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FuseAttrOut
{
    public ulong AttrValid;
    public uint AttrValidNs;
    public uint Dummy;
    public FuseAttr Attr;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FuseOpenOut
{
    public ulong Handle;
    public uint OpenFlags;
    public uint BackingId;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FuseWriteOut
{
    public uint Size;
    public uint Padding;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FuseStatFsOut
{
    public ulong Blocks;
    public ulong FreeBlocks;
    public ulong AvailableBlocks;
    public ulong Files;
    public ulong FreeFiles;
    public uint BlockSize;
    public uint NameLength;
    public uint FragmentSize;
    public uint Padding;
    private fixed uint _spare[6];
}

[StructLayout(LayoutKind.Sequential)]
internal struct FuseGetXattrOut
{
    public uint Size;
    public uint Padding;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FuseLSeekOut
{
    public ulong Offset;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FuseCopyFileRangeOut
{
    public ulong Length;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FuseStatXTime
{
    public long Seconds;
    public uint Nanoseconds;
    public int Reserved;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FuseStatX
{
    public uint Mask;
    public uint BlockSize;
    public ulong Attributes;
    public uint LinkCount;
    public uint Uid;
    public uint Gid;
    public ushort Mode;
    public ushort Spare0;
    public ulong Inode;
    public ulong Size;
    public ulong Blocks;
    public ulong AttributesMask;
    public FuseStatXTime AccessTime;
    public FuseStatXTime BirthTime;
    public FuseStatXTime ChangeTime;
    public FuseStatXTime ModifyTime;
    public uint DeviceMajor;
    public uint DeviceMinor;
    public uint FilesystemMajor;
    public uint FilesystemMinor;
    private fixed ulong _spare2[14];
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FuseStatXOut
{
    public ulong AttrValid;
    public uint AttrValidNs;
    public uint Flags;
    private fixed ulong _spare[2];
    public FuseStatX Stat;
}

/// <summary>Head of a directory entry; the name follows, the record is padded to 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseDirent
{
    public ulong Inode;

    /// <summary>Cookie of the next position.</summary>
    public ulong NextCookie;

    public uint NameLength;

    /// <summary>The mode's file-type bits shifted down by 12 (DT_REG, DT_DIR …).</summary>
    public uint Type;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FuseDirentPlus
{
    public FuseEntryOut Entry;
    public FuseDirent Dirent;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FuseNotifyInvalidateInode
{
    public ulong Inode;

    /// <summary>Below 0: attributes only.</summary>
    public long Offset;

    /// <summary>0: to the end.</summary>
    public long Length;
}

/// <summary>As many node ids follow.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseNotifyPrune
{
    public uint Count;
    public uint Padding;
    public ulong Spare;
}

/// <summary>The name and a NUL follow.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseNotifyInvalidateEntry
{
    public ulong Parent;
    public uint NameLength;
    public uint Flags;
}
