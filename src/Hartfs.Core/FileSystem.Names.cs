using Hartfs.Core.Access;
using Hartfs.Core.Files;
using Hartfs.Format;

namespace Hartfs.Core;

/// <summary>Making, naming and removing inodes.</summary>
public sealed partial class FileSystem
{
    /// <summary>Makes a regular file, fifo, socket or device node. Counts a reference.</summary>
    /// <param name="mode">Type and permission bits as the caller asked for.</param>
    /// <param name="umask">Applied unless the directory has a default ACL.</param>
    /// <param name="device">For device nodes, in the kernel's 32-bit encoding.</param>
    public FsError Create(InodeNumber parent, ReadOnlySpan<byte> name, int mode, int umask, uint device,
        Credentials credentials, out InodeRecord inode) =>
        CreateEntry(parent, name, new NewInode(mode, umask, device, credentials), default, out inode);

    /// <summary>Counts a reference.</summary>
    public FsError MakeDirectory(InodeNumber parent, ReadOnlySpan<byte> name, int mode, int umask,
        Credentials credentials, out InodeRecord inode) =>
        CreateEntry(parent, name,
            new NewInode(InodeMode.Directory | (mode & InodeMode.PermissionMask), umask, 0, credentials), default,
            out inode);

    /// <summary>Counts a reference.</summary>
    public FsError MakeSymbolicLink(InodeNumber parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target,
        Credentials credentials, out InodeRecord inode)
    {
        inode = default;
        if (target.IsEmpty)
            return FsError.NotFound;
        if (target.Length > Limits.SymlinkBytesMax)
            return FsError.NameTooLong;
        return CreateEntry(parent, name, new NewInode(InodeMode.SymbolicLink | 0x1FF, 0, 0, credentials), target,
            out inode);
    }

    /// <summary>
    /// Makes a regular file without a name (O_TMPFILE); <see cref="Link"/> may name it. Counts a reference.
    /// </summary>
    public FsError CreateUnnamed(InodeNumber parent, int mode, int umask, Credentials credentials,
        out InodeRecord inode)
    {
        inode = default;
        FsError error = EnterGrowth(0);
        if (error != FsError.None)
            return error;
        using (_gate.EnterChange())
            lock (_treeLock)
            {
                error = TryGetDirectory(parent, out Node directory);
                if (error != FsError.None)
                    return error;
                Node node = NewNode(directory,
                    new NewInode(InodeMode.RegularFile | (mode & InodeMode.PermissionMask), umask, 0, credentials));
                node.Record.LinkCount = 0;
                return HandOut(node, out inode);
            }
    }

    /// <summary>The target's bytes.</summary>
    public FsError ReadSymbolicLink(InodeNumber inode, out byte[] target)
    {
        target = [];
        lock (_treeLock)
        {
            if (!_nodes.TryGet(inode, out Node node))
                return FsError.Stale;
            if (!InodeMode.IsSymbolicLink(node.Record.Mode))
                return FsError.InvalidArgument;
            if (_metadata.Symlinks.Get(inode) is not { } bytes)
                return FsError.CorruptMetadata;
            target = bytes;
            return FsError.None;
        }
    }

    /// <summary>Gives an inode one more name. Counts a reference.</summary>
    public FsError Link(InodeNumber inode, InodeNumber newParent, ReadOnlySpan<byte> newName,
        out InodeRecord attributes)
    {
        attributes = default;
        FsError error = EnterGrowth(0);
        if (error != FsError.None)
            return error;
        using (_gate.EnterChange())
            lock (_treeLock)
            {
                error = CheckNewName(newParent, newName, out Node directory);
                if (error != FsError.None)
                    return error;
                if (!_nodes.TryGet(inode, out Node node))
                    return FsError.Stale;
                if (node.Record.IsDirectory)
                    return FsError.NotPermitted;
                if (node.Record.LinkCount >= Limits.LinkCountMax)
                    return FsError.TooManyLinks;
                long now = Now;
                node.Record.LinkCount++;
                node.Record.ChangeTime = now;
                _nodes.MarkDirty(node);
                _metadata.Entries.Insert(newParent, newName, inode, node.Record.Mode);
                Touch(directory, now);
                return HandOut(node, out attributes);
            }
    }

    public FsError Unlink(InodeNumber parent, ReadOnlySpan<byte> name) => RemoveEntry(parent, name, isDirectory: false);

    public FsError RemoveDirectory(InodeNumber parent, ReadOnlySpan<byte> name) =>
        RemoveEntry(parent, name, isDirectory: true);

