namespace Hartfs.Fuse.Protocol;

/// <summary>What kernel and driver agree on in INIT; bits above 31 travel in flags2. Only bits we look at.</summary>
[Flags]
internal enum FuseInitFlags : ulong
{
    None = 0,
    AsyncRead = 1ul << 0,
    ExportSupport = 1ul << 4,
    BigWrites = 1ul << 5,
    DontMask = 1ul << 6,
    HasIoctlDir = 1ul << 11,
    DoReadDirPlus = 1ul << 13,
    ReadDirPlusAuto = 1ul << 14,
    AsyncDirectIo = 1ul << 15,
    WritebackCache = 1ul << 16,
    NoOpenSupport = 1ul << 17,
    ParallelDirOps = 1ul << 18,
    PosixAcl = 1ul << 20,
    AbortError = 1ul << 21,
    MaxPages = 1ul << 22,
    CacheSymlinks = 1ul << 23,
    NoOpenDirSupport = 1ul << 24,
    ExplicitInvalidateData = 1ul << 25,
    HandleKillPrivV2 = 1ul << 28,
    SetXattrExt = 1ul << 29,
    InitExt = 1ul << 30,
    HasExpireOnly = 1ul << 35,
}

/// <summary>Which fields of a SETATTR are meant.</summary>
[Flags]
internal enum FuseSetAttrFlags : uint
{
    None = 0,
    Mode = 1 << 0,
    Uid = 1 << 1,
    Gid = 1 << 2,
    Size = 1 << 3,
    AccessTime = 1 << 4,
    ModifyTime = 1 << 5,
    AccessTimeNow = 1 << 7,
    ModifyTimeNow = 1 << 8,
    ChangeTime = 1 << 10,
    KillSuidGid = 1 << 11,
}

/// <summary>Single bits and codes of requests and notifications.</summary>
internal static class FuseConstants
{
    /// <summary>WRITE: clear set-user-id, set-group-id and capabilities.</summary>
    public const uint WriteKillSuidGid = 1 << 2;

    /// <summary>SETXATTR: clear set-group-id with an access ACL.</summary>
    public const uint SetXattrAclKillSgid = 1 << 0;

    /// <summary>open_out: the kernel may keep cached pages of earlier opens.</summary>
    public const uint OpenKeepCache = 1 << 1;

    /// <summary>NOTIFY_INVAL_ENTRY: let the entry expire, leave mounts on it alone.</summary>
    public const uint ExpireOnly = 1 << 0;

    /// <summary>Notification codes: sent in the error field with unique 0.</summary>
    public const int NotifyInvalidateInode = 2;

    public const int NotifyInvalidateEntry = 3;

    public const int NotifyPrune = 9;

    /// <summary>fallocate(2) modes (linux/falloc.h).</summary>
    public const uint FallocKeepSize = 1;

    public const uint FallocPunchHole = 2;
    public const uint FallocZeroRange = 16;

    /// <summary>renameat2(2) flags (linux/fs.h).</summary>
    public const uint RenameNoReplace = 1;

    public const uint RenameExchange = 2;
    public const uint RenameWhiteout = 4;

    /// <summary>setxattr(2) flags (linux/xattr.h).</summary>
    public const uint XattrCreate = 1;

    public const uint XattrReplace = 2;

    /// <summary>lseek(2) (linux/fs.h).</summary>
    public const uint SeekData = 3;

    public const uint SeekHole = 4;

    /// <summary>statx(2) mask: everything stat has, and the birth time (linux/stat.h).</summary>
    public const uint StatxBasicStats = 0x7ff;

    public const uint StatxBirthTime = 0x800;
}
