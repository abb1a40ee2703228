using System.Diagnostics;
using System.Runtime.InteropServices;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Snapshots;
using Hartfs.Metadata.Tables;

namespace Hartfs.Core.Snapshots;

/// <summary>How far a clone is, and what it came to.</summary>
/// <param name="Files">Regular files.</param>
/// <param name="Directories">Directories.</param>
/// <param name="Others">Links, devices, sockets, fifos.</param>
/// <param name="Bytes">Sum of the sizes of the files; none of it was copied.</param>
public readonly record struct CloneProgress(long Files, long Directories, long Others, long Bytes);

/// <summary>
/// Makes a tree of new inodes that share the extents of a tree in a snapshot. It has no name while it grows, so that
/// it appears whole or not at all; a crash leaves a loose tree, which the next opening removes.
/// </summary>
/// <remarks>
/// Modes, owners, times, attributes and hard links inside the tree are kept. The work goes on in steps of a few
/// milliseconds, between which others have the gate and the tree lock.
/// </remarks>
internal sealed class TreeClone(
    Volume volume, SnapshotReader source, Action<CloneProgress>? report, Func<bool> isStopped)
{
    private const int ExtentRows = 512;
    private static readonly TimeSpan StepTime = TimeSpan.FromMilliseconds(2);

    private readonly MetadataStore _metadata = volume.Metadata;
    private readonly Stack<Level> _levels = new();
    private readonly Dictionary<long, InodeNumber> _linked = [];
    private readonly List<Extent> _extents = [];
    private FileCopy? _file;
    private CloneProgress _progress;

    /// <summary>What was cloned so far.</summary>
    public CloneProgress Progress => _progress;

    /// <summary>The top of the tree; default before there is one.</summary>
    public InodeNumber Top { get; private set; }

    /// <summary>Makes the tree; its top has no name and a link count of 0.</summary>
    /// <remarks>What was made before an error is there until <see cref="Discard"/>.</remarks>
    public FsError Make(InodeNumber from)
    {
        FsError error = Step(() => Begin(from));
        while (error == FsError.None && (_file is not null || _levels.Count > 0))
        {
            if (isStopped())
                throw new OperationCanceledException();
            error = Step(Work);
            report?.Invoke(_progress);
        }

        return error;
    }

    /// <summary>Removes what was made.</summary>
    public void Discard()
    {
        bool isMore = Top != default;
        while (isMore && volume.Fatal == FsError.None)
            using (volume.Gate.EnterChange())
                lock (volume.TreeLock)
                    isMore = LooseTree.Remove(_metadata, Top, countMax: 64);
    }

    private FsError Step(Func<FsError> work)
    {
        if (volume.Fatal != FsError.None)
            return volume.Fatal;
        if (!volume.HasRoom(0))
            return FsError.OutOfSpace;
        using (volume.Gate.EnterChange())
            lock (volume.TreeLock)
                return work();
    }

    private FsError Begin(InodeNumber from)
    {
        if (!source.TryGetInode(from, out InodeRecord record) || record.LinkCount == 0)
            return FsError.NotFound;
        Top = Insert(record, parent: default, isTop: true);
        return FsError.None;
    }

    private FsError Work()
    {
        long start = Stopwatch.GetTimestamp();
        do
        {
            if (_file is { } file)
                CopyExtents(file);
            else if (_levels.TryPeek(out Level? level))
                CloneNext(level);
            else
                break;
        }
        while (Stopwatch.GetElapsedTime(start) < StepTime);
        return FsError.None;
    }

    private void CloneNext(Level level)
    {
        byte[] name;
        Entry entry;
        using (EntryCursor entries = source.List(level.From, level.Cookie))
        {
            if (!entries.MoveNext())
            {
                _levels.Pop();
                return;
            }

            entry = entries.Current;
            name = entries.Name.ToArray();
        }

        level.Cookie = entry.Cookie;
        if (!source.TryGetInode(entry.Inode, out InodeRecord record))
            throw new MetadataException(MetadataFailure.Damaged, 0, $"Snapshot at {source.Epoch} lacks {entry.Inode}");
        if (record is { IsDirectory: false, LinkCount: > 1 } &&
            _linked.TryGetValue(entry.Inode.Value, out InodeNumber known))
        {
            _metadata.Inodes.TryGet(known, out InodeRecord linked);
            linked.LinkCount++;
            _metadata.Inodes.Update(linked);
            _metadata.Entries.Insert(level.To, name, known, record.Mode);
            return;
        }

        InodeNumber made = Insert(record, level.To, isTop: false);
        _metadata.Entries.Insert(level.To, name, made, record.Mode);
    }

    private InodeNumber Insert(in InodeRecord origin, InodeNumber parent, bool isTop)
    {
        long now = volume.FileSystem.Now;
        InodeRecord to = origin with
        {
            Number = _metadata.Inodes.Allocate(),
            LinkCount = isTop ? 0 : origin.IsDirectory ? origin.LinkCount : 1,
            Parent = origin.IsDirectory ? parent : default,
            ChangeTime = now,
            BirthTime = now,
        };
        if (!origin.IsDirectory && origin.LinkCount > 1)
            _linked.Add(origin.Number.Value, to.Number);
        _metadata.Inodes.Insert(to);
        if ((origin.Flags & InodeFlags.HasXattrs) != 0)
            CopyXattrs(origin.Number, to.Number);
        if (origin.IsDirectory)
        {
            _levels.Push(new Level(origin.Number, to.Number));
            _progress = _progress with { Directories = _progress.Directories + 1 };
        }
        else if (origin.IsRegularFile)
        {
            _file = new FileCopy(origin.Number, to.Number, origin.Size);
            _progress = _progress with { Files = _progress.Files + 1, Bytes = _progress.Bytes + origin.Size };
        }
        else
        {
            if (source.GetSymlink(origin.Number) is { } target)
                _metadata.Symlinks.Insert(to.Number, target);
            _progress = _progress with { Others = _progress.Others + 1 };
        }

        return to.Number;
    }

    private void CopyXattrs(InodeNumber from, InodeNumber to)
    {
        using XattrCursor xattrs = source.ListXattrs(from);
        while (xattrs.MoveNext())
            _metadata.Xattrs.Set(to, xattrs.Name, xattrs.Value);
    }

    // The record says already how much of the file is allocated.
    private void CopyExtents(FileCopy file)
    {
        _extents.Clear();
        int count = source.LoadExtents(file.From, file.Position, _extents, ExtentRows);
        long end = count < ExtentRows ? file.Size : _extents[^1].End;
        if (count > 0)
            _metadata.Extents.Replace(file.To, file.Position, end - file.Position,
                CollectionsMarshal.AsSpan(_extents));
        file.Position = end;
        if (count < ExtentRows)
            _file = null;
    }

    private sealed class Level(InodeNumber from, InodeNumber to)
    {
        public InodeNumber From => from;

        public InodeNumber To => to;

        public long Cookie { get; set; }
    }

    private sealed class FileCopy(InodeNumber from, InodeNumber to, long size)
    {
        public InodeNumber From => from;

        public InodeNumber To => to;

        public long Size => size;

        public long Position { get; set; }
    }
}
