using System.Globalization;
using System.Text;
using Hartfs.Core.Commit;
using Hartfs.Core.Files;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Snapshots;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Snapshots;

/// <summary>The snapshots of an open volume. Any thread; every failure is a <see cref="SnapshotException"/>.</summary>
public sealed partial class SnapshotSet
{
    private readonly Volume _volume;
    private readonly MetadataStore _metadata;
    private readonly Lock _treeLock;
    private readonly Committer _committer;
    private readonly InlineRecall _recall;
    private readonly ILogger _logger;

    // guards: one change of the set at a time, from the first look to the commit; taken before every other lock
    private readonly Lock _changeLock = new();

    // guards: the tree lock; how often each snapshot is in use
    private readonly Dictionary<SnapshotId, int> _uses = [];

    // guards: the tree lock; what List answered last, until something changes
    private IReadOnlyList<SnapshotRecord>? _listed;

    internal SnapshotSet(Volume volume, Committer committer, InlineRecall recall, ILogger logger)
    {
        _volume = volume;
        _metadata = volume.Metadata;
        _treeLock = volume.TreeLock;
        _committer = committer;
        _recall = recall;
        _logger = logger;
    }

    /// <summary>Every snapshot, oldest first; those of operations under way are left out.</summary>
    public IReadOnlyList<SnapshotRecord> List()
    {
        lock (_treeLock)
            return _listed ??= [.. _metadata.Snapshots.List().Where(each => each.Kind != SnapshotKind.Momentary)];
    }

    /// <summary>Finds a snapshot by its name.</summary>
    public SnapshotRecord Get(ReadOnlySpan<byte> name) => TryGet(name) ?? throw new SnapshotException(
        SnapshotFailure.NotFound,
        $"there is no snapshot '{SnapshotName.Describe(name)}'. Next: hartfs snapshot list shows those there are.");

    /// <summary>Finds a snapshot by its name; null when there is none.</summary>
    public SnapshotRecord? TryGet(ReadOnlySpan<byte> name)
    {
        lock (_treeLock)
            return _metadata.Snapshots.Find(name) is { Kind: not SnapshotKind.Momentary } found ? found : null;
    }

    /// <summary>
    /// Makes a snapshot of everything acknowledged so far and makes it durable. The live tree stands still for
    /// milliseconds, whatever its size.
    /// </summary>
    public SnapshotRecord Create(ReadOnlySpan<byte> name)
    {
        if (SnapshotName.FindFault(name) is { } fault)
            throw new SnapshotException(SnapshotFailure.BadName, $"{fault}. Next: choose another name.");
        byte[] bytes = name.ToArray();
        return Create(() => bytes, SnapshotKind.Named);
    }

    /// <summary>Makes a snapshot named after the time, with a word in front.</summary>
    public SnapshotRecord CreateNow(string prefix = "", SnapshotKind kind = SnapshotKind.Named) =>
        Create(() => FreeName(prefix), kind);

    private SnapshotRecord Create(Func<byte[]> name, SnapshotKind kind)
    {
        ThrowIfReadOnly();
        SnapshotRecord made;
        byte[] bytes;
        lock (_changeLock)
        {
            bytes = name();
            if (TryGet(bytes) is not null)
            {
                throw new SnapshotException(SnapshotFailure.NameTaken,
                    $"there is a snapshot '{SnapshotName.Describe(bytes)}' already. Next: choose another name, or "
                    + "hartfs snapshot delete that one.");
            }

            made = StandStillFor(bytes, kind);
            FsError error = _volume.Commit();
            if (error != FsError.None)
            {
                Undo(made.Id);
                throw Failed("the snapshot was not made", error);
            }
        }

        _volume.Tree.NoteSnapshot(bytes);
        return made;
    }

    /// <summary>How long the live tree stood still for the newest snapshot.</summary>
    public TimeSpan LastPause { get; private set; }

    /// <summary>
    /// Deletes a snapshot, durably. What only it held comes back through collection.
    /// </summary>
    public void Delete(ReadOnlySpan<byte> name) => Delete([name.ToArray()]);

