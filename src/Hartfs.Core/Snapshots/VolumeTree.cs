using Hartfs.Core.Mounting;
using Hartfs.Format;
using Hartfs.Metadata.Tables;

namespace Hartfs.Core.Snapshots;

/// <summary>
/// What a mount of the whole volume shows: the live tree, and below <c>.snapshots</c> in its root every snapshot. Only
/// here the two meet: each request goes to the tree that its inode's number names.
/// </summary>
/// <remarks>
/// <c>.snapshots</c> is found by name, and listed only when asked for; a file of that name in the live tree hides it.
/// </remarks>
public sealed class VolumeTree : IFileSystem
{
    /// <summary>Snapshots with their inodes kept at hand.</summary>
    private const int PastMax = 64;

    // Behind it in the root's listing comes the live tree's own; below 16 no entry's cookie lies.
    private const long SnapshotsCookie = 3;

    private readonly Volume _volume;
    private readonly FileSystem _live;
    private readonly SnapshotsDirectory _directory;

    // guards: itself; taken with or without the tree lock, and nothing is taken while it is held
    private readonly Dictionary<SnapshotId, SnapshotFileSystem> _past = [];

    // guards: itself; files in snapshots whose names are being looked for
    private readonly HashSet<InodeNumber> _refused = [];
    private IKernelCache? _kernelCache;
    private long _snapshotsChangeTime;

    internal VolumeTree(Volume volume)
    {
        _volume = volume;
        _live = volume.FileSystem;
        _directory = new SnapshotsDirectory(volume, this);
    }

    /// <summary>Whether listing the root shows <c>.snapshots</c>.</summary>
    public bool ShowsSnapshots { get; set; }

    /// <inheritdoc/>
    public long Now => _live.Now;

    /// <inheritdoc/>
    public IKernelCache? KernelCache
    {
        get => _kernelCache;
        set => _kernelCache = _live.KernelCache = value;
    }

    /// <summary>When a snapshot was last made or deleted since the volume was opened.</summary>
    internal long SnapshotsChangeTime => Volatile.Read(ref _snapshotsChangeTime);

    /// <inheritdoc/>
    public FsError Lookup(InodeNumber parent, ReadOnlySpan<byte> name, out InodeRecord inode)
    {
        FsError error = Of(parent).Lookup(parent, name, out inode);
        return error == FsError.NotFound && IsSnapshots(parent, name)
            ? _directory.GetAttributes(SnapshotsDirectory.Number, out inode)
            : error;
    }

    /// <inheritdoc/>
    public FsError LookupParent(InodeNumber directory, out InodeRecord inode)
    {
        SnapshotId snapshot = SnapshotId.Of(directory);
        return snapshot.Value != 0 && directory == snapshot.Place(InodeNumber.Root) &&
            directory != SnapshotsDirectory.Number
            ? _directory.GetAttributes(SnapshotsDirectory.Number, out inode)
            : Of(directory).LookupParent(directory, out inode);
    }

    /// <inheritdoc/>
    public FsError Reference(InodeNumber number, out InodeRecord inode) => Of(number).Reference(number, out inode);

    /// <inheritdoc/>
    public void Forget(InodeNumber inode, long count)
    {
        if (SnapshotId.Of(inode).Value == 0)
            _live.Forget(inode, count);
    }

    /// <inheritdoc/>
    public FsError GetAttributes(InodeNumber inode, out InodeRecord attributes) =>
        Of(inode).GetAttributes(inode, out attributes);

    /// <inheritdoc/>
    public FsError SetAttributes(InodeNumber inode, in AttributeChange change, out InodeRecord attributes) =>
        Of(inode).SetAttributes(inode, change, out attributes);

    /// <inheritdoc/>
    public FsError GetSpace(out SpaceReport report) => _live.GetSpace(out report);

    /// <inheritdoc/>
    public FsError Create(InodeNumber parent, ReadOnlySpan<byte> name, int mode, int umask, uint device,
        Credentials credentials, out InodeRecord inode)
    {
        inode = default;
        return IsSnapshots(parent, name)
            ? FsError.AlreadyExists
            : Of(parent).Create(parent, name, mode, umask, device, credentials, out inode);
    }

    /// <inheritdoc/>
    public FsError CreateUnnamed(InodeNumber parent, int mode, int umask, Credentials credentials,
        out InodeRecord inode) => Of(parent).CreateUnnamed(parent, mode, umask, credentials, out inode);

    /// <inheritdoc/>
    public FsError MakeDirectory(InodeNumber parent, ReadOnlySpan<byte> name, int mode, int umask,
        Credentials credentials, out InodeRecord inode)
    {
        inode = default;
        return IsSnapshots(parent, name)
            ? FsError.AlreadyExists
            : Of(parent).MakeDirectory(parent, name, mode, umask, credentials, out inode);
    }

