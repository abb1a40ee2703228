using Hartfs.Core.Mounting;
using Hartfs.Format;

namespace Hartfs.Core.Snapshots;

/// <summary>A tree that never changes: every change is refused, and looking is all that is left to say.</summary>
public abstract class ReadOnlyFileSystem : IFileSystem
{
    /// <inheritdoc/>
    public abstract long Now { get; }

    /// <inheritdoc/>
    public IKernelCache? KernelCache { get; set; }

    /// <inheritdoc/>
    public abstract FsError Lookup(InodeNumber parent, ReadOnlySpan<byte> name, out InodeRecord inode);

    /// <inheritdoc/>
    public abstract FsError LookupParent(InodeNumber directory, out InodeRecord inode);

    /// <inheritdoc/>
    public FsError Reference(InodeNumber number, out InodeRecord inode) => GetAttributes(number, out inode);

    /// <summary>Nothing: what is looked up here is not counted.</summary>
    public void Forget(InodeNumber inode, long count)
    {
    }

    /// <inheritdoc/>
    public abstract FsError GetAttributes(InodeNumber inode, out InodeRecord attributes);

    /// <inheritdoc/>
    public abstract FsError GetSpace(out SpaceReport report);

    /// <inheritdoc/>
    public abstract FsError ReadSymbolicLink(InodeNumber inode, out byte[] target);

    /// <inheritdoc/>
    public abstract FsError ReadDirectory<TSink>(InodeNumber directory, long cookie, bool withAttributes,
        ref TSink sink)
        where TSink : IDirectorySink, allows ref struct;

    /// <inheritdoc/>
    public abstract FsError Read(InodeNumber inode, long offset, Span<byte> buffer, out int count);

    /// <inheritdoc/>
    public abstract FsError Seek(InodeNumber inode, long offset, bool data, out long position);

    /// <inheritdoc/>
    public abstract FsError GetXattr(InodeNumber inode, ReadOnlySpan<byte> name, Span<byte> buffer, out int length);

    /// <inheritdoc/>
    public abstract FsError ListXattrs(InodeNumber inode, Span<byte> buffer, out int length);

    /// <inheritdoc/>
    public FsError Flush(InodeNumber inode) => FsError.None;

    /// <inheritdoc/>
    public FsError Synchronize(InodeNumber inode) => FsError.None;

    /// <inheritdoc/>
    public FsError SetAttributes(InodeNumber inode, in AttributeChange change, out InodeRecord attributes) =>
        Refuse(out attributes);

    /// <inheritdoc/>
    public FsError Create(InodeNumber parent, ReadOnlySpan<byte> name, int mode, int umask, uint device,
        Credentials credentials, out InodeRecord inode) => Refuse(out inode);

    /// <inheritdoc/>
    public FsError CreateUnnamed(InodeNumber parent, int mode, int umask, Credentials credentials,
        out InodeRecord inode) => Refuse(out inode);

    /// <inheritdoc/>
    public FsError MakeDirectory(InodeNumber parent, ReadOnlySpan<byte> name, int mode, int umask,
        Credentials credentials, out InodeRecord inode) => Refuse(out inode);

    /// <inheritdoc/>
    public FsError MakeSymbolicLink(InodeNumber parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target,
        Credentials credentials, out InodeRecord inode) => Refuse(out inode);

    /// <inheritdoc/>
    public FsError Link(InodeNumber inode, InodeNumber newParent, ReadOnlySpan<byte> newName,
        out InodeRecord attributes) => Refuse(out attributes);

    /// <inheritdoc/>
    public FsError Unlink(InodeNumber parent, ReadOnlySpan<byte> name) => FsError.ReadOnly;

    /// <inheritdoc/>
    public FsError RemoveDirectory(InodeNumber parent, ReadOnlySpan<byte> name) => FsError.ReadOnly;

    /// <inheritdoc/>
    public FsError Rename(InodeNumber oldParent, ReadOnlySpan<byte> oldName, InodeNumber newParent,
        ReadOnlySpan<byte> newName, RenameMode mode) => FsError.ReadOnly;

    /// <inheritdoc/>
    public FsError Write(InodeNumber inode, long offset, ReadOnlySpan<byte> bytes, bool killPrivileges,
        bool stampTimes) => FsError.ReadOnly;

    /// <inheritdoc/>
    public FsError Allocate(InodeNumber inode, AllocateMode mode, long offset, long length) => FsError.ReadOnly;

    /// <inheritdoc/>
    public FsError CopyRange(InodeNumber source, long sourceOffset, InodeNumber target, long targetOffset,
        long length, out long copied)
    {
        copied = 0;
        return FsError.ReadOnly;
    }

    /// <inheritdoc/>
    public FsError SetXattr(InodeNumber inode, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, XattrMode mode,
        bool killSetGroupId) => FsError.ReadOnly;

    /// <inheritdoc/>
    public FsError RemoveXattr(InodeNumber inode, ReadOnlySpan<byte> name) => FsError.ReadOnly;

    private static FsError Refuse(out InodeRecord inode)
    {
        inode = default;
        return FsError.ReadOnly;
    }
}