    private FsError RemoveEntry(InodeNumber parent, ReadOnlySpan<byte> name, bool isDirectory)
    {
        FsError error = EnterChange();
        if (error != FsError.None)
            return error;
        using (_gate.EnterChange())
        {
            Node node;
            lock (_treeLock)
            {
                if (!TryGetEntry(parent, name, out node, out error))
                    return error;
                if (node.Record.IsDirectory != isDirectory)
                    return isDirectory ? FsError.NotADirectory : FsError.IsADirectory;
                if (isDirectory && !_metadata.Entries.IsEmpty(node.Number))
                    return FsError.DirectoryNotEmpty;
                _nodes.TryGet(parent, out Node directory);
                long now = Now;
                _metadata.Entries.Remove(parent, name);
                DropLink(node, directory, now);
                Touch(directory, now);
            }

            Reap(node);
            return FsError.None;
        }
    }

    // Takes a name's share of the link count away; a directory loses its own two, and its parent one.
    private void DropLink(Node node, Node directory, long now)
    {
        if (node.Record.IsDirectory)
        {
            node.Record.LinkCount = 0;
            // A directory without a name of its own has no links to count (a replaced tree that is taken apart).
            if (directory.Record.LinkCount > 0)
                directory.Record.LinkCount--;
        }
        else
        {
            node.Record.LinkCount--;
        }

        node.Record.ChangeTime = now;
        _nodes.MarkDirty(node);
    }

    private FsError CreateEntry(InodeNumber parent, ReadOnlySpan<byte> name, in NewInode request,
        ReadOnlySpan<byte> target, out InodeRecord inode)
    {
        inode = default;
        FsError error = EnterGrowth(0);
        if (error != FsError.None)
            return error;
        using (_gate.EnterChange())
            lock (_treeLock)
            {
                error = CheckNewName(parent, name, out Node directory);
                if (error != FsError.None)
                    return error;
                Node node = NewNode(directory, request);
                if (node.Record.IsDirectory)
                {
                    node.Record.LinkCount = 2;
                    node.Record.Parent = parent;
                    directory.Record.LinkCount++;
                }
                else if (InodeMode.IsSymbolicLink(node.Record.Mode))
                {
                    node.Record.Size = target.Length;
                    _metadata.Symlinks.Insert(node.Number, target);
                }

                _metadata.Entries.Insert(parent, name, node.Number, node.Record.Mode);
                Touch(directory, node.Record.ChangeTime);
                return HandOut(node, out inode);
            }
    }

    private FsError CheckNewName(InodeNumber parent, ReadOnlySpan<byte> name, out Node directory)
    {
        FsError error = TryGetDirectory(parent, out directory);
        if (error != FsError.None)
            return error;
        if (directory.Record.LinkCount == 0)
            return FsError.NotFound;
        if (name.Length > Limits.NameBytesMax)
            return FsError.NameTooLong;
        if (name.IsEmpty || name.IndexOfAny((byte)'/', (byte)0) >= 0 || name.SequenceEqual("."u8) ||
            name.SequenceEqual(".."u8))
            return FsError.InvalidName;
        if (_metadata.Entries.TryFind(parent, name, out _))
            return FsError.AlreadyExists;
        return _metadata.Entries.HasRoom(parent, name) ? FsError.None : FsError.OutOfSpace;
    }

    private Node NewNode(Node directory, in NewInode request)
    {
        long now = Now;
        var record = new InodeRecord
        {
            Number = _metadata.Inodes.Allocate(),
            Mode = request.Mode,
            Uid = request.Credentials.Uid,
            Gid = request.Credentials.Gid,
            LinkCount = 1,
            Device = InodeMode.IsDevice(request.Mode) ? request.Device : 0,
            AccessTime = now,
            ModifyTime = now,
            ChangeTime = now,
            BirthTime = now,
        };
        if ((directory.Record.Mode & InodeMode.SetGroupId) != 0)
        {
            record.Gid = directory.Record.Gid;
            if (record.IsDirectory)
                record.Mode |= InodeMode.SetGroupId;
        }

        ShapeMode(directory, ref record, request.Umask);
        return _nodes.Add(record);
    }

    // A default ACL takes the umask's place and is inherited; links have no mode of their own.
    private void ShapeMode(Node directory, ref InodeRecord record, int umask)
    {
        if (InodeMode.IsSymbolicLink(record.Mode))
            return;
        if ((directory.Record.Flags & InodeFlags.HasDefaultAcl) == 0 ||
            ReadXattr(directory, PosixAcl.DefaultName) is not { } acl)
        {
            record.Mode &= ~(umask & 0x1FF);
            return;
        }

        if (record.IsDirectory)
        {
            _metadata.Xattrs.Set(record.Number, PosixAcl.DefaultName, acl);
            record.Flags |= InodeFlags.HasXattrs | InodeFlags.HasDefaultAcl;
        }

        record.Mode = PosixAcl.Inherit(acl, record.Mode);
        if (PosixAcl.IsMinimal(acl))
            return;
        _metadata.Xattrs.Set(record.Number, PosixAcl.AccessName, acl);
        record.Flags |= InodeFlags.HasXattrs | InodeFlags.HasAccessAcl;
    }

    private readonly record struct NewInode(int Mode, int Umask, uint Device, Credentials Credentials);
}
