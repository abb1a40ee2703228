using Hartfs.Format;
using Hartfs.Metadata.Snapshots;

namespace Hartfs.Core.Snapshots;

/// <summary>A version of a file that snapshots hold.</summary>
/// <param name="First">The oldest snapshot that has it.</param>
/// <param name="Last">The newest one in a row that has it; null: the live tree has it as well.</param>
/// <param name="Count">Snapshots in a row that have it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="ModifyTime">Nanoseconds since 1970-01-01 UTC.</param>
/// <param name="Mode">File type and permissions.</param>
public sealed record FileVersion(
    SnapshotRecord? First, SnapshotRecord? Last, int Count, long Size, long ModifyTime, int Mode);

/// <summary>What changed between snapshots, and the versions of one path.</summary>
public sealed partial class SnapshotSet
{
    /// <summary>
    /// What differs between two snapshots, or a snapshot and the live tree (<see cref="SnapshotName.Now"/>), from the
    /// older to the newer one, by path.
    /// </summary>
    /// <param name="report">Called now and then, on the calling thread.</param>
    public IReadOnlyList<DiffEntry> Diff(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Action? report = null,
        CancellationToken cancellation = default)
    {
        using SnapshotUse one = UseAny(first);
        using SnapshotUse two = UseAny(second);
        bool isInOrder = one.FileSystem.Snapshot.Epoch <= two.FileSystem.Snapshot.Epoch;
        (SnapshotFileSystem older, SnapshotFileSystem newer) = isInOrder
            ? (one.FileSystem, two.FileSystem)
            : (two.FileSystem, one.FileSystem);
        return new SnapshotDiff(_volume, older, newer, report, () => cancellation.IsCancellationRequested).Find();
    }

    /// <summary>Every version that the snapshots and the live tree hold of a path, oldest first.</summary>
    public IReadOnlyList<FileVersion> ListVersions(ReadOnlySpan<byte> path, CancellationToken cancellation = default)
    {
        IReadOnlyList<byte[]> names = TreePath.Split(path);
        var versions = new List<FileVersion>();
        InodeRecord known = default;
        SnapshotReader? knownIn = null;
        using SnapshotUse now = UseAny("now"u8);
        foreach (SnapshotRecord snapshot in List().Append(now.FileSystem.Snapshot))
        {
            if (cancellation.IsCancellationRequested)
                throw new SnapshotException(SnapshotFailure.Cancelled, "stopped.");
            bool isNow = snapshot.Id == now.FileSystem.Snapshot.Id;
            SnapshotFileSystem tree = isNow
                ? now.FileSystem
                : new SnapshotFileSystem(_volume, snapshot, isPlaced: false);
            if (TreePath.Find(tree, names, out InodeRecord inode) != FsError.None)
            {
                knownIn = null;
                continue;
            }

            if (knownIn is not null && IsSame(known, knownIn, inode, tree.Reader))
                versions[^1] = isNow
                    ? versions[^1] with { Last = null }
                    : versions[^1] with { Last = snapshot, Count = versions[^1].Count + 1 };
            else
                versions.Add(isNow
                    ? new FileVersion(null, null, 0, inode.Size, inode.ModifyTime, inode.Mode)
                    : new FileVersion(snapshot, snapshot, 1, inode.Size, inode.ModifyTime, inode.Mode));
            known = inode;
            knownIn = tree.Reader;
        }

        return versions;
    }

    private bool IsSame(in InodeRecord before, SnapshotReader older, in InodeRecord after, SnapshotReader newer)
    {
        if (before.Size != after.Size || before.ModifyTime != after.ModifyTime)
            return false;
        // What a restore or a rollback brought back is the same version, by another number.
        if (!before.IsRegularFile || !after.IsRegularFile)
            return (before.Mode & InodeMode.TypeMask) == (after.Mode & InodeMode.TypeMask);
        if (before.Number == after.Number && before.ChangeTime == after.ChangeTime)
            return true;
        lock (_treeLock)
            return new SnapshotComparison(older, newer).HasSameData(before.Number, after.Number);
    }

    // A snapshot of that name, or the live tree, which stands still for its reader.
    private SnapshotUse UseAny(ReadOnlySpan<byte> name)
    {
        if (!name.SequenceEqual("now"u8))
            return Use(name);
        if (!_volume.Settings.ReadOnly)
            return UseNow();
        lock (_treeLock)
        {
            var live = new SnapshotRecord
            {
                Id = default,
                Name = name.ToArray(),
                Epoch = _metadata.Epoch,
                Created = _volume.FileSystem.Now,
                Kind = SnapshotKind.Momentary,
            };
            return new SnapshotUse(this, new SnapshotFileSystem(_volume, live, isPlaced: false));
        }
    }
}
