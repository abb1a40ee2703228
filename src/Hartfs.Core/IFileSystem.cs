using Hartfs.Core.Mounting;
using Hartfs.Format;

namespace Hartfs.Core;

/// <summary>
/// What a mount asks: the surface between the drivers and a tree. The product has the live tree
/// (<see cref="FileSystem"/>), a snapshot (<see cref="Snapshots.SnapshotFileSystem"/>), and both together
/// (<see cref="Snapshots.VolumeTree"/>).
/// </summary>
/// <remarks>What each operation does, and which count references, is told at <see cref="FileSystem"/>.</remarks>
public interface IFileSystem
{
    /// <summary>Nanoseconds since 1970-01-01 UTC, as the volume sees them.</summary>
    long Now { get; }

    /// <summary>Where to send invalidations; set by the driver while mounted.</summary>
    IKernelCache? KernelCache { get; set; }

    /// <summary>Finds a name.</summary>
    FsError Lookup(InodeNumber parent, ReadOnlySpan<byte> name, out InodeRecord inode);

    /// <summary>The directory that holds a directory.</summary>
    FsError LookupParent(InodeNumber directory, out InodeRecord inode);

    /// <summary>An inode by its number.</summary>
    FsError Reference(InodeNumber number, out InodeRecord inode);

    /// <summary>Gives references back.</summary>
    void Forget(InodeNumber inode, long count);

    /// <summary>Reads attributes.</summary>
    FsError GetAttributes(InodeNumber inode, out InodeRecord attributes);

    /// <summary>Changes attributes, truncation included.</summary>
    FsError SetAttributes(InodeNumber inode, in AttributeChange change, out InodeRecord attributes);

    /// <summary>What <c>df</c> shows.</summary>
    FsError GetSpace(out SpaceReport report);

    /// <summary>Makes a regular file, fifo, socket or device node.</summary>
    FsError Create(InodeNumber parent, ReadOnlySpan<byte> name, int mode, int umask, uint device,
        Credentials credentials, out InodeRecord inode);

    /// <summary>Makes a regular file without a name.</summary>
    FsError CreateUnnamed(InodeNumber parent, int mode, int umask, Credentials credentials, out InodeRecord inode);

    /// <summary>Makes a directory.</summary>
    FsError MakeDirectory(InodeNumber parent, ReadOnlySpan<byte> name, int mode, int umask, Credentials credentials,
        out InodeRecord inode);

    /// <summary>Makes a symbolic link.</summary>
    FsError MakeSymbolicLink(InodeNumber parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target,
        Credentials credentials, out InodeRecord inode);

    /// <summary>Reads where a symbolic link points.</summary>
    FsError ReadSymbolicLink(InodeNumber inode, out byte[] target);

    /// <summary>Gives an inode one more name.</summary>
    FsError Link(InodeNumber inode, InodeNumber newParent, ReadOnlySpan<byte> newName, out InodeRecord attributes);

    /// <summary>Removes a name.</summary>
    FsError Unlink(InodeNumber parent, ReadOnlySpan<byte> name);

    /// <summary>Removes an empty directory.</summary>
    FsError RemoveDirectory(InodeNumber parent, ReadOnlySpan<byte> name);

    /// <summary>Moves a name.</summary>
    FsError Rename(InodeNumber oldParent, ReadOnlySpan<byte> oldName, InodeNumber newParent,
        ReadOnlySpan<byte> newName, RenameMode mode);

    /// <summary>Lists a directory.</summary>
    FsError ReadDirectory<TSink>(InodeNumber directory, long cookie, bool withAttributes, ref TSink sink)
        where TSink : IDirectorySink, allows ref struct;

    /// <summary>Reads bytes.</summary>
    FsError Read(InodeNumber inode, long offset, Span<byte> buffer, out int count);

    /// <summary>Writes bytes.</summary>
    FsError Write(InodeNumber inode, long offset, ReadOnlySpan<byte> bytes, bool killPrivileges, bool stampTimes);

    /// <summary>A close(2).</summary>
    FsError Flush(InodeNumber inode);

    /// <summary>An fsync(2).</summary>
    FsError Synchronize(InodeNumber inode);

    /// <summary>A fallocate(2).</summary>
    FsError Allocate(InodeNumber inode, AllocateMode mode, long offset, long length);

    /// <summary>SEEK_DATA or SEEK_HOLE.</summary>
    FsError Seek(InodeNumber inode, long offset, bool data, out long position);

    /// <summary>Copies a range by sharing its extents.</summary>
    FsError CopyRange(InodeNumber source, long sourceOffset, InodeNumber target, long targetOffset, long length,
        out long copied);

    /// <summary>Reads an extended attribute.</summary>
    FsError GetXattr(InodeNumber inode, ReadOnlySpan<byte> name, Span<byte> buffer, out int length);

    /// <summary>Lists extended attributes.</summary>
    FsError ListXattrs(InodeNumber inode, Span<byte> buffer, out int length);

    /// <summary>Sets an extended attribute.</summary>
    FsError SetXattr(InodeNumber inode, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, XattrMode mode,
        bool killSetGroupId);

    /// <summary>Removes an extended attribute.</summary>
    FsError RemoveXattr(InodeNumber inode, ReadOnlySpan<byte> name);
}
