using Hartfs.Format;
using Hartfs.Metadata.Tables;

namespace Hartfs.Metadata.Snapshots;

/// <summary>
/// The tree as it was at the end of an epoch: the rows, live and past, with born ≤ epoch &lt; died. Needs the same
/// lock as the store it comes from, cursors included.
/// </summary>
public sealed class SnapshotReader
{
    private readonly SnapshotQueries _queries;

    internal SnapshotReader(SnapshotQueries queries, long epoch)
    {
        _queries = queries;
        Epoch = epoch;
    }

    /// <summary>The epoch that is read; below the store's current one.</summary>
    public long Epoch { get; }

    /// <summary>Reads an inode; false when there was none of that number.</summary>
    public bool TryGetInode(InodeNumber number, out InodeRecord inode)
    {
        using Sqlite.Statement.Rows rows = _queries.Inode.Bind(1, Epoch).Bind(2, number.Value).Query();
        inode = default;
        if (!rows.Next())
            return false;
        InodeTable.Read(rows, ref inode);
        inode.Number = number;
        return true;
    }

    /// <summary>Finds a name, byte for byte.</summary>
    public bool TryFind(InodeNumber parent, ReadOnlySpan<byte> name, out Entry entry)
    {
        long first = NameCookie.First(name);
        using Sqlite.Statement.Rows rows = _queries.Entry.Bind(1, Epoch).Bind(2, parent.Value).Bind(3, first)
            .Bind(4, first + NameCookie.SequenceCount - 1).Bind(5, name).Query();
        bool found = rows.Next();
        entry = found ? EntryTable.Unpack(rows.Int64(0), rows.Int64(1)) : default;
        return found;
    }

    /// <summary>Finds a name whatever its case, as <see cref="EntryTable.TryFindFolded"/> does.</summary>
    public bool TryFindFolded(InodeNumber parent, ReadOnlySpan<byte> name, Span<byte> spelling,
        out int spellingLength, out Entry entry)
    {
        Span<byte> folded = stackalloc byte[NameFolding.FoldedBytesMax];
        folded = folded[..NameFolding.Fold(name, folded)];
        long first = NameCookie.FirstOfFolded(folded);
        using Sqlite.Statement.Rows rows = _queries.Entries.Bind(1, Epoch).Bind(2, parent.Value).Bind(3, first)
            .Bind(4, first + NameCookie.SequenceCount - 1).Query();
        return EntryTable.FindFolded(rows, name, folded, spelling, out spellingLength, out entry);
    }

    /// <summary>Lists a directory as <see cref="EntryTable.List"/> does.</summary>
    public EntryCursor List(InodeNumber parent, long afterCookie) => new(_queries.Entries.Bind(1, Epoch)
        .Bind(2, parent.Value).Bind(3, Math.Min(afterCookie, long.MaxValue - 1) + 1).Bind(4, long.MaxValue).Query());

    /// <summary>Adds extents to a list as <see cref="ExtentTable.Load"/> does.</summary>
    public int LoadExtents(InodeNumber inode, long fromOffset, List<Extent> result, int rowsMax)
    {
        int before = result.Count;
        if (TryGetContent(inode, out Extent content))
        {
            if (content.End > fromOffset)
                result.Add(content);
            return result.Count - before;
        }
        if (fromOffset > 0)
        {
            using Sqlite.Statement.Rows earlier =
                _queries.ExtentBefore.Bind(1, Epoch).Bind(2, inode.Value).Bind(3, fromOffset).Query();
            if (earlier.Next() && ExtentTable.ReadExtent(earlier) is var first && first.End > fromOffset)
                result.Add(first);
        }
        using Sqlite.Statement.Rows rows = _queries.ExtentsFrom.Bind(1, Epoch).Bind(2, inode.Value)
            .Bind(3, fromOffset).Bind(4, rowsMax - (result.Count - before)).Query();
        while (rows.Next())
            result.Add(ExtentTable.ReadExtent(rows));
        return result.Count - before;
    }

    /// <summary>Reads an extended attribute as <see cref="XattrTable.TryGet"/> does.</summary>
    public bool TryGetXattr(InodeNumber inode, ReadOnlySpan<byte> name, Span<byte> value, out int length)
    {
        using Sqlite.Statement.Rows rows = _queries.Xattr.Bind(1, Epoch).Bind(2, inode.Value).Bind(3, name).Query();
        return XattrTable.TryCopyValue(rows, value, out length);
    }

    /// <summary>The attributes of an inode, in ascending order of names.</summary>
    public XattrCursor ListXattrs(InodeNumber inode) =>
        new(_queries.Xattrs.Bind(1, Epoch).Bind(2, inode.Value).Query());

    /// <summary>A symbolic link's target; null when the inode had none.</summary>
    public byte[]? GetSymlink(InodeNumber inode)
    {
        using Sqlite.Statement.Rows rows = _queries.Symlink.Bind(1, Epoch).Bind(2, inode.Value).Query();
        return rows.Next() ? rows.Bytes(0).ToArray() : null;
    }

    private bool TryGetContent(InodeNumber inode, out Extent content)
    {
        using Sqlite.Statement.Rows rows = _queries.Content.Bind(1, Epoch).Bind(2, inode.Value).Query();
        content = rows.Next() ? new Extent(0, rows.Int64(1), ExtentKind.Data, rows.Int64(0)) : default;
        return content.Length != 0;
    }
}
