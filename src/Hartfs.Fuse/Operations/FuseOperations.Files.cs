using Hartfs.Core;
using Hartfs.Format;
using Hartfs.Fuse.Protocol;

namespace Hartfs.Fuse.Operations;

/// <summary>The contents of files and directories.</summary>
internal sealed partial class FuseOperations
{
    /// <summary>Most bytes of one COPY_FILE_RANGE: glibc 2.41 cuts larger results to 31 bits.</summary>
    private const long CopyBytesMax = (1L << 31) - 4096;

    private const int SeekRoundsMax = 1000;

    /// <summary>TMPFILE: a regular file without a name. The message is a CREATE's.</summary>
    public Errno CreateUnnamed(ref FuseRequest request, FuseReply reply)
    {
        if (!request.TryTake(out FuseCreateIn body))
            return Malformed;
        FsError error = _fileSystem.CreateUnnamed(
            Node(request), (int)body.Mode, (int)body.Umask, Caller(request), out InodeRecord inode);
        if (error != FsError.None)
            return ErrnoMap.ToErrno(error);
        LookupLimit?.Add((ulong)inode.Number.Value);
        reply.Add(AttributeCodec.ToEntry(inode));
        reply.Add(new FuseOpenOut { OpenFlags = FuseConstants.OpenKeepCache });
        return Errno.None;
    }

    /// <summary>READ, straight into the reply. Short only at the file's end.</summary>
    public Errno Read(ref FuseRequest request, FuseReply reply)
    {
        if (!request.TryTake(out FuseReadIn body))
            return Malformed;
        if (body.Size > (uint)reply.Body.Length || body.Offset > long.MaxValue)
            return Errno.EINVAL;
        FsError error = _fileSystem.Read(
            Node(request), (long)body.Offset, reply.Body[..(int)body.Size], out int count);
        if (error != FsError.None)
            return ErrnoMap.ToErrno(error);
        reply.Length = count;
        return Errno.None;
    }

    /// <summary>
    /// WRITE. The offset is final even for O_APPEND, and a write-back may come after the file's last close. With
    /// the write-back cache the kernel owns the times and sends them by SETATTR.
    /// </summary>
    public Errno Write(ref FuseRequest request, FuseReply reply)
    {
        if (!request.TryTake(out FuseWriteIn body) || !request.TryTakeBytes(body.Size, out ReadOnlySpan<byte> bytes))
            return Malformed;
        if (body.Offset > long.MaxValue || body.Size > long.MaxValue - body.Offset)
            return Errno.EFBIG;
        bool killPrivileges = (body.WriteFlags & FuseConstants.WriteKillSuidGid) != 0;
        FsError error = _fileSystem.Write(
            Node(request), (long)body.Offset, bytes, killPrivileges, stampTimes: !Connection.WritebackCache);
        if (error != FsError.None)
            return ErrnoMap.ToErrno(error);
        reply.Add(new FuseWriteOut { Size = body.Size });
        return Errno.None;
    }

    /// <summary>FLUSH: a close(2).</summary>
    public Errno Flush(ref FuseRequest request) => ErrnoMap.ToErrno(_fileSystem.Flush(Node(request)));

    /// <summary>
    /// FSYNC and FSYNCDIR. fdatasync is served the same way: size and extents are one commit with the times.
    /// </summary>
    public Errno Synchronize(ref FuseRequest request) => ErrnoMap.ToErrno(_fileSystem.Synchronize(Node(request)));

    /// <summary>FALLOCATE: the modes the kernel forwards.</summary>
    public Errno Allocate(ref FuseRequest request)
    {
        if (!request.TryTake(out FuseFAllocateIn body))
            return Malformed;
        if (body.Length is 0 or > long.MaxValue || body.Offset > long.MaxValue)
            return Errno.EINVAL;
        if (body.Length > long.MaxValue - body.Offset)
            return Errno.EFBIG;
        AllocateMode? mode = body.Mode switch
        {
            0 => AllocateMode.Extend,
            FuseConstants.FallocKeepSize => AllocateMode.KeepSize,
            FuseConstants.FallocPunchHole | FuseConstants.FallocKeepSize => AllocateMode.PunchHole,
            FuseConstants.FallocZeroRange => AllocateMode.ZeroRange,
            FuseConstants.FallocZeroRange | FuseConstants.FallocKeepSize => AllocateMode.ZeroRangeKeepSize,
            _ => null,
        };
        return mode is null ? Errno.EOPNOTSUPP
            : ErrnoMap.ToErrno(
                _fileSystem.Allocate(Node(request), mode.Value, (long)body.Offset, (long)body.Length));
    }

