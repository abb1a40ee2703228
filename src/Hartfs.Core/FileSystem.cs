using Hartfs.Core.Commit;
using Hartfs.Core.Files;
using Hartfs.Core.Mounting;
using Hartfs.Format;
using Hartfs.Metadata;

namespace Hartfs.Core;

/// <summary>
/// The live tree of a volume. Inode-based, synchronous, thread-safe; every operation runs on the
/// caller's thread and speaks <see cref="FsError"/>.
/// </summary>
/// <remarks>
/// <para>Operations that hand out an inode (look-up, create, link …) count one reference, which the driver gives
/// back with <see cref="Forget"/>. An inode without names lives until its references are gone.</para>
/// <para>All state is per inode: there are no handles, and opening is free.</para>
/// <para>Permissions are checked by the kernel (<c>default_permissions</c>, POSIX ACLs) or by the Windows driver;
/// Core applies the rules that shape new inodes: set-group-id directories, default ACLs, umask.</para>
/// <para>Lock order: gate → drain locks (by inode) → data locks → ingest → tree lock (README.md).</para>
/// </remarks>
public sealed partial class FileSystem : IFileSystem
{
    private const long NanosecondsPerTick = 100;
    private const long DayNanoseconds = 86_400_000_000_000;

    private readonly Volume _volume;
    private readonly MetadataStore _metadata;
    private readonly Lock _treeLock;
    private readonly NodeTable _nodes;
    private readonly CommitGate _gate;

    // guards: itself, under the tree lock
    private readonly InodeReferences _references = new();

    internal FileSystem(Volume volume)
    {
        _volume = volume;
        _metadata = volume.Metadata;
        _treeLock = volume.TreeLock;
        _nodes = volume.Nodes;
        _gate = volume.Gate;
    }

    /// <summary>
    /// The time that "now" means in this volume: nanoseconds since 1970-01-01 UTC, from its TimeProvider.
    /// </summary>
    public long Now =>
        (_volume.Settings.Time.GetUtcNow().Ticks - DateTime.UnixEpoch.Ticks) * NanosecondsPerTick;

    /// <summary>Where to send invalidations; set by the driver while mounted.</summary>
    public IKernelCache? KernelCache { get; set; }

    /// <summary>Finds a name. "." and ".." are not names here. Counts a reference.</summary>
    public FsError Lookup(InodeNumber parent, ReadOnlySpan<byte> name, out InodeRecord inode)
    {
        inode = default;
        lock (_treeLock)
        {
            if (!TryGetEntry(parent, name, out Node node, out FsError error))
                return error;
            return HandOut(node, out inode);
        }
    }

    /// <summary>The directory that holds a directory (the root holds itself). Counts a reference.</summary>
    public FsError LookupParent(InodeNumber directory, out InodeRecord inode)
    {
        inode = default;
        lock (_treeLock)
        {
            if (TryGetDirectory(directory, out Node node) is var error && error != FsError.None)
                return error;
            if (!_nodes.TryGet(node.Record.Parent, out Node parent))
                return FsError.Stale;
            return HandOut(parent, out inode);
        }
    }

    /// <summary>Gives back <paramref name="count"/> references.</summary>
    public void Forget(InodeNumber inode, long count)
    {
        bool isUnused;
        lock (_treeLock)
        {
            // By the record: most forgotten inodes have names, and are not worth taking into memory for it.
            isUnused = _references.Remove(inode, count) && _nodes.TryGetRecord(inode, out InodeRecord record) &&
                record.LinkCount == 0;
        }

        if (!isUnused || EnterChange() != FsError.None)
            return;
        using (_gate.EnterChange())
        {
            // Looked up inside the gate: a rollback may have given it a name again.
            Node node;
            lock (_treeLock)
                if (!_nodes.TryGet(inode, out node))
                    return;
            Reap(node);
        }
    }

    /// <summary>Whether somebody outside refers to an inode. Under the tree lock.</summary>
    internal bool IsReferenced(InodeNumber inode) => inode == InodeNumber.Root || _references.Contains(inode);

    public FsError GetAttributes(InodeNumber inode, out InodeRecord attributes)
    {
        lock (_treeLock)
        {
            attributes = default;
            if (!_nodes.TryGet(inode, out Node node))
                return FsError.Stale;
            attributes = Attributes(node);
            return FsError.None;
        }
    }

    /// <summary>What <c>df</c> shows.</summary>
    public FsError GetSpace(out SpaceReport report)
    {
        const int BlockSize = 4096;
        const long InodesMax = 1L << 40;
        VolumeStatistics statistics = _volume.GetStatistics();
        long free = Math.Max(0, _volume.FreeBytes);
        long inodes = statistics.FileCount + statistics.DirectoryCount + statistics.OtherInodeCount;
        report = new SpaceReport(BlockSize, (statistics.StoredBytes + free) / BlockSize, free / BlockSize,
            inodes, InodesMax - inodes);
        return FsError.None;
    }

