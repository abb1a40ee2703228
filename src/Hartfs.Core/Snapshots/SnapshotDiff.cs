using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Snapshots;
using Hartfs.Metadata.Tables;

namespace Hartfs.Core.Snapshots;

/// <summary>How a path differs between two snapshots.</summary>
public enum DiffKind
{
    Added = 0,
    Removed = 1,

    /// <summary>Other data, attributes, or another file of the same name.</summary>
    Changed = 2,
    Renamed = 3,
}

/// <summary>A difference.</summary>
/// <param name="Path">From the root; of a renamed one in the older snapshot.</param>
/// <param name="NewPath">Of a renamed one where it is now; otherwise null.</param>
/// <param name="Mode">File type and permissions in the newer snapshot that has it.</param>
/// <param name="Size">Bytes, likewise.</param>
public sealed record DiffEntry(DiffKind Kind, byte[] Path, byte[]? NewPath, int Mode, long Size);

/// <summary>
/// What changed between two snapshots, found by the rows that differ. Memory grows with the differences, not with the
/// tree.
/// </summary>
internal sealed class SnapshotDiff(
    Volume volume, SnapshotFileSystem older, SnapshotFileSystem newer, Action? report, Func<bool> isStopped)
{
    private const int RowsPerStep = 4096;

    private readonly MetadataStore _metadata = volume.Metadata;
    private readonly PathFinder _oldPaths = new(volume, older.Reader);
    private readonly PathFinder _newPaths = new(volume, newer.Reader);
    private readonly SnapshotComparison _comparison = new(older.Reader, newer.Reader);
    private readonly List<DiffEntry> _result = [];

    /// <summary>Every difference, by path.</summary>
    public IReadOnlyList<DiffEntry> Find()
    {
        HashSet<long> inodes = FindInodes();
        var names = new List<NameDifference>();
        var places = new List<NameDifference>();
        FindNames(inodes, names, places);
        ComparePlaces(names, places);
        _result.Sort((left, right) => left.Path.AsSpan().SequenceCompareTo(right.Path));
        return _result;
    }

    private HashSet<long> FindInodes()
    {
        var found = new HashSet<long>();
        DifferenceCursor cursor = default;
        while (Step(() => _metadata.Difference.FindInodes(ref cursor, older.Snapshot.Epoch, newer.Snapshot.Epoch,
            found, RowsPerStep)))
        {
        }

        var changed = new HashSet<long>();
        foreach (long number in found)
            if (Step(() => _comparison.IsChanged(new InodeNumber(number))))
                changed.Add(number);
        return changed;
    }

    private void FindNames(HashSet<long> wanted, List<NameDifference> names, List<NameDifference> places)
    {
        DifferenceCursor cursor = default;
        while (Step(() => _metadata.Difference.FindNames(ref cursor, older.Snapshot.Epoch, newer.Snapshot.Epoch,
            wanted, names, places, RowsPerStep)))
        {
        }
    }

    private void ComparePlaces(List<NameDifference> names, List<NameDifference> places)
    {
        // A row that became past during the search may have been met twice.
        Dictionary<(InodeNumber, string), NameDifference> before = ByPlace(names.Where(each => !each.IsNewer));
        Dictionary<(InodeNumber, string), NameDifference> after = ByPlace(names.Where(each => each.IsNewer));
        var shown = new HashSet<(InodeNumber, string)>();
        foreach ((InodeNumber, string) place in before.Keys.Intersect(after.Keys).ToList())
        {
            InodeNumber old = before[place].Target.Inode;
            InodeNumber now = after[place].Target.Inode;
            if (old != now && !Step(() => _comparison.IsSameFile(old, now)) && shown.Add(place))
                Add(DiffKind.Changed, after[place], _newPaths);
            before.Remove(place);
            after.Remove(place);
        }

        Dictionary<InodeNumber, Queue<NameDifference>> gone = before.Values.GroupBy(each => each.Target.Inode)
            .ToDictionary(group => group.Key, group => new Queue<NameDifference>(group));
        foreach (((InodeNumber, string) place, NameDifference added) in after)
        {
            if (gone.TryGetValue(added.Target.Inode, out Queue<NameDifference>? old) && old.Count > 0)
            {
                AddRenamed(old.Dequeue(), added);
                continue;
            }

            shown.Add(place);
            Add(DiffKind.Added, added, _newPaths);
        }

        foreach (NameDifference removed in gone.Values.SelectMany(each => each))
            Add(DiffKind.Removed, removed, _oldPaths);
        foreach (((InodeNumber, string) place, NameDifference changed) in ByPlace(places))
            if (shown.Add(place))
                Add(DiffKind.Changed, changed, _newPaths);
    }

    private static Dictionary<(InodeNumber, string), NameDifference> ByPlace(IEnumerable<NameDifference> names)
    {
        var places = new Dictionary<(InodeNumber, string), NameDifference>();
        foreach (NameDifference name in names)
            places[(name.Parent, Convert.ToHexString(name.Name))] = name;
        return places;
    }

    private void Add(DiffKind kind, NameDifference name, PathFinder paths)
    {
        InodeRecord inode = Record(name.Target.Inode, paths);
        _result.Add(new DiffEntry(kind, paths.PathOf(name.Parent, name.Name), null, inode.Mode, inode.Size));
    }

    private void AddRenamed(NameDifference from, NameDifference to)
    {
        InodeRecord inode = Record(to.Target.Inode, _newPaths);
        _result.Add(new DiffEntry(DiffKind.Renamed, _oldPaths.PathOf(from.Parent, from.Name),
            _newPaths.PathOf(to.Parent, to.Name), inode.Mode, inode.Size));
    }

    private InodeRecord Record(InodeNumber inode, PathFinder paths) => Step(() =>
    {
        paths.Reader.TryGetInode(inode, out InodeRecord record);
        return record;
    });

    private T Step<T>(Func<T> work)
    {
        if (isStopped())
            throw new SnapshotException(SnapshotFailure.Cancelled, "stopped.");
        report?.Invoke();
        lock (volume.TreeLock)
            return work();
    }
}

