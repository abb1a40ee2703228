using Hartfs.Core.Files;
using Hartfs.Core.Snapshots;
using Hartfs.Format;
using Hartfs.Metadata;

namespace Hartfs.Core;

/// <summary>Bytes of regular files.</summary>
public sealed partial class FileSystem
{
    /// <summary>Reads; <paramref name="count"/> is less than asked only at the end of the file.</summary>
    public FsError Read(InodeNumber inode, long offset, Span<byte> buffer, out int count)
    {
        count = 0;
        FsError error = TryGetFile(inode, out Node node, out FileData data);
        if (error != FsError.None)
            return error;
        if (offset < 0)
            return FsError.InvalidArgument;
        long size = Volatile.Read(ref node.Record.Size);
        if (offset >= size || buffer.IsEmpty)
            return FsError.None;
        int wanted = (int)Math.Min(buffer.Length, size - offset);
        try
        {
            error = _volume.Reader.Read(node, data, offset, buffer[..wanted]);
        }
        catch (MetadataException failure) when (failure.Kind == MetadataFailure.Damaged)
        {
            // Told to the log, page and all, where it was found.
            error = FsError.CorruptData;
        }

        if (error != FsError.None)
            return error;
        count = wanted;
        NoteAccess(inode, node.Record);
        return FsError.None;
    }

    /// <summary>Writes all bytes or none. They are durable after <see cref="Synchronize"/>.</summary>
    /// <param name="killPrivileges">Clear set-user-id, set-group-id and capabilities.</param>
    /// <param name="stampTimes">False where the kernel keeps the times itself (writeback cache).</param>
    public FsError Write(InodeNumber inode, long offset, ReadOnlySpan<byte> bytes, bool killPrivileges,
        bool stampTimes)
    {
        if (offset < 0)
            return FsError.InvalidArgument;
        if (offset > Limits.FileSizeMax - bytes.Length)
            return FsError.FileTooLarge;
        FsError error = EnterGrowth(bytes.Length);
        if (error != FsError.None || bytes.IsEmpty)
            return error;
        error = _volume.Budget.Reserve(bytes.Length, _volume.Refusal);
        if (error != FsError.None)
            return error;
        long used = 0;
        try
        {
            using (_gate.EnterChange())
            {
                error = TryGetFile(inode, out Node node, out FileData data);
                if (error != FsError.None)
                    return error;
                lock (data.Lock)
                {
                    if (node.IsReaped)
                        return FsError.Stale;
                    used -= data.Dirty.CapacityBytes;
                    data.Dirty.Write(offset, bytes);
                    used += data.Dirty.CapacityBytes;
                    _volume.Queue.Enqueue(node);
                    lock (_treeLock)
                        NoteWritten(node, offset + bytes.Length, killPrivileges, stampTimes);
                }
            }
        }
        finally
        {
            _volume.Budget.Adjust(used - bytes.Length);
        }

        _volume.NoteDirty();
        return FsError.None;
    }

    private void NoteWritten(Node node, long end, bool killPrivileges, bool stampTimes)
    {
        if (end > node.Record.Size)
        {
            node.Record.Size = end;
            _nodes.MarkDirty(node);
        }

        if (killPrivileges)
            KillPrivileges(node);
        DropCapability(node);
        if (stampTimes)
            Touch(node, Now);
    }

    /// <summary>A close(2): reports what went wrong since the last one. Nothing becomes durable.</summary>
    public FsError Flush(InodeNumber inode)
    {
        lock (_treeLock)
            return _nodes.TryGet(inode, out _) ? _volume.Fatal : FsError.Stale;
    }

    /// <summary>fsync: everything acknowledged before this call is durable when it returns None.</summary>
    public FsError Synchronize(InodeNumber inode)
    {
        lock (_treeLock)
            if (!_nodes.TryGet(inode, out _))
                return FsError.Stale;
        return _volume.Commit();
    }

    /// <summary>fallocate. <paramref name="length"/> is at least 1.</summary>
    public FsError Allocate(InodeNumber inode, AllocateMode mode, long offset, long length)
    {
        if (offset < 0 || length <= 0)
            return FsError.InvalidArgument;
        if (offset > Limits.FileSizeMax - length)
            return FsError.FileTooLarge;
        FsError error = mode == AllocateMode.PunchHole ? EnterChange() : EnterGrowth(0);
        if (error != FsError.None)
            return error;
        using (_gate.EnterChange())
        {
            error = TryGetFile(inode, out Node node, out FileData data);
            if (error != FsError.None)
                return error;
            lock (data.DrainLock)
                lock (data.Lock)
                    lock (_treeLock)
                    {
                        if (mode is AllocateMode.PunchHole or AllocateMode.ZeroRange or AllocateMode.ZeroRangeKeepSize)
                            MakeHole(node, data, offset, length);
                        if (mode is AllocateMode.Extend or AllocateMode.ZeroRange && offset + length > node.Record.Size)
                            node.Record.Size = offset + length;
                        DropCapability(node);
                        Touch(node, Now);
                        return FsError.None;
                    }
        }
    }

    private void MakeHole(Node node, FileData data, long offset, long length)
    {
        long before = data.Dirty.CapacityBytes;
        data.Dirty.Remove(offset, offset + length);
        _volume.Budget.Adjust(data.Dirty.CapacityBytes - before);
        if (!node.IsNew)
            node.Record.AllocatedBytes += _metadata.Extents.Replace(node.Number, offset, length, []);
        data.Window.Invalidate();
    }