    // Whether a change may begin at all. Every change asks before it enters the gate.
    private FsError EnterChange() => _volume.Settings.ReadOnly ? FsError.ReadOnly : _volume.Fatal;

    // As EnterChange, for changes that need room.
    private FsError EnterGrowth(long bytes)
    {
        FsError error = EnterChange();
        return error == FsError.None && !_volume.HasRoom(bytes) ? FsError.OutOfSpace : error;
    }

    private FsError HandOut(Node node, out InodeRecord inode)
    {
        _references.Add(node.Number);
        inode = Attributes(node);
        return FsError.None;
    }

    // Unwritten bytes count as allocated: du right after a copy shows the file, not nothing.
    private static InodeRecord Attributes(Node node)
    {
        InodeRecord record = node.Record;
        if (node.Data is { } data)
            record.AllocatedBytes = Math.Max(record.AllocatedBytes,
                Math.Min(record.Size, record.AllocatedBytes + data.Dirty.DataBytes + data.Draining.DataBytes));
        return record;
    }

    private bool TryGetEntry(InodeNumber parent, ReadOnlySpan<byte> name, out Node node, out FsError error)
    {
        node = null!;
        error = TryGetDirectory(parent, out _);
        if (error != FsError.None)
            return false;
        if (name.Length > Limits.NameBytesMax)
            error = FsError.NameTooLong;
        else if (!_metadata.Entries.TryFind(parent, name, out var entry))
            error = FsError.NotFound;
        else if (!_nodes.TryGet(entry.Inode, out node))
            error = FsError.CorruptMetadata;
        return error == FsError.None;
    }

    private FsError TryGetDirectory(InodeNumber inode, out Node node)
    {
        if (!_nodes.TryGet(inode, out node))
            return FsError.Stale;
        return node.Record.IsDirectory ? FsError.None : FsError.NotADirectory;
    }

    private FsError TryGetFile(InodeNumber inode, out Node node, out FileData data)
    {
        data = null!;
        lock (_treeLock)
        {
            if (!_nodes.TryGet(inode, out node) || node.IsReaped)
                return FsError.Stale;
            if (node.Record.IsDirectory)
                return FsError.IsADirectory;
            if (!node.Record.IsRegularFile)
                return FsError.InvalidArgument;
            data = _nodes.DataOf(node);
            return FsError.None;
        }
    }

    // relatime, as the kernel does it: the access time follows when it is not newer than a change, or a day old. A read
    // never waits for a commit because of it: the next one comes past here too. Without locks.
    private void NoteAccess(InodeNumber inode, in InodeRecord seen)
    {
        if (!IsAccessTimeOld(seen, Now) || EnterChange() != FsError.None || !_gate.TryEnterChange())
            return;
        try
        {
            lock (_treeLock)
            {
                if (!_nodes.TryGet(inode, out Node node))
                    return;
                node.Record.AccessTime = Now;
                _nodes.MarkDirty(node);
            }
        }
        finally
        {
            _gate.ExitChange();
        }
    }

    private static bool IsAccessTimeOld(in InodeRecord record, long now) =>
        record.AccessTime <= record.ModifyTime || record.AccessTime <= record.ChangeTime ||
        now - record.AccessTime >= DayNanoseconds;

    private void Touch(Node node, long now)
    {
        node.Record.ModifyTime = now;
        node.Record.ChangeTime = now;
        _nodes.MarkDirty(node);
    }

    // Deletes an inode that has neither names nor references. Inside the gate, without locks.
    private void Reap(Node node)
    {
        if (node.Data is not { } data)
        {
            lock (_treeLock)
                ReapLocked(node);
            return;
        }

        lock (data.DrainLock)
            lock (data.Lock)
                lock (_treeLock)
                {
                    if (!ReapLocked(node))
                        return;
                    _volume.Budget.Adjust(-data.Dirty.CapacityBytes);
                    data.Dirty.Clear();
                }
    }

    private bool ReapLocked(Node node)
    {
        if (node.IsReaped || node.Record.LinkCount > 0 || _references.Contains(node.Number))
            return false;
        Discard(node);
        return true;
    }

    /// <summary>Deletes an inode and all that belongs to it. The caller holds the tree lock.</summary>
    internal void Discard(Node node)
    {
        if (node.Record.Flags != InodeFlags.None)
            _metadata.Xattrs.RemoveAll(node.Number);
        if (InodeMode.IsSymbolicLink(node.Record.Mode))
            _metadata.Symlinks.Delete(node.Number);
        if (!node.IsNew)
        {
            _metadata.Extents.DeleteAll(node.Number);
            _metadata.Inodes.Delete(node.Number);
        }

        node.IsReaped = true;
        _nodes.Remove(node);
    }
}
