namespace Hartfs.Format;

/// <summary>Everything an inode carries beside its names, extents and extended attributes.</summary>
/// <remarks>
/// Times are nanoseconds since 1970-01-01 UTC and may be negative. <see cref="Mode"/> is a POSIX mode with its
/// file-type bits; both drivers translate from it. Copying is deliberate: a record is a value.
/// </remarks>
public record struct InodeRecord
{
    public InodeNumber Number;

    /// <summary>File type (<see cref="InodeMode"/>) and permission bits.</summary>
    public int Mode;

    public uint Uid;
    public uint Gid;

    /// <summary>Names that refer to the inode; for a directory 2 + its sub-directories. 0: unlinked.</summary>
    public uint LinkCount;

    /// <summary>Bytes of a regular file or of a symbolic link's target; 0 otherwise.</summary>
    public long Size;

    /// <summary>Bytes of a regular file that are not holes.</summary>
    public long AllocatedBytes;

    /// <summary>Device number of a device node, in the kernel's new 32-bit encoding.</summary>
    public uint Device;

    /// <summary>Windows file attributes that have no POSIX counterpart (hidden, system, archive …).</summary>
    public uint WindowsAttributes;

    /// <summary>See <see cref="InodeFlags"/>.</summary>
    public InodeFlags Flags;

    public long AccessTime;
    public long ModifyTime;
    public long ChangeTime;
    public long BirthTime;

    /// <summary>For a directory the directory that holds its name; otherwise <c>default</c>.</summary>
    public InodeNumber Parent;

    /// <summary>Whether this is a directory.</summary>
    public readonly bool IsDirectory => InodeMode.IsDirectory(Mode);

    /// <summary>Whether this is a regular file.</summary>
    public readonly bool IsRegularFile => InodeMode.IsRegularFile(Mode);
}

/// <summary>Facts about an inode that save a look-up. The bits are persisted.</summary>
[Flags]
public enum InodeFlags
{
    None = 0,

    /// <summary>There are rows in the extended-attribute table.</summary>
    HasXattrs = 1,

    /// <summary>There is an access ACL among them.</summary>
    HasAccessAcl = 2,

    /// <summary>There is a default ACL among them (directories).</summary>
    HasDefaultAcl = 4,

    /// <summary>There is a <c>security.capability</c> among them.</summary>
    HasCapability = 8,
}
