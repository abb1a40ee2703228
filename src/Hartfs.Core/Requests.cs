using Hartfs.Format;

namespace Hartfs.Core;

/// <summary>On whose behalf a new inode is made.</summary>
public readonly record struct Credentials(uint Uid, uint Gid);

/// <summary>Which fields of an <see cref="AttributeChange"/> are meant.</summary>
[Flags]
public enum AttributeFields
{
    None = 0,
    Mode = 1,
    Uid = 2,
    Gid = 4,
    Size = 8,
    AccessTime = 16,
    ModifyTime = 32,
    ChangeTime = 64,
    BirthTime = 128,
    WindowsAttributes = 256,

    /// <summary>Clear set-user-id, and set-group-id where the group may execute, together with the change.</summary>
    KillPrivileges = 512,
}

/// <summary>A change of attributes, applied as a whole or not at all.</summary>
/// <remarks>Times are nanoseconds since 1970-01-01 UTC; "now" is <see cref="FileSystem.Now"/>.</remarks>
public struct AttributeChange
{
    public AttributeFields Fields;
    public int Mode;
    public uint Uid;
    public uint Gid;
    public long Size;
    public long AccessTime;
    public long ModifyTime;
    public long ChangeTime;
    public long BirthTime;
    public uint WindowsAttributes;
}

/// <summary>How <see cref="FileSystem.Rename"/> treats an existing target.</summary>
public enum RenameMode
{
    /// <summary>It is replaced, atomically.</summary>
    Replace = 0,

    /// <summary><see cref="FsError.AlreadyExists"/>.</summary>
    NoReplace = 1,

    /// <summary>Both names change places; both must exist.</summary>
    Exchange = 2,

    /// <summary>As Replace, and a whiteout (character device 0:0) takes the old name: overlayfs.</summary>
    Whiteout = 3,
}

/// <summary>What <see cref="FileSystem.Allocate"/> does with a range.</summary>
public enum AllocateMode
{
    /// <summary>Grow the file to the end of the range if it is shorter.</summary>
    Extend = 0,

    /// <summary>Leave the size; nothing is reserved (a deduplicating store cannot promise space per file).</summary>
    KeepSize = 1,

    /// <summary>Make the range a hole; the size stays.</summary>
    PunchHole = 2,

    /// <summary>The range reads as zeros; the file grows to its end.</summary>
    ZeroRange = 3,

    /// <summary>The range reads as zeros; the size stays.</summary>
    ZeroRangeKeepSize = 4,
}

/// <summary>How <see cref="FileSystem.SetXattr"/> treats an existing attribute.</summary>
public enum XattrMode
{
    CreateOrReplace = 0,
    CreateOnly = 1,
    ReplaceOnly = 2,
}

/// <summary>What <c>df</c> shows.</summary>
/// <param name="BlockSize">Unit of the block figures, bytes.</param>
/// <param name="TotalBlocks">What is stored now plus what is free.</param>
/// <param name="FreeBlocks">Room on the backing disk, its reserve excluded.</param>
/// <param name="InodeCount">Inodes in use.</param>
/// <param name="FreeInodes">Inodes that could still be made.</param>
public readonly record struct SpaceReport(
    int BlockSize, long TotalBlocks, long FreeBlocks, long InodeCount, long FreeInodes);

/// <summary>Takes the entries of a directory one by one, without allocating.</summary>
public interface IDirectorySink
{
    /// <summary>Adds an entry.</summary>
    /// <param name="name">The name's bytes.</param>
    /// <param name="nextCookie">Where to go on behind this entry.</param>
    /// <param name="inode">The entry's inode. Without attributes asked for, only Number and the type bits of
    /// Mode.</param>
    /// <returns>False: no room, the entry was not taken (and not counted as looked up).</returns>
    bool Add(ReadOnlySpan<byte> name, long nextCookie, in InodeRecord inode);
}