/// <summary>Whether an inode is another one in two snapshots. Under the tree lock.</summary>
internal sealed class SnapshotComparison(SnapshotReader older, SnapshotReader newer)
{
    private const int RowsMax = 256;

    private readonly List<Extent> _oldExtents = [];
    private readonly List<Extent> _newExtents = [];

    /// <summary>
    /// Whether both have it and its data, attributes or target differ. Access times, counts of links and the times of
    /// directories do not count.
    /// </summary>
    public bool IsChanged(InodeNumber inode)
    {
        if (!older.TryGetInode(inode, out InodeRecord before) || !newer.TryGetInode(inode, out InodeRecord after) ||
            before.LinkCount == 0 || after.LinkCount == 0)
            return false;
        if (before.Mode != after.Mode || before.Uid != after.Uid || before.Gid != after.Gid ||
            before.Flags != after.Flags || before.WindowsAttributes != after.WindowsAttributes)
            return true;
        if (!after.IsDirectory && (before.Size != after.Size || before.ModifyTime != after.ModifyTime))
            return true;
        if (before.ChangeTime == after.ChangeTime)
            return false;
        return !HasSameXattrs(inode, inode, after.Flags) || (after.IsRegularFile && !HasSameData(inode, inode));
    }

    /// <summary>Whether two inodes are the same regular file but for their numbers, as a rollback makes them.</summary>
    public bool IsSameFile(InodeNumber old, InodeNumber now) =>
        older.TryGetInode(old, out InodeRecord before) && newer.TryGetInode(now, out InodeRecord after) &&
        after.IsRegularFile && before.Mode == after.Mode && before.Uid == after.Uid && before.Gid == after.Gid &&
        before.Flags == after.Flags && before.WindowsAttributes == after.WindowsAttributes &&
        before.Size == after.Size && before.ModifyTime == after.ModifyTime && before.BirthTime == after.BirthTime &&
        HasSameXattrs(old, now, after.Flags) && HasSameData(old, now);

    /// <summary>Whether a file's extents are the same in both.</summary>
    public bool HasSameData(InodeNumber old, InodeNumber now)
    {
        long position = 0;
        while (true)
        {
            _oldExtents.Clear();
            _newExtents.Clear();
            int count = older.LoadExtents(old, position, _oldExtents, RowsMax);
            newer.LoadExtents(now, position, _newExtents, RowsMax);
            if (!_oldExtents.SequenceEqual(_newExtents))
                return false;
            if (count < RowsMax)
                return true;
            position = _oldExtents[^1].End;
        }
    }

    private bool HasSameXattrs(InodeNumber old, InodeNumber now, InodeFlags flags) =>
        (flags & InodeFlags.HasXattrs) == 0 || Xattrs(older, old).SequenceEqual(Xattrs(newer, now));

    private static List<string> Xattrs(SnapshotReader reader, InodeNumber inode)
    {
        var list = new List<string>();
        using XattrCursor xattrs = reader.ListXattrs(inode);
        while (xattrs.MoveNext())
            list.Add($"{Convert.ToHexString(xattrs.Name)}={Convert.ToHexString(xattrs.Value)}");
        return list;
    }
}

/// <summary>Paths of directories in a snapshot; remembers what it has looked up.</summary>
internal sealed class PathFinder(Volume volume, SnapshotReader reader)
{
    private readonly Dictionary<InodeNumber, byte[]> _paths = new() { [InodeNumber.Root] = [] };
    private readonly Dictionary<InodeNumber, byte[]> _names = [];
    private readonly HashSet<InodeNumber> _listed = [];

    public SnapshotReader Reader => reader;

    /// <summary>The path of a name in a directory, from the root.</summary>
    public byte[] PathOf(InodeNumber parent, ReadOnlySpan<byte> name) => [.. PathOf(parent), (byte)'/', .. name];

    private byte[] PathOf(InodeNumber directory)
    {
        var below = new Stack<InodeNumber>();
        byte[]? path;
        while (!_paths.TryGetValue(directory, out path))
        {
            below.Push(directory);
            lock (volume.TreeLock)
                directory = reader.TryGetInode(directory, out InodeRecord record) ? record.Parent : InodeNumber.Root;
        }

        while (below.TryPop(out InodeNumber next))
        {
            path = [.. path, (byte)'/', .. NameOf(directory, next)];
            _paths[next] = path;
            directory = next;
        }

        return path;
    }

    private byte[] NameOf(InodeNumber parent, InodeNumber directory)
    {
        if (_listed.Add(parent))
            lock (volume.TreeLock)
            {
                using EntryCursor entries = reader.List(parent, 0);
                while (entries.MoveNext())
                    if (InodeMode.IsDirectory(entries.Current.Type))
                        _names[entries.Current.Inode] = entries.Name.ToArray();
            }

        return _names.GetValueOrDefault(directory, "?"u8.ToArray());
    }
}
