using System.Runtime.InteropServices;

namespace Hartfs.Cli.Interop;

/// <summary>struct statx of linux/stat.h, as far as it is used; 256 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct HostStat
{
    [FieldOffset(0x10)]
    public uint LinkCount;

    [FieldOffset(0x14)]
    public uint Uid;

    [FieldOffset(0x18)]
    public uint Gid;

    [FieldOffset(0x1C)]
    public ushort Mode;

    [FieldOffset(0x20)]
    public ulong Inode;

    [FieldOffset(0x28)]
    public long Size;

    [FieldOffset(0x40)]
    public HostTime AccessTime;

    [FieldOffset(0x70)]
    public HostTime ModifyTime;

    [FieldOffset(0x80)]
    public uint NodeMajor;

    [FieldOffset(0x84)]
    public uint NodeMinor;

    [FieldOffset(0x88)]
    public uint DeviceMajor;

    [FieldOffset(0x8C)]
    public uint DeviceMinor;
}

/// <summary>struct statx_timestamp; 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct HostTime
{
    public long Seconds;
    public uint Nanoseconds;

    /// <summary>Nanoseconds since 1970; times beyond 2262 are held at the limit.</summary>
    public readonly long ToNanoseconds()
    {
        Int128 total = ((Int128)Seconds * 1_000_000_000) + Nanoseconds;
        return total > long.MaxValue ? long.MaxValue : total < long.MinValue ? long.MinValue : (long)total;
    }
}
