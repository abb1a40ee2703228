using Hartfs.Core;
using Hartfs.Format;
using Hartfs.Fuse.Protocol;

namespace Hartfs.Fuse.Operations;

/// <summary>Attributes and extended attributes.</summary>
internal sealed partial class FuseOperations
{
    /// <summary>GETATTR. A handle may come with it; all state is per inode.</summary>
    public Errno GetAttributes(ref FuseRequest request, FuseReply reply)
    {
        FsError error = _fileSystem.GetAttributes(Node(request), out InodeRecord inode);
        if (error != FsError.None)
            return ErrnoMap.ToErrno(error);
        reply.Add(AttributeCodec.ToAttrOut(inode));
        return Errno.None;
    }

    /// <summary>STATX: asked only for birth times.</summary>
    public Errno GetExtendedAttributes(ref FuseRequest request, FuseReply reply)
    {
        FsError error = _fileSystem.GetAttributes(Node(request), out InodeRecord inode);
        if (error != FsError.None)
            return ErrnoMap.ToErrno(error);
        reply.Add(AttributeCodec.ToStatX(inode));
        return Errno.None;
    }

    /// <summary>
    /// SETATTR: chmod, chown, truncate, utimens in one; also the kernel's own times of a file it wrote back.
    /// </summary>
    public Errno SetAttributes(ref FuseRequest request, FuseReply reply)
    {
        if (!request.TryTake(out FuseSetAttrIn body))
            return Malformed;
        if ((body.Valid & FuseSetAttrFlags.Size) != 0 && body.Size > long.MaxValue)
            return Errno.EFBIG;
        AttributeChange change = AttributeCodec.ToChange(body, _fileSystem.Now);
        FsError error = _fileSystem.SetAttributes(Node(request), change, out InodeRecord inode);
        if (error != FsError.None)
            return ErrnoMap.ToErrno(error);
        reply.Add(AttributeCodec.ToAttrOut(inode));
        return Errno.None;
    }

    /// <summary>GETXATTR: with size 0 the length alone.</summary>
    public Errno GetXattr(ref FuseRequest request, FuseReply reply)
    {
        if (!request.TryTake(out FuseGetXattrIn body) || !request.TryTakeName(out ReadOnlySpan<byte> name))
            return Malformed;
        FsError error = _fileSystem.GetXattr(Node(request), name, XattrRoom(body.Size, reply), out int length);
        return ReplyXattr(error, body.Size, length, reply);
    }

    /// <summary>LISTXATTR: with size 0 the length alone.</summary>
    public Errno ListXattrs(ref FuseRequest request, FuseReply reply)
    {
        if (!request.TryTake(out FuseGetXattrIn body))
            return Malformed;
        FsError error = _fileSystem.ListXattrs(Node(request), XattrRoom(body.Size, reply), out int length);
        return ReplyXattr(error, body.Size, length, reply);
    }

    /// <summary>SETXATTR. The structure is longer once FUSE_SETXATTR_EXT is agreed.</summary>
    public Errno SetXattr(ref FuseRequest request)
    {
        FuseSetXattrIn body = default;
        if (Connection.Has(FuseInitFlags.SetXattrExt))
        {
            if (!request.TryTake(out body))
                return Malformed;
        }
        else
        {
            if (!request.TryTake(out FuseSetXattrCompatIn compat))
                return Malformed;
            (body.Size, body.Flags) = (compat.Size, compat.Flags);
        }
        if (!request.TryTakeName(out ReadOnlySpan<byte> name) ||
            !request.TryTakeBytes(body.Size, out ReadOnlySpan<byte> value))
            return Malformed;
        XattrMode? mode = body.Flags switch
        {
            0 => XattrMode.CreateOrReplace,
            FuseConstants.XattrCreate => XattrMode.CreateOnly,
            FuseConstants.XattrReplace => XattrMode.ReplaceOnly,
            _ => null,
        };
        bool killSetGroupId = (body.SetXattrFlags & FuseConstants.SetXattrAclKillSgid) != 0;
        return mode is null ? Errno.EINVAL
            : ErrnoMap.ToErrno(_fileSystem.SetXattr(Node(request), name, value, mode.Value, killSetGroupId));
    }

    /// <summary>REMOVEXATTR.</summary>
    public Errno RemoveXattr(ref FuseRequest request) => request.TryTakeName(out ReadOnlySpan<byte> name)
        ? ErrnoMap.ToErrno(_fileSystem.RemoveXattr(Node(request), name)) : Malformed;

    private static Span<byte> XattrRoom(uint size, FuseReply reply) =>
        reply.Body[..(int)Math.Min(size, (uint)reply.Body.Length)];

    private static Errno ReplyXattr(FsError error, uint size, int length, FuseReply reply)
    {
        if (error != FsError.None)
            return ErrnoMap.ToErrno(error);
        if (size == 0)
            reply.Add(new FuseGetXattrOut { Size = (uint)length });
        else if ((uint)length > size)
            return Errno.ERANGE;
        else
            reply.Length = length;
        return Errno.None;
    }
}
