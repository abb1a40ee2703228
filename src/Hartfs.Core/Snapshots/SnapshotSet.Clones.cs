using Hartfs.Format;

namespace Hartfs.Core.Snapshots;

/// <summary>Copies of trees that share their data: within the live tree, and out of a snapshot into it.</summary>
public sealed partial class SnapshotSet
{
    /// <summary>The name of the directory of snapshots in the root of a mount.</summary>
    public const string DirectoryName = ".snapshots";

    // guards: one loose tree at a time, and no rollback beside it; taken before the change lock
    private readonly Lock _treeWorkLock = new();
    private volatile bool _isStopping;

    /// <summary>
    /// Makes a copy of a file or a tree that shares its data, whole or not at all. Modes, owners, times, attributes,
    /// and hard links inside the tree are kept.
    /// </summary>
    /// <param name="source">A path from the root; below <c>.snapshots/NAME</c> it is that snapshot's.</param>
    /// <param name="target">A path from the root; nothing may be there.</param>
    /// <param name="report">Told how far it is, on the calling thread.</param>
    /// <returns>What was cloned.</returns>
    public CloneProgress Clone(ReadOnlySpan<byte> source, ReadOnlySpan<byte> target,
        Action<CloneProgress>? report = null, CancellationToken cancellation = default)
    {
        ThrowIfReadOnly();
        IReadOnlyList<byte[]> from = TreePath.Split(source);
        byte[] place = target.ToArray();
        bool isPast = from.Count > 1 && IsSnapshots(from);
        lock (_treeWorkLock)
        {
            CheckTarget(place);
            if (!_volume.HasRoom(0))
                throw TargetFailure(place, FsError.OutOfSpace);
            using SnapshotUse use = isPast ? Use(from[1]) : UseNow();
            return Clone(use, isPast ? [.. from.Skip(2)] : from, place, replaces: false, report, cancellation);
        }
    }

    /// <summary>
    /// Brings a file or a tree back out of a snapshot, whole or not at all and without copying data.
    /// </summary>
    /// <param name="path">Where it is in the snapshot, from the root.</param>
    /// <param name="target">Where it shall be in the live tree, from the root.</param>
    /// <param name="replaces">Take the place of what is there, which is removed.</param>
    /// <param name="report">Told how far it is, on the calling thread.</param>
    /// <returns>What was restored.</returns>
    public CloneProgress Restore(ReadOnlySpan<byte> name, ReadOnlySpan<byte> path, ReadOnlySpan<byte> target,
        bool replaces, Action<CloneProgress>? report = null, CancellationToken cancellation = default)
    {
        ThrowIfReadOnly();
        byte[] place = target.ToArray();
        IReadOnlyList<byte[]> from = TreePath.Split(path);
        byte[] snapshot = name.ToArray();
        lock (_treeWorkLock)
        {
            using SnapshotUse use = Use(snapshot);
            if (!replaces)
                CheckTarget(place);
            return Clone(use, from, place, replaces, report, cancellation);
        }
    }

    /// <summary>Ends clones under way, which take back what they made; new ones end at once.</summary>
    internal void Stop()
    {
        _isStopping = true;
        lock (_treeWorkLock)
        {
            // Whoever works on a tree has given up now.
        }
    }

