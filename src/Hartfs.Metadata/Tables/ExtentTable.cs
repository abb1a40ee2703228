using System.Runtime.InteropServices;
using Hartfs.Format;
using Hartfs.Metadata.Snapshots;
using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata.Tables;

/// <summary>
/// The extents of live files. A file that is one data extent from its start keeps it in its inode's row.
/// Keeps <see cref="VolumeState.DataBytes"/>.
/// </summary>
/// <remarks>
/// Methods that change extents return the difference in bytes that are not holes, for the caller to add to the
/// inode's <see cref="InodeRecord.AllocatedBytes"/>. Sizes are the caller's: nothing here looks at them.
/// </remarks>
public sealed partial class ExtentTable
{
    // Rows looked at together when a long range is replaced.
    private const int BatchRows = 1024;

    private readonly InodeTable _inodes;
    private readonly VolumeState _state;
    private readonly Statement _before;
    private readonly Statement _from;
    private readonly Statement _insert;
    private readonly Statement _update;
    private readonly Statement _delete;
    private readonly Statement _keep;
    private readonly Statement _deleteAll;
    private readonly Statement _totals;
    private readonly Statement _inline;
    private readonly List<Row> _old = [];
    private readonly List<Extent> _new = [];
    private readonly List<Extent> _copied = [];

    internal ExtentTable(Database database, VolumeState state, InodeTable inodes)
    {
        _inodes = inodes;
        _state = state;
        const string Columns = "offset, length, kind, reference, born";
        _before = database.Prepare(
            $"SELECT {Columns} FROM extent WHERE inode = ? AND offset < ? ORDER BY offset DESC LIMIT 1");
        _from = database.Prepare(
            $"SELECT {Columns} FROM extent WHERE inode = ? AND offset BETWEEN ? AND ? ORDER BY offset LIMIT ?");
        _insert = database.Prepare(
            "INSERT INTO extent (inode, offset, born, length, kind, reference) VALUES (?, ?, ?, ?, ?, ?)");
        _update = database.Prepare(
            "UPDATE extent SET born = ?3, length = ?4, kind = ?5, reference = ?6 WHERE inode = ?1 AND offset = ?2");
        _delete = database.Prepare("DELETE FROM extent WHERE inode = ? AND offset = ?");
        _keep = database.Prepare(
            "INSERT INTO extent_past (inode, offset, died, born, length, kind, reference) " +
            "SELECT inode, offset, ?3, born, length, kind, reference FROM extent WHERE inode = ?1 AND offset = ?2");
        _deleteAll = database.Prepare("DELETE FROM extent WHERE inode = ?");
        _totals = database.Prepare(
            "SELECT sum(length), sum(CASE WHEN kind = 1 THEN 0 ELSE length END), " +
            "sum(CASE WHEN kind = 0 THEN length ELSE 0 END) " +
            "FROM extent WHERE inode = ?");
        _inline = database.Prepare(
            "SELECT inode, offset, length, kind, reference FROM extent WHERE kind = 2 ORDER BY inode, offset");
    }

    /// <summary>
    /// Adds to a list, in ascending order, the extents of a file that hold or lie behind an offset.
    /// </summary>
    /// <param name="rowsMax">Extents at most; continue at the end of the last one.</param>
    /// <returns>How many were added; fewer than <paramref name="rowsMax"/> means that there are no more.</returns>
    public int Load(InodeNumber inode, long fromOffset, List<Extent> result, int rowsMax)
    {
        int before = result.Count;
        if (_inodes.TryGetContent(inode, out Extent content))
        {
            if (content.End > fromOffset)
                result.Add(content);
            return result.Count - before;
        }
        if (fromOffset > 0 && TryGetBefore(inode, fromOffset, out Row first) && first.Extent.End > fromOffset)
            result.Add(first.Extent);
        int left = rowsMax - (result.Count - before);
        using Statement.Rows rows = BindFrom(inode, fromOffset, long.MaxValue, left).Query();
        while (rows.Next())
            result.Add(Read(rows).Extent);
        return result.Count - before;
    }

