using Hartfs.Format;
using Hartfs.Metadata.Snapshots;

namespace Hartfs.Core.Snapshots;

/// <summary>
/// The directory <c>.snapshots</c>: a name for each snapshot. It is nowhere stored. Asked for any other inode it says
/// that there is none, and so stands for snapshots that are gone as well.
/// </summary>
internal sealed class SnapshotsDirectory(Volume volume, VolumeTree tree) : ReadOnlyFileSystem
{
    /// <summary>Its number; no snapshot gets it.</summary>
    public static readonly InodeNumber Number = new SnapshotId(SnapshotId.Max + 1).Place(InodeNumber.Root);

    private const int PageCount = 64;
    private const long SelfCookie = 1;
    private const long ParentCookie = 2;
    private const int Mode = InodeMode.Directory | 0x16D;

    /// <summary>Its name in the root directory.</summary>
    public static ReadOnlySpan<byte> Name => ".snapshots"u8;

    /// <inheritdoc/>
    public override long Now => volume.FileSystem.Now;

    /// <inheritdoc/>
    public override FsError Lookup(InodeNumber parent, ReadOnlySpan<byte> name, out InodeRecord inode)
    {
        inode = default;
        if (parent != Number)
            return FsError.Stale;
        if (name.Length > Limits.NameBytesMax)
            return FsError.NameTooLong;
        return volume.Snapshots.TryGet(name) is { } snapshot && tree.Past(snapshot.Id) is { } past
            ? past.GetAttributes(InodeNumber.Root, out inode)
            : FsError.NotFound;
    }

    /// <inheritdoc/>
    public override FsError LookupParent(InodeNumber directory, out InodeRecord inode)
    {
        inode = default;
        return directory == Number
            ? volume.FileSystem.LookupParent(InodeNumber.Root, out inode)
            : FsError.Stale;
    }

    /// <inheritdoc/>
    public override FsError GetAttributes(InodeNumber inode, out InodeRecord attributes)
    {
        attributes = default;
        if (inode != Number)
            return FsError.Stale;
        FsError error = volume.FileSystem.GetAttributes(InodeNumber.Root, out InodeRecord root);
        if (error != FsError.None)
            return error;
        SnapshotTotals snapshots;
        lock (volume.TreeLock)
            snapshots = volume.Metadata.Snapshots.GetTotals();
        long newest = snapshots.Count > 0 ? snapshots.NewestCreated : root.BirthTime;
        long changed = Math.Max(tree.SnapshotsChangeTime, newest);
        attributes = new InodeRecord
        {
            Number = Number,
            Parent = InodeNumber.Root,
            Mode = Mode,
            Uid = root.Uid,
            Gid = root.Gid,
            LinkCount = (uint)(2 + snapshots.Count),
            AccessTime = changed,
            ModifyTime = changed,
            ChangeTime = changed,
            BirthTime = root.BirthTime,
        };
        return FsError.None;
    }

    /// <inheritdoc/>
    public override FsError GetSpace(out SpaceReport report) => volume.FileSystem.GetSpace(out report);

    /// <inheritdoc/>
    public override FsError ReadSymbolicLink(InodeNumber inode, out byte[] target)
    {
        target = [];
        return inode == Number ? FsError.InvalidArgument : FsError.Stale;
    }

    /// <inheritdoc/>
    public override FsError ReadDirectory<TSink>(InodeNumber directory, long cookie, bool withAttributes,
        ref TSink sink)
    {
        FsError error = GetAttributes(directory, out InodeRecord self);
        if (error != FsError.None)
            return error;
        if (cookie < SelfCookie && !sink.Add("."u8, SelfCookie, self))
            return FsError.None;
        if (cookie < ParentCookie)
        {
            error = volume.FileSystem.GetAttributes(InodeNumber.Root, out InodeRecord root);
            if (error != FsError.None || !sink.Add(".."u8, ParentCookie, root))
                return error;
        }

        // A snapshot's cookie is its number behind the two: it stays where it is while others come and go.
        IReadOnlyList<SnapshotRecord> page;
        var inodes = new List<InodeRecord>(PageCount);
        var behind = new SnapshotId(Math.Max(0, cookie - ParentCookie));
        do
        {
            lock (volume.TreeLock)
            {
                page = volume.Metadata.Snapshots.List(behind, PageCount);
                error = Describe(page, withAttributes, inodes);
            }

            if (error != FsError.None)
                return error;
            for (int index = 0; index < page.Count; index++)
            {
                behind = page[index].Id;
                if (page[index].Kind != SnapshotKind.Momentary
                    && !sink.Add(page[index].Name, ParentCookie + behind.Value, inodes[index]))
                    return FsError.None;
            }
        }
        while (page.Count == PageCount);
        return FsError.None;
    }

    // Under the tree lock: none of them goes meanwhile. Not through the snapshots that the tree keeps at hand: listing
    // many would push out those that are being read.
    private FsError Describe(IReadOnlyList<SnapshotRecord> page, bool withAttributes, List<InodeRecord> inodes)
    {
        inodes.Clear();
        foreach (SnapshotRecord snapshot in page)
        {
            var inode = new InodeRecord { Number = snapshot.Id.Place(InodeNumber.Root), Mode = InodeMode.Directory };
            if (withAttributes && new SnapshotFileSystem(volume, snapshot, isPlaced: true)
                .GetAttributes(InodeNumber.Root, out inode) is not FsError.None and var error)
                return error;
            inodes.Add(inode);
        }

        return FsError.None;
    }

    /// <inheritdoc/>
    public override FsError Read(InodeNumber inode, long offset, Span<byte> buffer, out int count)
    {
        count = 0;
        return inode == Number ? FsError.IsADirectory : FsError.Stale;
    }

    /// <inheritdoc/>
    public override FsError Seek(InodeNumber inode, long offset, bool data, out long position)
    {
        position = 0;
        return inode == Number ? FsError.IsADirectory : FsError.Stale;
    }

    /// <inheritdoc/>
    public override FsError GetXattr(InodeNumber inode, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        length = 0;
        return inode == Number ? FsError.NoSuchAttribute : FsError.Stale;
    }

    /// <inheritdoc/>
    public override FsError ListXattrs(InodeNumber inode, Span<byte> buffer, out int length)
    {
        length = 0;
        return inode == Number ? FsError.None : FsError.Stale;
    }
}