    /// <inheritdoc/>
    public FsError MakeSymbolicLink(InodeNumber parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target,
        Credentials credentials, out InodeRecord inode)
    {
        inode = default;
        return IsSnapshots(parent, name)
            ? FsError.AlreadyExists
            : Of(parent).MakeSymbolicLink(parent, name, target, credentials, out inode);
    }

    /// <inheritdoc/>
    public FsError ReadSymbolicLink(InodeNumber inode, out byte[] target) =>
        Of(inode).ReadSymbolicLink(inode, out target);

    /// <inheritdoc/>
    public FsError Link(InodeNumber inode, InodeNumber newParent, ReadOnlySpan<byte> newName,
        out InodeRecord attributes)
    {
        attributes = default;
        if (IsSnapshots(newParent, newName))
            return FsError.AlreadyExists;
        if (SnapshotId.Of(newParent).Value != 0)
            return FsError.ReadOnly;
        return SnapshotId.Of(inode).Value != 0
            ? FsError.DifferentVolume
            : _live.Link(inode, newParent, newName, out attributes);
    }

    /// <inheritdoc/>
    public FsError Unlink(InodeNumber parent, ReadOnlySpan<byte> name) => RefuseSnapshots(parent, name,
        Of(parent).Unlink(parent, name));

    /// <inheritdoc/>
    public FsError RemoveDirectory(InodeNumber parent, ReadOnlySpan<byte> name) => RefuseSnapshots(parent, name,
        Of(parent).RemoveDirectory(parent, name));

    /// <inheritdoc/>
    public FsError Rename(InodeNumber oldParent, ReadOnlySpan<byte> oldName, InodeNumber newParent,
        ReadOnlySpan<byte> newName, RenameMode mode)
    {
        if (SnapshotId.Of(oldParent).Value != 0 || SnapshotId.Of(newParent).Value != 0)
            return FsError.ReadOnly;
        return IsSnapshots(newParent, newName)
            ? FsError.Busy
            : RefuseSnapshots(oldParent, oldName, _live.Rename(oldParent, oldName, newParent, newName, mode));
    }

    /// <inheritdoc/>
    public FsError ReadDirectory<TSink>(InodeNumber directory, long cookie, bool withAttributes, ref TSink sink)
        where TSink : IDirectorySink, allows ref struct
    {
        if (!ShowsSnapshots || directory != InodeNumber.Root)
            return Of(directory).ReadDirectory(directory, cookie, withAttributes, ref sink);
        if (cookie == 0)
        {
            FsError error = _directory.GetAttributes(SnapshotsDirectory.Number, out InodeRecord inode);
            if (error != FsError.None || !sink.Add(SnapshotsDirectory.Name, SnapshotsCookie, inode))
                return error;
        }

        return _live.ReadDirectory(directory, cookie == SnapshotsCookie ? 0 : cookie, withAttributes, ref sink);
    }

    /// <inheritdoc/>
    public FsError Read(InodeNumber inode, long offset, Span<byte> buffer, out int count) =>
        Of(inode).Read(inode, offset, buffer, out count);

    /// <summary>
    /// As the live tree's. A write into a snapshot may have been taken by the kernel's cache before: it is told to
    /// drop what it holds of the file.
    /// </summary>
    public FsError Write(InodeNumber inode, long offset, ReadOnlySpan<byte> bytes, bool killPrivileges,
        bool stampTimes)
    {
        if (SnapshotId.Of(inode).Value == 0)
            return _live.Write(inode, offset, bytes, killPrivileges, stampTimes);
        DropRefused(inode);
        return FsError.ReadOnly;
    }

    /// <inheritdoc/>
    public FsError Flush(InodeNumber inode) => Of(inode).Flush(inode);

    /// <inheritdoc/>
    public FsError Synchronize(InodeNumber inode) => Of(inode).Synchronize(inode);

    /// <inheritdoc/>
    public FsError Allocate(InodeNumber inode, AllocateMode mode, long offset, long length) =>
        Of(inode).Allocate(inode, mode, offset, length);

    /// <inheritdoc/>
    public FsError Seek(InodeNumber inode, long offset, bool data, out long position) =>
        Of(inode).Seek(inode, offset, data, out position);

