using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Testing.Modelling;

public sealed partial class ReferenceFileSystem
{
    private const long DayNanoseconds = 86_400_000_000_000;

    public FsError Read(InodeNumber inode, long offset, Span<byte> buffer, out int count)
    {
        count = 0;
        if (FindFile(inode, out ReferenceNode node) is var error and not FsError.None) return error;
        if (offset < 0) return FsError.InvalidArgument;
        count = (int)Math.Clamp(node.Record.Size - offset, 0, buffer.Length);
        node.Data.Read(offset, buffer[..count]);
        TouchAccess(node);
        return FsError.None;
    }

    public FsError Write(InodeNumber inode, long offset, ReadOnlySpan<byte> bytes, bool killPrivileges,
        bool stampTimes)
    {
        if (offset < 0) return FsError.InvalidArgument;
        if (bytes.Length > Limits.FileSizeMax - offset) return FsError.FileTooLarge;
        if (bytes.IsEmpty) return FsError.None;
        if (FindFile(inode, out ReferenceNode node) is var error and not FsError.None) return error;
        node.Data.Write(offset, bytes);
        node.Record.Size = Math.Max(node.Record.Size, offset + bytes.Length);
        if (killPrivileges) KillPrivileges(node);
        if (stampTimes) Modified(node);
        return FsError.None;
    }

    public FsError Flush(InodeNumber inode) => Find(inode, out _);

    public FsError Synchronize(InodeNumber inode) => Find(inode, out _);

    public FsError Allocate(InodeNumber inode, AllocateMode mode, long offset, long length)
    {
        if (offset < 0 || length <= 0) return FsError.InvalidArgument;
        if (length > Limits.FileSizeMax - offset) return FsError.FileTooLarge;
        if (FindFile(inode, out ReferenceNode node) is var error and not FsError.None) return error;
        long end = offset + length;
        if (mode is AllocateMode.PunchHole or AllocateMode.ZeroRange or AllocateMode.ZeroRangeKeepSize)
            node.Data.Clear(offset, end);
        if (mode is AllocateMode.Extend or AllocateMode.ZeroRange)
            node.Record.Size = Math.Max(node.Record.Size, end);
        Modified(node);
        return FsError.None;
    }

    /// <summary>
    /// The tightest answer: data begins at the first byte that is not zero. The product may answer earlier.
    /// </summary>
    public FsError Seek(InodeNumber inode, long offset, bool data, out long position)
    {
        position = offset;
        if (FindFile(inode, out ReferenceNode node) is var error and not FsError.None) return error;
        if (offset < 0 || offset >= node.Record.Size) return FsError.NoMoreData;
        if (!data) return FsError.None;
        position = node.Data.NextNonZero(offset);
        return position < 0 ? FsError.NoMoreData : FsError.None;
    }

    public FsError CopyRange(InodeNumber source, long sourceOffset, InodeNumber target, long targetOffset,
        long length, out long copied)
    {
        copied = 0;
        if (FindFile(source, out ReferenceNode from) is var error and not FsError.None) return error;
        if (FindFile(target, out ReferenceNode to) is var failure and not FsError.None) return failure;
        if (sourceOffset < 0 || targetOffset < 0 || length < 0) return FsError.InvalidArgument;
        long count = Math.Clamp(from.Record.Size - sourceOffset, 0, length);
        if (count > Limits.FileSizeMax - targetOffset) return FsError.FileTooLarge;
        if (from == to && sourceOffset < targetOffset + count && targetOffset < sourceOffset + count)
            return FsError.InvalidArgument;
        if (count == 0) return FsError.None;
        from.Data.CopyTo(sourceOffset, to.Data, targetOffset, count);
        to.Record.Size = Math.Max(to.Record.Size, targetOffset + count);
        Modified(to);
        TouchAccess(from);
        copied = count;
        return FsError.None;
    }

    /// <summary>relatime: the access time follows when it is not newer than a change, or a day old.</summary>
    private void TouchAccess(ReferenceNode node)
    {
        long now = _now();
        ref InodeRecord record = ref node.Record;
        if (record.AccessTime <= record.ModifyTime || record.AccessTime <= record.ChangeTime ||
            now - record.AccessTime >= DayNanoseconds)
            record.AccessTime = now;
    }

    private FsError FindFile(InodeNumber number, out ReferenceNode node)
    {
        if (Find(number, out node) is var error and not FsError.None) return error;
        if (node.Record.IsRegularFile) return FsError.None;
        return node.Record.IsDirectory ? FsError.IsADirectory : FsError.InvalidArgument;
    }
}
