using Hartfs.Format;

namespace Hartfs.Core.Snapshots;

/// <summary>
/// The directory <c>.snapshots</c>: a name for each snapshot. It is nowhere stored. Asked for any other inode it says
/// that there is none, and so stands for snapshots that are gone as well.
/// </summary>
internal sealed class SnapshotsDirectory(Volume volume, VolumeTree tree) : ReadOnlyFileSystem
{
    /// <summary>Its number; no snapshot gets it.</summary>
    public static readonly InodeNumber Number = new SnapshotId(SnapshotId.Max + 1).Place(InodeNumber.Root);

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
        IReadOnlyList<SnapshotRecord> snapshots = volume.Snapshots.List();
        long changed = Math.Max(tree.SnapshotsChangeTime, snapshots.Count > 0 ? snapshots[^1].Created : root.BirthTime);
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
        foreach (SnapshotRecord snapshot in volume.Snapshots.List())
        {
            long next = ParentCookie + snapshot.Id.Value;
            if (next <= cookie)
                continue;
            var inode = new InodeRecord { Number = snapshot.Id.Place(InodeNumber.Root), Mode = InodeMode.Directory };
            if (withAttributes)
            {
                if (tree.Past(snapshot.Id) is not { } past)
                    continue;
                error = past.GetAttributes(InodeNumber.Root, out inode);
            }

            if (error != FsError.None || !sink.Add(snapshot.Name, next, inode))
                return error;
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
