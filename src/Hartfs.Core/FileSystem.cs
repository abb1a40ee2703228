using Hartfs.Core.Mounting;
using Hartfs.Format;

namespace Hartfs.Core;

/// <summary>
/// One mounted view of a volume: the live tree (later also snapshots). Inode-based, synchronous, thread-safe;
/// every operation runs on the caller's thread and speaks <see cref="FsError"/>.
/// </summary>
/// <remarks>
/// <para>Operations that hand out an inode (look-up, create, link …) count one reference, which the driver gives
/// back with <see cref="Forget"/>. An inode without names lives until its references are gone.</para>
/// <para>All state is per inode: there are no handles, and opening is free.</para>
/// <para>Permissions are checked by the kernel (<c>default_permissions</c>, POSIX ACLs) or by the Windows driver;
/// Core applies the rules that shape new inodes: set-group-id directories, default ACLs, umask.</para>
/// </remarks>
public sealed partial class FileSystem
{
    /// <summary>The time that "now" means in this volume: nanoseconds since 1970-01-01 UTC, from its TimeProvider.</summary>
    public long Now => throw new NotImplementedException();

    /// <summary>Where to send invalidations; set by the driver while mounted.</summary>
    public IKernelCache? KernelCache { get; set; }

    /// <summary>Finds a name. "." and ".." are not names here. Counts a reference.</summary>
    public FsError Lookup(InodeNumber parent, ReadOnlySpan<byte> name, out InodeRecord inode) =>
        throw new NotImplementedException();

    /// <summary>The directory that holds a directory (the root holds itself). Counts a reference.</summary>
    public FsError LookupParent(InodeNumber directory, out InodeRecord inode) => throw new NotImplementedException();

    /// <summary>Gives back <paramref name="count"/> references.</summary>
    public void Forget(InodeNumber inode, long count) => throw new NotImplementedException();

    public FsError GetAttributes(InodeNumber inode, out InodeRecord attributes) => throw new NotImplementedException();

    /// <summary>Applies a change, truncation included, as a whole. Does not count a reference.</summary>
    public FsError SetAttributes(InodeNumber inode, in AttributeChange change, out InodeRecord attributes) =>
        throw new NotImplementedException();

    /// <summary>Makes a regular file, fifo, socket or device node. Counts a reference.</summary>
    /// <param name="mode">Type and permission bits as the caller asked for.</param>
    /// <param name="umask">Applied unless the directory has a default ACL.</param>
    /// <param name="device">For device nodes, in the kernel's 32-bit encoding.</param>
    public FsError Create(InodeNumber parent, ReadOnlySpan<byte> name, int mode, int umask, uint device,
        Credentials credentials, out InodeRecord inode) => throw new NotImplementedException();

    /// <summary>Makes a regular file without a name (O_TMPFILE); <see cref="Link"/> may name it. Counts a reference.</summary>
    public FsError CreateUnnamed(InodeNumber parent, int mode, int umask, Credentials credentials,
        out InodeRecord inode) => throw new NotImplementedException();

    /// <summary>Counts a reference.</summary>
    public FsError MakeDirectory(InodeNumber parent, ReadOnlySpan<byte> name, int mode, int umask,
        Credentials credentials, out InodeRecord inode) => throw new NotImplementedException();

    /// <summary>Counts a reference.</summary>
    public FsError MakeSymbolicLink(InodeNumber parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target,
        Credentials credentials, out InodeRecord inode) => throw new NotImplementedException();

    /// <summary>The target's bytes.</summary>
    public FsError ReadSymbolicLink(InodeNumber inode, out byte[] target) => throw new NotImplementedException();

    /// <summary>Gives an inode one more name. Counts a reference.</summary>
    public FsError Link(InodeNumber inode, InodeNumber newParent, ReadOnlySpan<byte> newName,
        out InodeRecord attributes) => throw new NotImplementedException();

    public FsError Unlink(InodeNumber parent, ReadOnlySpan<byte> name) => throw new NotImplementedException();

    public FsError RemoveDirectory(InodeNumber parent, ReadOnlySpan<byte> name) => throw new NotImplementedException();

    public FsError Rename(InodeNumber oldParent, ReadOnlySpan<byte> oldName, InodeNumber newParent,
        ReadOnlySpan<byte> newName, RenameMode mode) => throw new NotImplementedException();

    /// <summary>Lists a directory in a stable order, from a cookie on. "." and ".." come first.</summary>
    /// <param name="cookie">0, or the cookie behind the last entry taken.</param>
    /// <param name="withAttributes">Fill in whole records and count a reference per entry taken, "." and ".." excepted.</param>
    public FsError ReadDirectory<TSink>(InodeNumber directory, long cookie, bool withAttributes, ref TSink sink)
        where TSink : IDirectorySink, allows ref struct => throw new NotImplementedException();

    /// <summary>Reads; <paramref name="count"/> is less than asked only at the end of the file.</summary>
    public FsError Read(InodeNumber inode, long offset, Span<byte> buffer, out int count) =>
        throw new NotImplementedException();

    /// <summary>Writes all bytes or none. They are durable after <see cref="Synchronize"/>.</summary>
    /// <param name="killPrivileges">Clear set-user-id, set-group-id and capabilities.</param>
    /// <param name="stampTimes">False where the kernel keeps the times itself (writeback cache).</param>
    public FsError Write(InodeNumber inode, long offset, ReadOnlySpan<byte> bytes, bool killPrivileges,
        bool stampTimes) => throw new NotImplementedException();

    /// <summary>A close(2): reports what went wrong since the last one. Nothing becomes durable.</summary>
    public FsError Flush(InodeNumber inode) => throw new NotImplementedException();

    /// <summary>fsync: everything acknowledged before this call is durable when it returns None.</summary>
    public FsError Synchronize(InodeNumber inode) => throw new NotImplementedException();

    /// <summary>fallocate. <paramref name="length"/> is at least 1.</summary>
    public FsError Allocate(InodeNumber inode, AllocateMode mode, long offset, long length) =>
        throw new NotImplementedException();

    /// <summary>SEEK_DATA (<paramref name="data"/> true) or SEEK_HOLE from an offset.</summary>
    public FsError Seek(InodeNumber inode, long offset, bool data, out long position) =>
        throw new NotImplementedException();

    /// <summary>Copies a range by sharing its extents. <paramref name="copied"/> is short at the source's end.</summary>
    public FsError CopyRange(InodeNumber source, long sourceOffset, InodeNumber target, long targetOffset,
        long length, out long copied) => throw new NotImplementedException();

    /// <summary>Reads an extended attribute. An empty buffer asks for the length alone.</summary>
    public FsError GetXattr(InodeNumber inode, ReadOnlySpan<byte> name, Span<byte> buffer, out int length) =>
        throw new NotImplementedException();

    /// <summary>The names, each with a NUL behind it. An empty buffer asks for the length alone.</summary>
    public FsError ListXattrs(InodeNumber inode, Span<byte> buffer, out int length) =>
        throw new NotImplementedException();

    /// <param name="killSetGroupId">Clear set-group-id with it (an ACL set by one outside the group).</param>
    public FsError SetXattr(InodeNumber inode, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, XattrMode mode,
        bool killSetGroupId) => throw new NotImplementedException();

    public FsError RemoveXattr(InodeNumber inode, ReadOnlySpan<byte> name) => throw new NotImplementedException();

    public FsError GetSpace(out SpaceReport report) => throw new NotImplementedException();
}