    /// <summary>
    /// Makes a range of a file consist of the given extents and, between them, holes. Rows at its borders are split
    /// or trimmed; runs that continue each other become one row.
    /// </summary>
    /// <param name="with">In ascending order, without overlap, within the range.</param>
    /// <returns>The difference in bytes that are not holes.</returns>
    public long Replace(InodeNumber inode, long offset, long length, ReadOnlySpan<Extent> with)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        long end = length > long.MaxValue - offset ? long.MaxValue : offset + length;
        long allocated = 0;
        bool hadContent = _inodes.TryGetContent(inode, out Extent content);
        _old.Clear();
        if (!hadContent)
            allocated = LoadOld(inode, offset, end);
        else if (content.End >= offset)
            _old.Add(new Row(content, _state.Epoch));
        CountReleased(offset, end);
        Compose(offset, end, with);
        allocated += Count(-1) + CountNew();
        if (hadContent)
            ReplaceContent(inode, content);
        else if (!TryMoveIntoInode(inode))
            Apply(inode);
        return allocated;
    }

    /// <summary>Removes everything at and behind a size. Returns the difference in bytes that are not holes.</summary>
    public long Truncate(InodeNumber inode, long size) =>
        size == long.MaxValue ? 0 : Replace(inode, size, long.MaxValue - size, []);

    /// <summary>Removes every extent. Returns the difference in bytes that are not holes.</summary>
    public long DeleteAll(InodeNumber inode)
    {
        if (_inodes.TryGetContent(inode, out Extent content))
        {
            _inodes.SetContent(inode, default);
            _state.DataBytes -= content.Length;
            _state.ReleasedBytes += content.Length;
            return -content.Length;
        }
        // Rows that may have to be kept are taken in batches, which bounds the memory of the statement.
        if (_state.KeptEpoch > 0)
            return Truncate(inode, 0);
        long allocated;
        using (Statement.Rows rows = _totals.Bind(1, inode.Value).Query())
        {
            if (!rows.Next() || rows.IsNull(0))
                return 0;
            allocated = -rows.Int64(0);
            _state.DataBytes -= rows.Int64(1);
            _state.ReleasedBytes += rows.Int64(2);
        }
        _deleteAll.Bind(1, inode.Value).Execute();
        return allocated;
    }

    /// <summary>
    /// Makes a range of one file share the extents of a range of another, or of a range of itself that does not
    /// overlap. Holes are copied too. Returns the difference in bytes of the target that are not holes.
    /// </summary>
    /// <remarks>Inline extents are shared as well; their bytes stay as long as either refers to them.</remarks>
    /// <param name="past">Where the source is: a snapshot, or null for the live tree.</param>
    public long Copy(InodeNumber source, long sourceOffset, InodeNumber target, long targetOffset, long length,
        SnapshotReader? past = null)
    {
        long allocated = 0;
        long sourceEnd = sourceOffset + length;
        for (long position = sourceOffset; position < sourceEnd;)
        {
            _copied.Clear();
            int loaded = past?.LoadExtents(source, position, _copied, BatchRows)
                ?? Load(source, position, _copied, BatchRows);
            bool more = loaded == BatchRows;
            long batchEnd = more ? Math.Min(_copied[^1].End, sourceEnd) : sourceEnd;
            int count = 0;
            Span<Extent> extents = CollectionsMarshal.AsSpan(_copied);
            foreach (Extent extent in extents)
            {
                if (extent.Offset >= batchEnd)
                    break;
                Extent part = extent.Slice(Math.Max(extent.Offset, position), Math.Min(extent.End, batchEnd));
                extents[count++] = Shift(part, targetOffset - sourceOffset);
            }
            allocated += Replace(
                target, position + (targetOffset - sourceOffset), batchEnd - position, extents[..count]);
            position = batchEnd;
        }
        return allocated;
    }

    /// <summary>Adds every inline extent of every live file to a list, by inode and offset.</summary>
    public void ListInline(List<InlineExtent> result)
    {
        using Statement.Rows rows = _inline.Query();
        while (rows.Next())
        {
            var extent = new Extent(rows.Int64(1), rows.Int64(2), (ExtentKind)rows.Int64(3), rows.Int64(4));
            result.Add(new InlineExtent(new InodeNumber(rows.Int64(0)), extent));
        }
    }

    /// <summary>An extent moved by a distance; a fill keeps its phase relative to the file's bytes.</summary>
    private static Extent Shift(in Extent extent, long distance)
    {
        long reference = extent.Reference;
        if (extent.Kind == ExtentKind.Fill)
            reference = (long)ulong.RotateLeft((ulong)reference, (int)(distance & 7) * 8);
        return extent with { Offset = extent.Offset + distance, Reference = reference };
    }

    internal static Extent ReadExtent(in Statement.Rows rows) =>
        new(rows.Int64(0), rows.Int64(1), (ExtentKind)rows.Int64(2), rows.Int64(3));

    private static Row Read(in Statement.Rows rows) => new(ReadExtent(rows), rows.Int64(4));

    private Statement BindFrom(InodeNumber inode, long from, long to, int rowsMax) =>
        _from.Bind(1, inode.Value).Bind(2, from).Bind(3, to).Bind(4, rowsMax);

    private bool TryGetBefore(InodeNumber inode, long offset, out Row row)
    {
        using Statement.Rows rows = _before.Bind(1, inode.Value).Bind(2, offset).Query();
        bool found = rows.Next();
        row = found ? Read(rows) : default;
        return found;
    }

    private readonly record struct Row(Extent Extent, long Born);
}

/// <summary>An inline extent and the file it belongs to.</summary>
public readonly record struct InlineExtent(InodeNumber Inode, Extent Extent);
