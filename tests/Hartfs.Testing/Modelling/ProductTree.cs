using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Testing.Modelling;

/// <summary>A tree of the product behind the surface that the model shares.</summary>
public sealed class ProductTree(IFileSystem fileSystem) : IFileTree
{
    public FsError Lookup(InodeNumber parent, byte[] name, out InodeRecord inode) =>
        fileSystem.Lookup(parent, name, out inode);

    public FsError LookupParent(InodeNumber directory, out InodeRecord inode) =>
        fileSystem.LookupParent(directory, out inode);

    public void Forget(InodeNumber inode, long count) => fileSystem.Forget(inode, count);

    public FsError GetAttributes(InodeNumber inode, out InodeRecord attributes) =>
        fileSystem.GetAttributes(inode, out attributes);

    public FsError SetAttributes(InodeNumber inode, in AttributeChange change, out InodeRecord attributes) =>
        fileSystem.SetAttributes(inode, change, out attributes);

    public FsError Create(InodeNumber parent, byte[] name, int mode, int umask, uint device,
        Credentials credentials, out InodeRecord inode) =>
        fileSystem.Create(parent, name, mode, umask, device, credentials, out inode);

    public FsError CreateUnnamed(InodeNumber parent, int mode, int umask, Credentials credentials,
        out InodeRecord inode) => fileSystem.CreateUnnamed(parent, mode, umask, credentials, out inode);

    public FsError MakeDirectory(InodeNumber parent, byte[] name, int mode, int umask, Credentials credentials,
        out InodeRecord inode) => fileSystem.MakeDirectory(parent, name, mode, umask, credentials, out inode);

    public FsError MakeSymbolicLink(InodeNumber parent, byte[] name, byte[] target, Credentials credentials,
        out InodeRecord inode) => fileSystem.MakeSymbolicLink(parent, name, target, credentials, out inode);

    public FsError ReadSymbolicLink(InodeNumber inode, out byte[] target) =>
        fileSystem.ReadSymbolicLink(inode, out target);

    public FsError Link(InodeNumber inode, InodeNumber newParent, byte[] newName, out InodeRecord attributes) =>
        fileSystem.Link(inode, newParent, newName, out attributes);

    public FsError Unlink(InodeNumber parent, byte[] name) => fileSystem.Unlink(parent, name);

    public FsError RemoveDirectory(InodeNumber parent, byte[] name) => fileSystem.RemoveDirectory(parent, name);

    public FsError Rename(InodeNumber oldParent, byte[] oldName, InodeNumber newParent, byte[] newName,
        RenameMode mode) => fileSystem.Rename(oldParent, oldName, newParent, newName, mode);

    /// <summary>Lists in pages of a few entries, alternating the two forms, so that cookies are tried too.</summary>
    public FsError List(InodeNumber directory, out List<(byte[] Name, InodeRecord Inode)> entries)
    {
        entries = [];
        long cookie = 0;
        bool withAttributes = directory.Value % 2 == 0;
        while (true)
        {
            Page page = new(pageLength: 5);
            FsError error = fileSystem.ReadDirectory(directory, cookie, withAttributes, ref page);
            if (error != FsError.None) return error;
            if (page.Entries.Count == 0) return FsError.None;
            foreach ((byte[] name, long next, InodeRecord inode) in page.Entries)
            {
                cookie = next;
                if (name is [(byte)'.'] or [(byte)'.', (byte)'.']) continue;
                if (withAttributes) fileSystem.Forget(inode.Number, 1);
                entries.Add((name, inode));
            }
        }
    }

    public FsError Read(InodeNumber inode, long offset, Span<byte> buffer, out int count) =>
        fileSystem.Read(inode, offset, buffer, out count);

    public FsError Write(InodeNumber inode, long offset, ReadOnlySpan<byte> bytes, bool killPrivileges,
        bool stampTimes) => fileSystem.Write(inode, offset, bytes, killPrivileges, stampTimes);

    public FsError Flush(InodeNumber inode) => fileSystem.Flush(inode);

    public FsError Synchronize(InodeNumber inode) => fileSystem.Synchronize(inode);

    public FsError Allocate(InodeNumber inode, AllocateMode mode, long offset, long length) =>
        fileSystem.Allocate(inode, mode, offset, length);

    public FsError Seek(InodeNumber inode, long offset, bool data, out long position) =>
        fileSystem.Seek(inode, offset, data, out position);

    public FsError CopyRange(InodeNumber source, long sourceOffset, InodeNumber target, long targetOffset,
        long length, out long copied) =>
        fileSystem.CopyRange(source, sourceOffset, target, targetOffset, length, out copied);

    public FsError GetXattr(InodeNumber inode, byte[] name, out byte[] value)
    {
        value = [];
        FsError error = fileSystem.GetXattr(inode, name, [], out int length);
        if (error != FsError.None || length == 0) return error;
        byte[] buffer = new byte[length];
        error = fileSystem.GetXattr(inode, name, buffer, out int written);
        value = buffer[..written];
        return error;
    }

    public FsError ListXattrs(InodeNumber inode, out List<byte[]> names)
    {
        names = [];
        FsError error = fileSystem.ListXattrs(inode, [], out int length);
        if (error != FsError.None || length == 0) return error;
        byte[] buffer = new byte[length];
        error = fileSystem.ListXattrs(inode, buffer, out int written);
        Span<byte> rest = buffer.AsSpan(0, written);
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)0);
            names.Add(rest[..end].ToArray());
            rest = rest[(end + 1)..];
        }

        return error;
    }

    public FsError SetXattr(InodeNumber inode, byte[] name, byte[] value, XattrMode mode, bool killSetGroupId) =>
        fileSystem.SetXattr(inode, name, value, mode, killSetGroupId);

    public FsError RemoveXattr(InodeNumber inode, byte[] name) => fileSystem.RemoveXattr(inode, name);

    private readonly struct Page(int pageLength) : IDirectorySink
    {
        public List<(byte[] Name, long Next, InodeRecord Inode)> Entries { get; } = [];

        public bool Add(ReadOnlySpan<byte> name, long nextCookie, in InodeRecord inode)
        {
            if (Entries.Count == pageLength) return false;
            Entries.Add((name.ToArray(), nextCookie, inode));
            return true;
        }
    }
}
