using Hartfs.Core.Files;
using Hartfs.Format;
using Hartfs.Metadata.Snapshots;
using Hartfs.Metadata.Tables;

namespace Hartfs.Core.Snapshots;

/// <summary>One snapshot, read-only: the tree as it was when its epoch ended.</summary>
/// <remarks>
/// Unlinked files that were open then are not in it. Mounted alone, its inodes have their own numbers; below
/// <c>.snapshots</c> they carry the snapshot's number as well (<see cref="SnapshotId.Place"/>).
/// </remarks>
public sealed class SnapshotFileSystem : ReadOnlyFileSystem
{
    /// <summary>Inodes kept with what was last read of them.</summary>
    private const int NodesMax = 1024;

    private const long SelfCookie = 1;
    private const long ParentCookie = 2;

    private readonly Volume _volume;
    private readonly SnapshotReader _reader;
    private readonly SnapshotId _place;

    // guards: the tree lock, as everything below; a reader may go on with a node that was dropped: nothing changes
    private readonly Dictionary<long, Node> _nodes = [];

    /// <param name="isPlaced">Whether inode numbers carry the snapshot's.</param>
    internal SnapshotFileSystem(Volume volume, SnapshotRecord snapshot, bool isPlaced)
    {
        _volume = volume;
        Snapshot = snapshot;
        _place = isPlaced ? snapshot.Id : default;
        lock (volume.TreeLock)
            _reader = volume.Metadata.ReadEpoch(snapshot.Epoch);
    }

    /// <summary>The rows it is made of. Under the tree lock.</summary>
    internal SnapshotReader Reader => _reader;

    /// <summary>Which snapshot it is.</summary>
    public SnapshotRecord Snapshot { get; }

    /// <inheritdoc/>
    public override long Now => _volume.FileSystem.Now;

    /// <inheritdoc/>
    public override FsError Lookup(InodeNumber parent, ReadOnlySpan<byte> name, out InodeRecord inode)
    {
        inode = default;
        lock (_volume.TreeLock)
        {
            FsError error = TryGetDirectory(parent, out _);
            if (error != FsError.None)
                return error;
            if (name.Length > Limits.NameBytesMax)
                return FsError.NameTooLong;
            if (!_reader.TryFind(SnapshotId.Strip(parent), name, out Entry entry))
                return FsError.NotFound;
            return TryGet(entry.Inode, out inode) ? FsError.None : FsError.CorruptMetadata;
        }
    }

    /// <inheritdoc/>
    public override FsError LookupParent(InodeNumber directory, out InodeRecord inode)
    {
        inode = default;
        lock (_volume.TreeLock)
        {
            FsError error = TryGetDirectory(directory, out InodeRecord record);
            if (error != FsError.None)
                return error;
            return TryGet(SnapshotId.Strip(record.Parent), out inode) ? FsError.None : FsError.Stale;
        }
    }

    /// <inheritdoc/>
    public override FsError GetAttributes(InodeNumber inode, out InodeRecord attributes)
    {
        lock (_volume.TreeLock)
            return TryGet(SnapshotId.Strip(inode), out attributes) ? FsError.None : FsError.Stale;
    }

    /// <inheritdoc/>
    public override FsError GetSpace(out SpaceReport report)
    {
        FsError error = _volume.FileSystem.GetSpace(out report);
        report = report with { FreeBlocks = 0, InodeCount = Snapshot.InodeCount, FreeInodes = 0 };
        return error;
    }

    /// <inheritdoc/>
    public override FsError ReadSymbolicLink(InodeNumber inode, out byte[] target)
    {
        target = [];
        lock (_volume.TreeLock)
        {
            if (!TryGet(SnapshotId.Strip(inode), out InodeRecord record))
                return FsError.Stale;
            if (!InodeMode.IsSymbolicLink(record.Mode))
                return FsError.InvalidArgument;
            if (_reader.GetSymlink(SnapshotId.Strip(inode)) is not { } bytes)
                return FsError.CorruptMetadata;
            target = bytes;
            return FsError.None;
        }
    }

    /// <inheritdoc/>
    public override FsError ReadDirectory<TSink>(InodeNumber directory, long cookie, bool withAttributes,
        ref TSink sink)
    {
        lock (_volume.TreeLock)
        {
            FsError error = TryGetDirectory(directory, out InodeRecord record);
            if (error != FsError.None)
                return error;
            if (cookie < SelfCookie && !sink.Add("."u8, SelfCookie, record))
                return FsError.None;
            if (cookie < ParentCookie && TryGet(SnapshotId.Strip(record.Parent), out InodeRecord parent) &&
                !sink.Add(".."u8, ParentCookie, parent))
                return FsError.None;
            return ListEntries(SnapshotId.Strip(directory), Math.Max(cookie, ParentCookie), withAttributes, ref sink);
        }
    }

