using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Testing.Modelling;

/// <summary>
/// The surface of <see cref="FileSystem"/> that the model test compares. Two implementations: the product
/// (<see cref="ProductTree"/>) and the model (<see cref="ReferenceFileSystem"/>).
/// </summary>
/// <remarks>Look-ups and creations count a reference, exactly as in the product.</remarks>
public interface IFileTree
{
    FsError Lookup(InodeNumber parent, byte[] name, out InodeRecord inode);

    FsError LookupParent(InodeNumber directory, out InodeRecord inode);

    void Forget(InodeNumber inode, long count);

    FsError GetAttributes(InodeNumber inode, out InodeRecord attributes);

    FsError SetAttributes(InodeNumber inode, in AttributeChange change, out InodeRecord attributes);

    FsError Create(InodeNumber parent, byte[] name, int mode, int umask, uint device, Credentials credentials,
        out InodeRecord inode);

    FsError CreateUnnamed(InodeNumber parent, int mode, int umask, Credentials credentials, out InodeRecord inode);

    FsError MakeDirectory(InodeNumber parent, byte[] name, int mode, int umask, Credentials credentials,
        out InodeRecord inode);

    FsError MakeSymbolicLink(InodeNumber parent, byte[] name, byte[] target, Credentials credentials,
        out InodeRecord inode);

    FsError ReadSymbolicLink(InodeNumber inode, out byte[] target);

    FsError Link(InodeNumber inode, InodeNumber newParent, byte[] newName, out InodeRecord attributes);

    FsError Unlink(InodeNumber parent, byte[] name);

    FsError RemoveDirectory(InodeNumber parent, byte[] name);

    FsError Rename(InodeNumber oldParent, byte[] oldName, InodeNumber newParent, byte[] newName, RenameMode mode);

    /// <summary>Names with the inode each leads to, "." and ".." left out; in no particular order.</summary>
    FsError List(InodeNumber directory, out List<(byte[] Name, InodeRecord Inode)> entries);

    FsError Read(InodeNumber inode, long offset, Span<byte> buffer, out int count);

    FsError Write(InodeNumber inode, long offset, ReadOnlySpan<byte> bytes, bool killPrivileges, bool stampTimes);

    FsError Flush(InodeNumber inode);

    FsError Synchronize(InodeNumber inode);

    FsError Allocate(InodeNumber inode, AllocateMode mode, long offset, long length);

    FsError Seek(InodeNumber inode, long offset, bool data, out long position);

    FsError CopyRange(InodeNumber source, long sourceOffset, InodeNumber target, long targetOffset, long length,
        out long copied);

    FsError GetXattr(InodeNumber inode, byte[] name, out byte[] value);

    FsError ListXattrs(InodeNumber inode, out List<byte[]> names);

    FsError SetXattr(InodeNumber inode, byte[] name, byte[] value, XattrMode mode, bool killSetGroupId);

    FsError RemoveXattr(InodeNumber inode, byte[] name);
}
