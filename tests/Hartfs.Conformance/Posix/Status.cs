namespace Hartfs.Conformance.Posix;

/// <summary>What statx(2) says. Times are nanoseconds since 1970.</summary>
public sealed record Status(uint Mode, uint LinkCount, uint Uid, uint Gid, ulong Inode, long Size, long Blocks,
    long AccessTime, long ModifyTime, long ChangeTime, long BirthTime, uint DeviceMajor, uint DeviceMinor)
{
    public uint Type => Mode & 0xF000;

    public uint Permissions => Mode & 0xFFF;
}