    /// <inheritdoc/>
    public override FsError Read(InodeNumber inode, long offset, Span<byte> buffer, out int count)
    {
        count = 0;
        FsError error = TryGetFile(inode, out Node node, out FileData data);
        if (error != FsError.None)
            return error;
        if (offset < 0)
            return FsError.InvalidArgument;
        long size = node.Record.Size;
        if (offset >= size || buffer.IsEmpty)
            return FsError.None;
        int wanted = (int)Math.Min(buffer.Length, size - offset);
        error = _volume.Reader.Read(node, data, offset, buffer[..wanted]);
        if (error == FsError.None && IsGone())
            error = FsError.Stale;
        count = error == FsError.None ? wanted : 0;
        return error;
    }

    /// <inheritdoc/>
    public override FsError Seek(InodeNumber inode, long offset, bool data, out long position)
    {
        position = 0;
        FsError error = TryGetFile(inode, out Node node, out FileData file);
        if (error != FsError.None)
            return error;
        lock (file.Lock)
            return _volume.Reader.Seek(node, file, offset, data, out position);
    }

    /// <inheritdoc/>
    public override FsError GetXattr(InodeNumber inode, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        length = 0;
        lock (_volume.TreeLock)
        {
            if (!TryGet(SnapshotId.Strip(inode), out InodeRecord record))
                return FsError.Stale;
            if ((record.Flags & InodeFlags.HasXattrs) == 0 ||
                !_reader.TryGetXattr(SnapshotId.Strip(inode), name, buffer, out length))
                return FsError.NoSuchAttribute;
            return !buffer.IsEmpty && length > buffer.Length ? FsError.BufferTooSmall : FsError.None;
        }
    }

    /// <inheritdoc/>
    public override FsError ListXattrs(InodeNumber inode, Span<byte> buffer, out int length)
    {
        length = 0;
        lock (_volume.TreeLock)
        {
            if (!TryGet(SnapshotId.Strip(inode), out InodeRecord record))
                return FsError.Stale;
            if ((record.Flags & InodeFlags.HasXattrs) == 0)
                return FsError.None;
            using XattrCursor names = _reader.ListXattrs(SnapshotId.Strip(inode));
            length = FileSystem.CopyNames(names, buffer);
            return !buffer.IsEmpty && length > buffer.Length ? FsError.BufferTooSmall : FsError.None;
        }
    }

    /// <summary>The size of a regular file.</summary>
    internal FsError TryGetFileSize(InodeNumber inode, out long size)
    {
        FsError error = TryGetFile(inode, out Node node, out _);
        size = error == FsError.None ? node.Record.Size : 0;
        return error;
    }

    // Deleted while a request was under way: rows may have been pruned, and their ranges look like holes.
    private bool IsGone()
    {
        lock (_volume.TreeLock)
            return Snapshot.Id != default && _volume.Metadata.Snapshots.Find(Snapshot.Id) is null;
    }

    private FsError ListEntries<TSink>(InodeNumber directory, long cookie, bool withAttributes, ref TSink sink)
        where TSink : IDirectorySink, allows ref struct
    {
        using EntryCursor entries = _reader.List(directory, cookie);
        while (entries.MoveNext())
        {
            Entry entry = entries.Current;
            var inode = new InodeRecord { Number = _place.Place(entry.Inode), Mode = entry.Type };
            if (withAttributes && !TryGet(entry.Inode, out inode))
                return FsError.CorruptMetadata;
            if (!sink.Add(entries.Name, entry.Cookie, inode))
                break;
        }

        return FsError.None;
    }

    private FsError TryGetDirectory(InodeNumber inode, out InodeRecord record)
    {
        if (!TryGet(SnapshotId.Strip(inode), out record))
            return FsError.Stale;
        return record.IsDirectory ? FsError.None : FsError.NotADirectory;
    }

    // What had no name was not in the tree.
    private bool TryGet(InodeNumber inode, out InodeRecord record)
    {
        if (!_reader.TryGetInode(inode, out record) || record.LinkCount == 0)
            return false;
        record.Number = _place.Place(inode);
        if (record.Parent != default)
            record.Parent = _place.Place(record.Parent);
        return true;
    }

    private FsError TryGetFile(InodeNumber inode, out Node node, out FileData data)
    {
        inode = SnapshotId.Strip(inode);
        data = null!;
        lock (_volume.TreeLock)
        {
            if (!_nodes.TryGetValue(inode.Value, out node!))
            {
                if (!_reader.TryGetInode(inode, out InodeRecord record) || record.LinkCount == 0)
                    return FsError.Stale;
                if (!record.IsRegularFile)
                    return record.IsDirectory ? FsError.IsADirectory : FsError.InvalidArgument;
                if (_nodes.Count >= NodesMax)
                    _nodes.Clear();
                node = new Node(record) { Data = new FileData { Past = _reader } };
                _nodes.Add(inode.Value, node);
            }

            data = node.Data!;
            return FsError.None;
        }
    }
}