    private CloneProgress Clone(SnapshotUse source, IReadOnlyList<byte[]> from, byte[] target, bool replaces,
        Action<CloneProgress>? report, CancellationToken cancellation)
    {
        string shown = TreePath.Describe(target);
        FsError error = TreePath.Find(source.FileSystem, from, out InodeRecord top);
        if (error != FsError.None)
        {
            throw new SnapshotException(SnapshotFailure.PathNotFound,
                $"there is no {TreePath.Describe([.. from.SelectMany(each => each.Prepend((byte)'/'))])} "
                + $"{(source.FileSystem.Snapshot.Kind == SnapshotKind.Momentary ? "to clone" : "in the snapshot")}.");
        }

        var clone = new TreeClone(_volume, source.FileSystem.Reader, report,
            () => _isStopping || cancellation.IsCancellationRequested);
        InodeNumber loose = default;
        try
        {
            error = clone.Make(top.Number);
            if (error == FsError.None)
            {
                (InodeNumber parent, byte[] name) = FindParent(target);
                uint links = top.IsDirectory ? top.LinkCount : 1;
                error = _volume.FileSystem.Attach(clone.Top, links, parent, name, replaces, out loose);
                if (error == FsError.None)
                    TellNewName(parent, name);
            }
        }
        catch (OperationCanceledException)
        {
            clone.Discard();
            throw new SnapshotException(SnapshotFailure.Cancelled, $"stopped; nothing was made at {shown}.");
        }
        catch
        {
            clone.Discard();
            throw;
        }

        if (error != FsError.None)
        {
            clone.Discard();
            throw TargetFailure(target, error);
        }

        if (loose != default)
            _volume.FileSystem.RemoveLoose(loose);
        error = _volume.Commit();
        return error == FsError.None ? clone.Progress : throw Failed($"{shown} is there, but not durable", error);
    }

    // Whether a path leads to the snapshots; a file of that name hides them.
    private bool IsSnapshots(IReadOnlyList<byte[]> names) =>
        names[0].AsSpan().SequenceEqual(SnapshotsDirectory.Name) &&
        TreePath.Find(_volume.FileSystem, names.Take(1), out _) == FsError.NotFound;

    private void TellNewName(InodeNumber parent, byte[] name)
    {
        if (_volume.Tree.KernelCache is not { } cache)
            return;
        cache.InvalidateEntry(parent, name);
        cache.InvalidateInode(parent);
    }

    private void CheckTarget(byte[] target)
    {
        (InodeNumber parent, byte[] name) = FindParent(target);
        FsError error = _volume.FileSystem.CheckTarget(parent, name);
        if (error != FsError.None)
            throw TargetFailure(target, error);
    }

    private (InodeNumber Parent, byte[] Name) FindParent(byte[] target)
    {
        IReadOnlyList<byte[]> names = TreePath.Split(target);
        if (names.Count == 0)
        {
            throw new SnapshotException(SnapshotFailure.PathExists,
                "the root cannot be replaced. Next: hartfs snapshot rollback takes the whole drive back.");
        }

        if (names.Count > 1 && IsSnapshots(names))
        {
            throw new SnapshotException(SnapshotFailure.ReadOnly,
                $"{TreePath.Describe(target)} is in a snapshot, and snapshots do not change. Next: choose another "
                + "place.");
        }

        FsError error = TreePath.Find(_volume.FileSystem, names.SkipLast(1), out InodeRecord parent);
        if (error != FsError.None || !parent.IsDirectory)
        {
            throw new SnapshotException(SnapshotFailure.PathNotFound,
                $"there is no directory to put {TreePath.Describe(target)} into. Next: make it, or restore it first, "
                + "or choose another place.");
        }

        bool isReserved = names.Count == 1 && names[0].AsSpan().SequenceEqual(SnapshotsDirectory.Name);
        return isReserved
            ? throw new SnapshotException(SnapshotFailure.PathExists, $"{DirectoryName} is where the snapshots are.")
            : (parent.Number, names[^1]);
    }

    private static SnapshotException TargetFailure(byte[] target, FsError error)
    {
        string shown = TreePath.Describe(target);
        return error switch
        {
            FsError.AlreadyExists => new SnapshotException(SnapshotFailure.PathExists,
                $"{shown} exists already; nothing was changed. Next: choose another place, or remove it."),
            FsError.NameTooLong or FsError.InvalidName => new SnapshotException(SnapshotFailure.PathNotFound,
                $"{shown} is not a possible name."),
            FsError.InvalidArgument => new SnapshotException(SnapshotFailure.PathExists,
                $"{shown} holds the directory that would be put there."),
            _ => Failed($"nothing was made at {shown}", error),
        };
    }
}