    /// <summary>SEEK_DATA (<paramref name="data"/> true) or SEEK_HOLE from an offset.</summary>
    public FsError Seek(InodeNumber inode, long offset, bool data, out long position)
    {
        position = 0;
        FsError error = TryGetFile(inode, out Node node, out FileData file);
        if (error != FsError.None)
            return error;
        if (EnterChange() == FsError.None)
            using (_gate.EnterChange())
                _volume.DrainAll(node, file);
        lock (file.Lock)
        {
            if (file.Dirty.IsEmpty)
                return _volume.Reader.Seek(node, file, offset, data, out position);

            // Written since, or not drainable: all of it may be data, and a file without holes is a true answer.
            long size = node.Record.Size;
            position = data ? offset : size;
            return offset < 0 || offset >= size ? FsError.NoMoreData : FsError.None;
        }
    }

    /// <summary>
    /// Copies a range by sharing its extents. <paramref name="copied"/> is short at the source's end.
    /// </summary>
    public FsError CopyRange(InodeNumber source, long sourceOffset, InodeNumber target, long targetOffset,
        long length, out long copied)
    {
        copied = 0;
        if (sourceOffset < 0 || targetOffset < 0 || length < 0)
            return FsError.InvalidArgument;
        FsError error = EnterGrowth(0);
        if (error != FsError.None)
            return error;
        using (_gate.EnterChange())
        {
            error = TryGetFile(source, out Node from, out FileData fromData);
            if (error != FsError.None)
                return error;
            error = TryGetFile(target, out Node to, out FileData toData);
            if (error != FsError.None)
                return error;
            return CopyLocked(from, fromData, to, toData, new CopyRequest(sourceOffset, targetOffset, length),
                out copied);
        }
    }

    private FsError CopyLocked(Node from, FileData fromData, Node to, FileData toData, CopyRequest request,
        out long copied)
    {
        copied = 0;
        bool isSame = ReferenceEquals(from, to);
        (FileData first, FileData second) = from.Number.Value <= to.Number.Value
            ? (fromData, toData)
            : (toData, fromData);
        lock (first.DrainLock)
            lock (isSame ? first.DrainLock : second.DrainLock)
            {
                // Taken first: bytes written while the drain runs are not part of the copy.
                long sourceSize = Volatile.Read(ref from.Record.Size);
                _volume.DrainAllLocked(from, fromData);
                if (!isSame)
                    _volume.DrainAllLocked(to, toData);
                lock (toData.Lock)
                    lock (_treeLock)
                    {
                        long available = Math.Min(sourceSize, from.Record.Size) - request.SourceOffset;
                        long length = Math.Min(request.Length, available);
                        if (length <= 0)
                            return FsError.None;
                        if (request.TargetOffset > Limits.FileSizeMax - length)
                            return FsError.FileTooLarge;
                        if (isSame && Math.Abs(request.SourceOffset - request.TargetOffset) < length)
                            return FsError.InvalidArgument;
                        _nodes.Store(from);
                        _nodes.Store(to);
                        to.Record.AllocatedBytes += _metadata.Extents.Copy(from.Number, request.SourceOffset, to.Number,
                            request.TargetOffset, length);
                        to.Record.Size = Math.Max(to.Record.Size, request.TargetOffset + length);
                        toData.Window.Invalidate();
                        DropCapability(to);
                        Touch(to, Now);
                        copied = length;
                        return FsError.None;
                    }
            }
    }

    /// <summary>As above, from a file in a snapshot.</summary>
    internal FsError CopyRange(SnapshotFileSystem past, InodeNumber source, long sourceOffset, InodeNumber target,
        long targetOffset, long length, out long copied)
    {
        copied = 0;
        if (sourceOffset < 0 || targetOffset < 0 || length < 0)
            return FsError.InvalidArgument;
        FsError error = past.TryGetFileSize(source, out long size);
        if (error == FsError.None)
            error = EnterGrowth(0);
        if (error != FsError.None)
            return error;
        length = Math.Min(length, size - sourceOffset);
        if (length <= 0)
            return FsError.None;
        if (targetOffset > Limits.FileSizeMax - length)
            return FsError.FileTooLarge;
        using (_gate.EnterChange())
        {
            error = TryGetFile(target, out Node to, out FileData toData);
            if (error != FsError.None)
                return error;
            lock (toData.DrainLock)
            {
                _volume.DrainAllLocked(to, toData);
                lock (toData.Lock)
                    lock (_treeLock)
                    {
                        // Of a snapshot deleted meanwhile a collection may have given up the bytes.
                        if (_metadata.Snapshots.Find(past.Snapshot.Id) is null)
                            return FsError.Stale;
                        _nodes.Store(to);
                        to.Record.AllocatedBytes += _metadata.Extents.Copy(SnapshotId.Strip(source), sourceOffset,
                            target, targetOffset, length, past.Reader);
                        to.Record.Size = Math.Max(to.Record.Size, targetOffset + length);
                        toData.Window.Invalidate();
                        DropCapability(to);
                        Touch(to, Now);
                        copied = length;
                        return FsError.None;
                    }
            }
        }
    }

    private readonly record struct CopyRequest(long SourceOffset, long TargetOffset, long Length);
}
