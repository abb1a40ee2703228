using Hartfs.Format;

namespace Hartfs.Metadata.Tables;

/// <summary>How a replaced range becomes changes of rows: old rows, new rows, and the difference applied.</summary>
public sealed partial class ExtentTable
{
    // Loads the rows that overlap or touch a range. Of a long range all but the last batch are deleted on the way;
    // returns the difference in bytes that are not holes which that made.
    private long LoadOld(InodeNumber inode, long offset, long end)
    {
        long allocated = 0;
        if (offset > 0 && TryGetBefore(inode, offset, out Row left) && left.Extent.End >= offset)
            _old.Add(left);
        int first = _old.Count;
        while (true)
        {
            using (Sqlite.Statement.Rows rows = BindFrom(inode, offset, end, BatchRows).Query())
                while (rows.Next())
                    _old.Add(Read(rows));
            if (_old.Count - first < BatchRows)
                return allocated;
            // The last row stays for the next round: it may reach beyond the range.
            for (int index = first; index < _old.Count - 1; index++)
                allocated += Drop(inode, _old[index]);
            _old.RemoveRange(first, _old.Count - first);
        }
    }

    private long Drop(InodeNumber inode, in Row row)
    {
        Delete(inode, row);
        if (row.Extent.Kind != ExtentKind.Fill)
            _state.DataBytes -= row.Extent.Length;
        if (row.Extent.Kind == ExtentKind.Data)
            _state.ReleasedBytes += row.Extent.Length;
        return -row.Extent.Length;
    }

    // The rows that shall be there instead of the old ones.
    private void Compose(long offset, long end, ReadOnlySpan<Extent> with)
    {
        _new.Clear();
        foreach (Row row in _old)
            if (row.Extent.Offset < offset)
                Append(row.Extent.Slice(row.Extent.Offset, Math.Min(row.Extent.End, offset)));
        foreach (Extent extent in with)
            Append(extent);
        foreach (Row row in _old)
            if (row.Extent.End > end)
                Append(row.Extent.Slice(Math.Max(row.Extent.Offset, end), row.Extent.End));
    }

    private void Append(in Extent extent)
    {
        if (_new.Count != 0 && _new[^1].IsContinuedBy(extent))
            _new[^1] = _new[^1] with { Length = _new[^1].Length + extent.Length };
        else
            _new.Add(extent);
    }

    private void CountReleased(long offset, long end)
    {
        foreach ((Extent extent, _) in _old)
            if (extent.Kind == ExtentKind.Data)
                _state.ReleasedBytes += Math.Max(0, Math.Min(extent.End, end) - Math.Max(extent.Offset, offset));
    }

    private long Count(int sign)
    {
        long allocated = 0;
        foreach (Row row in _old)
        {
            allocated += sign * row.Extent.Length;
            if (row.Extent.Kind != ExtentKind.Fill)
                _state.DataBytes += sign * row.Extent.Length;
        }
        return allocated;
    }

    private long CountNew()
    {
        long allocated = 0;
        foreach (Extent extent in _new)
        {
            allocated += extent.Length;
            if (extent.Kind != ExtentKind.Fill)
                _state.DataBytes += extent.Length;
        }
        return allocated;
    }

    private void ReplaceContent(InodeNumber inode, in Extent content)
    {
        if (_old.Count == 0)
        {
            // The range begins behind the content: it moves into a row only when there is more.
            if (_new.Count == 0)
                return;
            _new.Insert(0, content);
        }
        if (_new.Count == 0)
        {
            _inodes.SetContent(inode, default);
            return;
        }
        if (IsContent(_new))
        {
            if (_new[0] != content)
                _inodes.SetContent(inode, _new[0]);
            return;
        }
        _inodes.SetContent(inode, default);
        foreach (Extent extent in _new)
            Insert(inode, extent);
    }

    private bool TryMoveIntoInode(InodeNumber inode)
    {
        if (!IsContent(_new) || HasOtherRows(inode))
            return false;
        foreach (Row row in _old)
            Delete(inode, row);
        _inodes.SetContent(inode, _new[0]);
        return true;
    }

    private bool HasOtherRows(InodeNumber inode)
    {
        // The rows loaded are the first of the file when the new one begins at 0; one more would lie behind them.
        using Sqlite.Statement.Rows rows = BindFrom(inode, 0, long.MaxValue, _old.Count + 1).Query();
        int count = 0;
        while (rows.Next())
            count++;
        return count > _old.Count;
    }

    private static bool IsContent(List<Extent> extents) =>
        extents.Count == 1 && extents[0] is { Offset: 0, Kind: ExtentKind.Data };

    private void Apply(InodeNumber inode)
    {
        int position = 0;
        foreach (Row row in _old)
        {
            while (position < _new.Count && _new[position].Offset < row.Extent.Offset)
                Insert(inode, _new[position++]);
            if (position < _new.Count && _new[position].Offset == row.Extent.Offset)
                Update(inode, row, _new[position++]);
            else
                Delete(inode, row);
        }
        while (position < _new.Count)
            Insert(inode, _new[position++]);
    }

    private void Insert(InodeNumber inode, in Extent extent) =>
        _insert.Bind(1, inode.Value).Bind(2, extent.Offset).Bind(3, _state.Epoch).Bind(4, extent.Length)
            .Bind(5, (long)extent.Kind).Bind(6, extent.Reference).Execute();

    private void Update(InodeNumber inode, in Row row, in Extent extent)
    {
        if (row.Extent == extent)
            return;
        Keep(inode, row);
        _update.Bind(1, inode.Value).Bind(2, extent.Offset).Bind(3, _state.Epoch).Bind(4, extent.Length)
            .Bind(5, (long)extent.Kind).Bind(6, extent.Reference).Execute();
    }

    private void Delete(InodeNumber inode, in Row row)
    {
        Keep(inode, row);
        _delete.Bind(1, inode.Value).Bind(2, row.Extent.Offset).Execute();
    }

    private void Keep(InodeNumber inode, in Row row)
    {
        if (row.Born <= _state.KeptEpoch)
            _keep.Bind(1, inode.Value).Bind(2, row.Extent.Offset).Bind(3, _state.Epoch).Execute();
    }
}