    /// <summary>Deletes snapshots, durably: all of them, or none when one cannot be deleted.</summary>
    /// <returns>Those deleted, oldest first.</returns>
    public IReadOnlyList<SnapshotRecord> Delete(IReadOnlyCollection<byte[]> names)
    {
        ThrowIfReadOnly();
        lock (_changeLock)
        {
            SnapshotRecord[] found = [.. names.Select(name => Get(name)).DistinctBy(each => each.Id)
                .OrderBy(each => each.Id.Value)];
            if (Array.Find(found, each => each.IsHeld) is { } held)
            {
                throw new SnapshotException(SnapshotFailure.InUse,
                    $"snapshot '{SnapshotName.Describe(held.Name)}' is held; nothing was deleted. "
                    + "Next: hartfs snapshot release it first.");
            }

            string done = found.Length == 1 ? "the snapshot is deleted" : "the snapshots are deleted";
            Change(done, () =>
            {
                if (Array.Find(found, each => _uses.ContainsKey(each.Id)) is { } used)
                {
                    throw new SnapshotException(SnapshotFailure.InUse,
                        $"snapshot '{SnapshotName.Describe(used.Name)}' is mounted or being read; nothing was deleted. "
                        + "Next: unmount it first.");
                }

                foreach (SnapshotRecord each in found)
                {
                    _metadata.Snapshots.Delete(each.Id);
                    _volume.Tree.Forget(each.Id);
                }
            }, found);
            return found;
        }
    }

    /// <summary>Holds a snapshot, so that nothing deletes it before it is released, or releases it; durably.</summary>
    public void SetHeld(ReadOnlySpan<byte> name, bool isHeld) => SetHeld([name.ToArray()], isHeld);

    /// <summary>Holds or releases snapshots, durably: all of them, or none when there is not each of them.</summary>
    public void SetHeld(IReadOnlyCollection<byte[]> names, bool isHeld)
    {
        ThrowIfReadOnly();
        lock (_changeLock)
        {
            SnapshotRecord[] found = [.. names.Select(name => Get(name))];
            string done = found.Length == 1 ? "the snapshot is" : "the snapshots are";
            Change($"{done} {(isHeld ? "held" : "released")}", () =>
            {
                foreach (SnapshotRecord each in found)
                    _metadata.Snapshots.SetHeld(each.Id, isHeld);
            });
        }
    }

    /// <summary>
    /// Makes the live tree what a snapshot holds, durably. What it was before is kept as a snapshot. Files that are
    /// open stay as they are; those changed since have no name any more, and their names lead to other files.
    /// </summary>
    /// <returns>The snapshot of what was before.</returns>
    public SnapshotRecord RollBack(ReadOnlySpan<byte> name)
    {
        ThrowIfReadOnly();
        byte[] bytes = name.ToArray();
        lock (_treeWorkLock)
            return RollBackAlone(bytes);
    }

    private SnapshotRecord RollBackAlone(byte[] bytes)
    {
        lock (_changeLock)
        {
            SnapshotRecord target = Get(bytes);
            FsError error = _volume.Commit();
            if (error != FsError.None)
                throw Failed("nothing was rolled back", error);
            RollbackChanges? changes = null;
            SnapshotRecord before = StandStillFor(FreeName("before-rollback-"), SnapshotKind.Rollback, _ =>
            {
                changes = TreeRollback.Run(_metadata, target.Epoch, _volume.FileSystem.IsReferenced);
                _volume.Nodes.Clear();
            });
            error = _volume.Commit();
            // Whatever became of the commit, the tree is another one now.
            Tell(changes!);
            _volume.Tree.NoteSnapshot(before.Name);
            return error == FsError.None
                ? before
                : throw Failed("the drive is rolled back, but not durably yet", error);
        }
    }

    // A name for a snapshot of this moment that is free, under the change lock.
    private byte[] FreeName(string prefix)
    {
        string name = SnapshotName.Of(_volume.Settings.Time.GetUtcNow(), prefix);
        byte[] free = Encoding.UTF8.GetBytes(name);
        for (int number = 2; TryGet(free) is not null; number++)
            free = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"));
        return free;
    }

    private void Tell(RollbackChanges changes)
    {
        if (_volume.Tree.KernelCache is not { } cache)
            return;
        foreach ((InodeNumber parent, byte[] entry) in changes.Entries)
            cache.InvalidateEntry(parent, entry);
        foreach (InodeNumber inode in changes.Inodes)
            cache.InvalidateInode(inode);
    }

    /// <summary>Opens a snapshot for reading; it cannot be deleted until the result is disposed.</summary>
    public SnapshotUse Use(ReadOnlySpan<byte> name)
    {
        byte[] bytes = name.ToArray();
        lock (_treeLock)
            return new SnapshotUse(this, new SnapshotFileSystem(_volume, Get(bytes), isPlaced: false));
    }