    /// <summary>As the live tree's; also from a snapshot into the live tree, where it moves no data either.</summary>
    public FsError CopyRange(InodeNumber source, long sourceOffset, InodeNumber target, long targetOffset,
        long length, out long copied)
    {
        if (SnapshotId.Of(source).Value == 0 || SnapshotId.Of(target).Value != 0)
            return Of(target).CopyRange(source, sourceOffset, target, targetOffset, length, out copied);
        copied = 0;
        return Of(source) is SnapshotFileSystem past
            ? _live.CopyRange(past, source, sourceOffset, target, targetOffset, length, out copied)
            : FsError.Stale;
    }

    /// <inheritdoc/>
    public FsError GetXattr(InodeNumber inode, ReadOnlySpan<byte> name, Span<byte> buffer, out int length) =>
        Of(inode).GetXattr(inode, name, buffer, out length);

    /// <inheritdoc/>
    public FsError ListXattrs(InodeNumber inode, Span<byte> buffer, out int length) =>
        Of(inode).ListXattrs(inode, buffer, out length);

    /// <inheritdoc/>
    public FsError SetXattr(InodeNumber inode, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, XattrMode mode,
        bool killSetGroupId) => Of(inode).SetXattr(inode, name, value, mode, killSetGroupId);

    /// <inheritdoc/>
    public FsError RemoveXattr(InodeNumber inode, ReadOnlySpan<byte> name) => Of(inode).RemoveXattr(inode, name);

    /// <summary>A snapshot's tree, its inodes numbered with the snapshot's number; null when it is gone.</summary>
    internal SnapshotFileSystem? Past(SnapshotId id)
    {
        lock (_past)
            if (_past.TryGetValue(id, out SnapshotFileSystem? known))
                return known;
        // Found and kept in one step: a deletion, which forgets it under the same lock, comes before or behind both.
        lock (_volume.TreeLock)
        {
            if (_volume.Metadata.Snapshots.Find(id) is not { Kind: not SnapshotKind.Momentary } snapshot)
                return null;
            var past = new SnapshotFileSystem(_volume, snapshot, isPlaced: true);
            lock (_past)
            {
                if (_past.Count >= PastMax)
                    _past.Clear();
                return _past[id] = past;
            }
        }
    }

    /// <summary>Lets go of a snapshot that is gone.</summary>
    internal void Forget(SnapshotId snapshot)
    {
        lock (_past)
            _past.Remove(snapshot);
    }

    /// <summary>Notes that a snapshot came or went, and tells the kernel.</summary>
    internal void NoteSnapshot(ReadOnlySpan<byte> name)
    {
        Volatile.Write(ref _snapshotsChangeTime, Now);
        if (KernelCache is not { } cache)
            return;
        cache.InvalidateEntry(SnapshotsDirectory.Number, name);
        cache.InvalidateInode(SnapshotsDirectory.Number);
    }

    // The kernel took the write, and with it a size of its own: its pages go, and the inode with its names. Looking for
    // these takes a while, and happens once for many writes.
    private void DropRefused(InodeNumber inode)
    {
        if (KernelCache is not { } cache)
            return;
        cache.InvalidateInode(inode);
        lock (_refused)
            if (!_refused.Add(inode))
                return;
        ThreadPool.QueueUserWorkItem(_ =>
        {
            foreach (FoundName name in FindNames(SnapshotId.Strip(inode)))
                cache.DropEntry(SnapshotId.Of(inode).Place(name.Parent), name.Name);
            lock (_refused)
                _refused.Remove(inode);
        });
    }

    private List<FoundName> FindNames(InodeNumber inode)
    {
        const int rowsPerStep = 4096;
        var found = new List<FoundName>();
        var wanted = new HashSet<long> { inode.Value };
        foreach (bool isPast in new[] { false, true })
        {
            NamePosition position = default;
            bool isMore = !_volume.IsClosed;
            while (isMore)
                lock (_volume.TreeLock)
                    isMore = !_volume.IsClosed &&
                        _volume.Metadata.Names.Next(ref position, isPast, rowsPerStep, wanted, found);
        }

        return found;
    }

    private IFileSystem Of(InodeNumber inode)
    {
        SnapshotId snapshot = SnapshotId.Of(inode);
        return snapshot.Value == 0 ? _live : PastOrGone(snapshot);
    }

    private ReadOnlyFileSystem PastOrGone(SnapshotId id) =>
        id.Value > SnapshotId.Max ? _directory : (ReadOnlyFileSystem?)Past(id) ?? _directory;

    private static bool IsSnapshots(InodeNumber parent, ReadOnlySpan<byte> name) =>
        parent == InodeNumber.Root && name.SequenceEqual(SnapshotsDirectory.Name);

    private static FsError RefuseSnapshots(InodeNumber parent, ReadOnlySpan<byte> name, FsError error) =>
        error == FsError.NotFound && IsSnapshots(parent, name) ? FsError.Busy : error;
}
