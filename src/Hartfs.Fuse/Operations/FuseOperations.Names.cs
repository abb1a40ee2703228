using Hartfs.Core;
using Hartfs.Format;
using Hartfs.Fuse.Protocol;

namespace Hartfs.Fuse.Operations;

/// <summary>Names: look-up, making, linking, removing, renaming.</summary>
internal sealed partial class FuseOperations
{
    /// <summary>LOOKUP. A missing name is answered as an entry without inode, which the kernel remembers.</summary>
    public Errno Lookup(ref FuseRequest request, FuseReply reply)
    {
        if (!request.TryTakeName(out ReadOnlySpan<byte> name))
            return Malformed;
        // Only open_by_handle_at and NFS ask for these (FUSE_EXPORT_SUPPORT).
        FsError error = name.SequenceEqual("."u8) ? _fileSystem.Reference(Node(request), out InodeRecord inode)
            : name.SequenceEqual(".."u8) ? _fileSystem.LookupParent(Node(request), out inode)
            : _fileSystem.Lookup(Node(request), name, out inode);
        if (error != FsError.NotFound || name[0] == '.' && name.Length <= 2 && name.TrimStart((byte)'.').IsEmpty)
            return ReplyEntry(error, inode, reply);
        reply.Add(new FuseEntryOut { EntryValid = AttributeCodec.ValidSeconds });
        return Errno.None;
    }

    /// <summary>MKNOD: regular files, fifos, sockets, devices.</summary>
    public Errno MakeNode(ref FuseRequest request, FuseReply reply)
    {
        if (!request.TryTake(out FuseMkNodIn body) || !request.TryTakeName(out ReadOnlySpan<byte> name))
            return Malformed;
        FsError error = _fileSystem.Create(Node(request), name, (int)body.Mode, (int)body.Umask, body.Device,
            Caller(request), out InodeRecord inode);
        return ReplyEntry(error, inode, reply);
    }

    /// <summary>MKDIR.</summary>
    public Errno MakeDirectory(ref FuseRequest request, FuseReply reply)
    {
        if (!request.TryTake(out FuseMkDirIn body) || !request.TryTakeName(out ReadOnlySpan<byte> name))
            return Malformed;
        FsError error = _fileSystem.MakeDirectory(Node(request), name, (int)body.Mode, (int)body.Umask,
            Caller(request), out InodeRecord inode);
        return ReplyEntry(error, inode, reply);
    }

    /// <summary>SYMLINK.</summary>
    public Errno MakeSymbolicLink(ref FuseRequest request, FuseReply reply)
    {
        if (!request.TryTakeName(out ReadOnlySpan<byte> name) || !request.TryTakeName(out ReadOnlySpan<byte> target))
            return Malformed;
        FsError error = _fileSystem.MakeSymbolicLink(
            Node(request), name, target, Caller(request), out InodeRecord inode);
        return ReplyEntry(error, inode, reply);
    }

    /// <summary>READLINK.</summary>
    public Errno ReadSymbolicLink(ref FuseRequest request, FuseReply reply)
    {
        FsError error = _fileSystem.ReadSymbolicLink(Node(request), out byte[] target);
        if (error != FsError.None)
            return ErrnoMap.ToErrno(error);
        reply.Add(target);
        return Errno.None;
    }

    /// <summary>LINK: the header names the new directory, the body the inode.</summary>
    public Errno Link(ref FuseRequest request, FuseReply reply)
    {
        if (!request.TryTake(out FuseLinkIn body) || !request.TryTakeName(out ReadOnlySpan<byte> name))
            return Malformed;
        FsError error = _fileSystem.Link(Node(body.OldNodeId), Node(request), name, out InodeRecord inode);
        return ReplyEntry(error, inode, reply);
    }

    /// <summary>UNLINK.</summary>
    public Errno Unlink(ref FuseRequest request) => request.TryTakeName(out ReadOnlySpan<byte> name)
        ? ErrnoMap.ToErrno(_fileSystem.Unlink(Node(request), name)) : Malformed;

    /// <summary>RMDIR.</summary>
    public Errno RemoveDirectory(ref FuseRequest request) => request.TryTakeName(out ReadOnlySpan<byte> name)
        ? ErrnoMap.ToErrno(_fileSystem.RemoveDirectory(Node(request), name)) : Malformed;

    /// <summary>RENAME.</summary>
    public Errno Rename(ref FuseRequest request) => request.TryTake(out FuseRenameIn body)
        ? Rename(ref request, Node(body.NewDirectory), 0) : Malformed;

    /// <summary>RENAME2: with flags.</summary>
    public Errno Rename2(ref FuseRequest request) => request.TryTake(out FuseRename2In body)
        ? Rename(ref request, Node(body.NewDirectory), body.Flags) : Malformed;

    private Errno Rename(ref FuseRequest request, InodeNumber newParent, uint flags)
    {
        if (!request.TryTakeName(out ReadOnlySpan<byte> oldName) ||
            !request.TryTakeName(out ReadOnlySpan<byte> newName))
            return Malformed;
        RenameMode? mode = flags switch
        {
            0 => RenameMode.Replace,
            FuseConstants.RenameNoReplace => RenameMode.NoReplace,
            FuseConstants.RenameExchange => RenameMode.Exchange,
            // With NOREPLACE beside it the VFS has looked for the target already.
            FuseConstants.RenameWhiteout or (FuseConstants.RenameWhiteout | FuseConstants.RenameNoReplace) =>
                RenameMode.Whiteout,
            _ => null,
        };
        return mode is null ? Errno.EINVAL
            : ErrnoMap.ToErrno(_fileSystem.Rename(Node(request), oldName, newParent, newName, mode.Value));
    }
}