    /// <summary>
    /// Opens the tree as it is at this moment for reading: it stays so, whatever changes, until it is disposed.
    /// </summary>
    internal SnapshotUse UseNow()
    {
        lock (_changeLock)
        {
            byte[] name = [.. ".momentary-"u8, .. Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("n"))];
            SnapshotRecord made = StandStillFor(name, SnapshotKind.Momentary);
            return new SnapshotUse(this, new SnapshotFileSystem(_volume, made, isPlaced: false));
        }
    }

    internal void AddUse(SnapshotId id)
    {
        lock (_treeLock)
            _uses[id] = _uses.GetValueOrDefault(id) + 1;
    }

    internal void EndUse(SnapshotRecord snapshot)
    {
        bool isLast;
        lock (_treeLock)
        {
            isLast = --_uses[snapshot.Id] == 0;
            if (isLast)
                _uses.Remove(snapshot.Id);
        }

        if (isLast && snapshot.Kind == SnapshotKind.Momentary && snapshot.Id != default)
            Undo(snapshot.Id);
    }

    // Gate and tree lock around a small change, then a commit. A change that the commit did not make durable stays.
    private void Change(string done, Action change, IReadOnlyList<SnapshotRecord>? gone = null)
    {
        if (_volume.Fatal != FsError.None)
            throw Failed("nothing was changed", _volume.Fatal);
        using (_volume.Gate.EnterChange())
            lock (_treeLock)
            {
                _listed = null;
                change();
            }

        FsError error = _volume.Commit();
        foreach (SnapshotRecord each in gone ?? [])
            _volume.Tree.NoteSnapshot(each.Name);
        if (error != FsError.None)
            throw Failed($"{done}, but not durably yet", error);
    }

    private SnapshotRecord StandStillFor(byte[] name, SnapshotKind kind, Action<SnapshotRecord>? then = null)
    {
        string undone = kind switch
        {
            SnapshotKind.Momentary => "the drive could not be looked at as it is now",
            SnapshotKind.Rollback => "nothing was rolled back",
            _ => "the snapshot was not made",
        };
        // Looking must be possible on a full disk too.
        if (kind != SnapshotKind.Momentary && !_volume.HasRoom(0))
            throw Failed(undone, FsError.OutOfSpace);
        SnapshotRecord? made = null;
        FsError error = _committer.StandStill(_recall, () =>
        {
            if (!_metadata.Snapshots.HasRoom)
                return;
            made = _metadata.Snapshots.Create(name, kind, _volume.FileSystem.Now);
            _listed = null;
            then?.Invoke(made);
        }, out TimeSpan pause);
        if (error != FsError.None)
            throw Failed(undone, error);
        if (made is null)
        {
            throw new SnapshotException(SnapshotFailure.Other,
                $"this volume has had {SnapshotId.Max} snapshots, and cannot number another one.");
        }

        LastPause = pause;
        Log.SnapshotMade(_logger, SnapshotName.Describe(name), pause.TotalMilliseconds);
        return made;
    }

    // Takes back a snapshot that nobody has seen.
    private void Undo(SnapshotId id)
    {
        if (_volume.Fatal != FsError.None)
            return;
        using (_volume.Gate.EnterChange())
            lock (_treeLock)
            {
                _metadata.Snapshots.Delete(id);
                _listed = null;
            }
    }

    private void ThrowIfReadOnly()
    {
        if (_volume.Settings.ReadOnly)
        {
            throw new SnapshotException(SnapshotFailure.ReadOnly,
                "the volume is open for reading only. Next: mount it without -o ro.");
        }
    }

    private static SnapshotException Failed(string what, FsError error) => error == FsError.OutOfSpace
        ? new SnapshotException(SnapshotFailure.OutOfSpace,
            $"{what}: no room is left on the disk, or below -o size=. Next: delete something, then hartfs gc; or make "
            + "room beside the volume.")
        : new SnapshotException(SnapshotFailure.IoFailure, $"{what}: {error}. Next: look into the log of the volume.");
}

/// <summary>A snapshot in use. Dispose it to end that.</summary>
public sealed class SnapshotUse : IDisposable
{
    private readonly SnapshotSet _set;
    private bool _isEnded;

    internal SnapshotUse(SnapshotSet set, SnapshotFileSystem fileSystem)
    {
        _set = set;
        FileSystem = fileSystem;
        set.AddUse(fileSystem.Snapshot.Id);
    }

    /// <summary>The tree, with its inodes' own numbers.</summary>
    public SnapshotFileSystem FileSystem { get; }

    public void Dispose()
    {
        if (_isEnded)
            return;
        _isEnded = true;
        _set.EndUse(FileSystem.Snapshot);
    }
}
