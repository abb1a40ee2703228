namespace Hartfs.Cli.Copying;

/// <summary>
/// A directory of a tree that is copied from or to: the host's filesystem, or a volume that is not mounted. Names
/// are bytes; "." is the directory itself wherever attributes are meant. Failures are <see cref="TreeException"/>.
/// One thread at a time.
/// </summary>
internal interface ITreeDirectory : IDisposable
{
    /// <summary>The names in it, "." and ".." excepted.</summary>
    IReadOnlyList<byte[]> ListNames();

    /// <summary>Looks at a name, not through a link; null when there is nothing of that name.</summary>
    ItemAttributes? Find(ReadOnlySpan<byte> name);

    ITreeDirectory OpenDirectory(ReadOnlySpan<byte> name);

    /// <summary>Opens a regular file to read.</summary>
    ITreeFile OpenFile(ReadOnlySpan<byte> name);

    /// <summary>Makes a regular file, which only its owner may use until its attributes are set.</summary>
    ITreeFile CreateFile(ReadOnlySpan<byte> name);

    void MakeDirectory(ReadOnlySpan<byte> name);

    /// <summary>Makes a fifo, a socket or a device node.</summary>
    void MakeNode(ReadOnlySpan<byte> name, in ItemAttributes attributes);

    void MakeSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target);

    byte[] ReadSymbolicLink(ReadOnlySpan<byte> name);

    /// <summary>Gives an item of another directory of the same tree one more name here.</summary>
    void Link(ITreeDirectory existingDirectory, ReadOnlySpan<byte> existingName, ReadOnlySpan<byte> name);

    /// <summary>Removes anything but a directory.</summary>
    void Remove(ReadOnlySpan<byte> name);

    /// <summary>Sets the owner, and with it clears set-user-id, set-group-id and capabilities.</summary>
    void SetOwner(ReadOnlySpan<byte> name, in ItemAttributes attributes);

    /// <summary>Sets mode (not of symbolic links) and times.</summary>
    void SetAttributes(ReadOnlySpan<byte> name, in ItemAttributes attributes);

    IReadOnlyList<byte[]> ListXattrs(ReadOnlySpan<byte> name);

    byte[] GetXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute);

    void SetXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value);

    void RemoveXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute);
}

/// <summary>An open regular file. One thread at a time.</summary>
internal interface ITreeFile : IDisposable
{
    /// <summary>Reads at an offset; 0 only at or behind the end.</summary>
    int Read(long offset, Span<byte> buffer);

    /// <summary>Writes all of it.</summary>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Cuts the file, or lets it grow by a hole.</summary>
    void SetLength(long length);

    /// <summary>The first run of data at or behind an offset; false when only a hole follows.</summary>
    bool TryFindData(long from, out long start, out long end);
}

/// <summary>What a copy keeps of an item beside its names, data and extended attributes.</summary>
/// <param name="Mode">POSIX mode with the file type.</param>
/// <param name="Size">Bytes of a regular file.</param>
/// <param name="AccessTime">Nanoseconds since 1970-01-01 UTC, as <paramref name="ModifyTime"/>.</param>
/// <param name="Device">Of a device node, in the kernel's 32-bit encoding.</param>
/// <param name="LinkCount">Names of the item.</param>
/// <param name="Identity">What all names of one item share.</param>
internal readonly record struct ItemAttributes(
    int Mode, uint Uid, uint Gid, long Size, long AccessTime, long ModifyTime, uint Device, uint LinkCount,
    ItemIdentity Identity);

/// <summary>Tells items of a tree apart: filesystem and inode.</summary>
internal readonly record struct ItemIdentity(ulong FileSystem, ulong Inode);

/// <summary>Something about one item went wrong; the copy goes on with the next unless it is fatal.</summary>
internal sealed class TreeException : Exception
{
    public TreeException(string message, TreeFailure failure = TreeFailure.Other)
        : base(message) => Failure = failure;

    public TreeFailure Failure { get; }
}

/// <summary>What the copy treats in a way of its own.</summary>
internal enum TreeFailure
{
    Other,

    /// <summary>The target is full: the copy stops.</summary>
    OutOfSpace,

    /// <summary>Only root may do that: owners and device nodes.</summary>
    NotPermitted,

    /// <summary>The target has no such feature, such as extended attributes of that kind.</summary>
    NotSupported,

    /// <summary>It is gone.</summary>
    NotFound,

    /// <summary>The volume cannot go on: the copy stops.</summary>
    Broken,
}