    /// <summary>LSEEK: SEEK_DATA and SEEK_HOLE; the kernel serves the others itself.</summary>
    public Errno Seek(ref FuseRequest request, FuseReply reply)
    {
        if (!request.TryTake(out FuseLSeekIn body))
            return Malformed;
        if (body.Whence is not (FuseConstants.SeekData or FuseConstants.SeekHole) || body.Offset > long.MaxValue)
            return Errno.EINVAL;
        FsError error = body.Whence == FuseConstants.SeekData
            ? SeekData(Node(request), (long)body.Offset, out long position)
            : SeekHole(Node(request), (long)body.Offset, out position);
        if (error != FsError.None)
            return ErrnoMap.ToErrno(error);
        reply.Add(new FuseLSeekOut { Offset = (ulong)position });
        return Errno.None;
    }

    // The kernel forwards LSEEK without writing back first, so what looks like a hole here may be dirty pages there
    // (and cp would copy zeros). Holes in an answer are therefore written back and looked at again.

    private FsError SeekData(InodeNumber inode, long offset, out long position)
    {
        FsError error = _fileSystem.Seek(inode, offset, data: true, out position);
        bool skipsHole = error == FsError.NoMoreData || (error == FsError.None && position > offset);
        if (!skipsHole || !Connection.WritebackCache)
            return error;
        WriteBack?.Invoke(inode, offset, error == FsError.None ? position - offset : 0);
        return _fileSystem.Seek(inode, offset, data: true, out position);
    }

    private FsError SeekHole(InodeNumber inode, long offset, out long position)
    {
        FsError error = _fileSystem.Seek(inode, offset, data: false, out position);
        for (int round = 0; round < SeekRoundsMax && Connection.WritebackCache; round++)
        {
            if (error is not (FsError.None or FsError.NoMoreData))
                return error;
            long hole = error == FsError.None ? position : offset;
            bool ends = _fileSystem.Seek(inode, hole, data: true, out long next) == FsError.None && next > hole;
            WriteBack?.Invoke(inode, hole, ends ? next - hole : 0);
            error = _fileSystem.Seek(inode, offset, data: false, out position);
            if (error == FsError.NoMoreData || position == hole)
                return error;
        }
        // Somebody fills holes as fast as we look: "no hole before the end" is always a right answer.
        if (error == FsError.None && Connection.WritebackCache &&
            _fileSystem.GetAttributes(inode, out InodeRecord attributes) == FsError.None)
            position = Math.Max(position, attributes.Size);
        return error;
    }

    /// <summary>COPY_FILE_RANGE: extents are shared, no data moves. The 64-bit form has its own reply.</summary>
    public Errno CopyRange(ref FuseRequest request, FuseReply reply)
    {
        if (!request.TryTake(out FuseCopyFileRangeIn body))
            return Malformed;
        if (body.Flags != 0 || body.SourceOffset > long.MaxValue || body.TargetOffset > long.MaxValue)
            return Errno.EINVAL;
        long length = (long)Math.Min(body.Length, CopyBytesMax);
        FsError error = _fileSystem.CopyRange(Node(request), (long)body.SourceOffset, Node(body.TargetNodeId),
            (long)body.TargetOffset, length, out long copied);
        if (error != FsError.None)
            return ErrnoMap.ToErrno(error);
        if (request.Header.Opcode == FuseOpcode.CopyFileRange64)
            reply.Add(new FuseCopyFileRangeOut { Length = (ulong)copied });
        else
            reply.Add(new FuseWriteOut { Size = (uint)copied });
        return Errno.None;
    }

    /// <summary>READDIR and READDIRPLUS.</summary>
    public Errno ReadDirectory(ref FuseRequest request, FuseReply reply)
    {
        if (!request.TryTake(out FuseReadIn body))
            return Malformed;
        bool plus = request.Header.Opcode == FuseOpcode.ReadDirPlus;
        int room = (int)Math.Min(body.Size, (uint)reply.Body.Length);
        var writer = new DirectoryWriter(reply.Body[..room], plus, LookupLimit);
        FsError error = _fileSystem.ReadDirectory(Node(request), (long)body.Offset, plus, ref writer);
        if (error != FsError.None)
            return ErrnoMap.ToErrno(error);
        reply.Length = writer.Length;
        return Errno.None;
    }
}
