using Hartfs.Format;
using Hartfs.Metadata.Sqlite;
using Hartfs.Metadata.Tables;

namespace Hartfs.Metadata.Snapshots;

/// <summary>What a rollback changed and somebody outside may remember.</summary>
public sealed class RollbackChanges
{
    /// <summary>Directories that are referred to, and the names in them that came, went or lead elsewhere.</summary>
    public List<(InodeNumber Parent, byte[] Name)> Entries { get; } = [];

    /// <summary>Inodes that are referred to and have other attributes or data now.</summary>
    public HashSet<InodeNumber> Inodes { get; } = [];
}

/// <summary>
/// Makes the live tree what it was at the end of an epoch, by rows: those written since go into the past, those that
/// went since come back. Costs a look at every live and past row.
/// </summary>
/// <remarks>
/// The current epoch must have just begun, so that the newest snapshot sees every live row. What is referred to from
/// outside stays as it is, without a name, until it is let go: inodes that did not exist then, and regular files that
/// were changed since. Such a file comes back under a new number, because a kernel that caches writes believes in
/// the size it knows of a number, and would cut or lengthen the old content by it.
/// </remarks>
public sealed class TreeRollback
{
    private const string EntryColumns = "parent, cookie, target, name";
    private const string ExtentColumns = "offset, length, kind, reference";
    private const string InodeColumns = InodeTable.RecordColumns + ", content_glyph, content_length";

    private readonly MetadataStore _store;
    private readonly Database _database;
    private readonly VolumeState _state;
    private readonly long _epoch;
    private readonly Func<InodeNumber, bool> _isReferenced;
    private readonly RollbackChanges _changes = new();

    private TreeRollback(MetadataStore store, long epoch, Func<InodeNumber, bool> isReferenced)
    {
        _store = store;
        _database = store.Database;
        _state = store.State;
        _epoch = epoch;
        _isReferenced = isReferenced;
    }

    private string Written => $"born > {_epoch} AND born < {_state.Epoch}";

    private string Seen => $"born <= {_epoch} AND died > {_epoch}";

    /// <summary>Does it, in the open transaction.</summary>
    /// <param name="epoch">The epoch to go back to.</param>
    /// <param name="isReferenced">Whether an inode is referred to from outside.</param>
    public static RollbackChanges Run(MetadataStore store, long epoch, Func<InodeNumber, bool> isReferenced)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(epoch, store.Epoch);
        var rollback = new TreeRollback(store, epoch, isReferenced);
        rollback.Run();
        return rollback._changes;
    }

    private void Run()
    {
        _database.Execute("CREATE TEMP TABLE IF NOT EXISTS kept (number INTEGER PRIMARY KEY, " +
            "replacement INTEGER NOT NULL); DELETE FROM temp.kept");
        FindKept();
        const string NotKept = "NOT IN (SELECT number FROM temp.kept)";
        NoteEntries();
        Exchange("entry", EntryColumns, "");
        PointToReplacements();
        CountExtents(-1, $"SELECT length FROM extent WHERE kind != 1 AND {Written} AND inode {NotKept}");
        Exchange("extent", "inode, " + ExtentColumns, $"AND inode {NotKept}");
        Replace("extent", "inode", ExtentColumns);
        CountExtents(1, $"SELECT length FROM extent WHERE kind != 1 AND born = {_state.Epoch}");
        Exchange("xattr", "inode, name, value", $"AND inode {NotKept}");
        Replace("xattr", "inode", "name, value");
        Exchange("symlink", "inode, target", $"AND inode {NotKept}");
        CountInodes(-1, $"SELECT number, mode, size, content_length FROM inode WHERE {Written} AND number {NotKept}");
        Exchange("inode", "number, " + InodeColumns, $"AND number {NotKept}");
        Replace("inode", "number", InodeColumns);
        CountInodes(1, $"SELECT number, mode, size, content_length FROM inode WHERE born = {_state.Epoch}");
        LoseNames();
        DeleteUnreferenced();
        _database.Execute("DROP TABLE temp.kept");
    }

    // Those that were open without a name then, and still are, stay as they are too.
    private void FindKept()
    {
        using Statement find = _database.PrepareOnce(
            $"SELECT number FROM inode WHERE {Written} UNION SELECT inode FROM extent WHERE {Written} " +
            $"UNION SELECT inode FROM extent_past WHERE {Seen}");
        using Statement wasNamed = _database.PrepareOnce(
            $"SELECT mode FROM inode_past WHERE number = ?1 AND link_count > 0 AND {Seen} " +
            $"UNION ALL SELECT mode FROM inode WHERE number = ?1 AND link_count > 0 AND born <= {_epoch}");
        using Statement inodes = Difference("inode", "number", InodeColumns.Replace("access_delta, ", ""));
        using Statement extents = Difference("extent", "inode", ExtentColumns);
        using Statement keep = _database.PrepareOnce("INSERT INTO temp.kept VALUES (?, ?)");
        using Statement.Rows rows = find.Query();
        while (rows.Next())
        {
            var number = new InodeNumber(rows.Int64(0));
            if (!_isReferenced(number))
                continue;
            if (!TryGetMode(wasNamed, number, out int mode))
                keep.Bind(1, number.Value).Bind(2, 0).Execute();
            else if (InodeMode.IsRegularFile(mode) && (IsAny(inodes, number) || IsAny(extents, number)))
                keep.Bind(1, number.Value).Bind(2, _store.Inodes.Allocate().Value).Execute();
        }
    }

    private static bool TryGetMode(Statement statement, InodeNumber number, out int mode)
    {
        using Statement.Rows rows = statement.Bind(1, number.Value).Query();
        bool found = rows.Next();
        mode = found ? (int)rows.Int64(0) : 0;
        return found;
    }

    private static bool IsAny(Statement statement, InodeNumber number)
    {
        using Statement.Rows rows = statement.Bind(1, number.Value).Query();
        return rows.Next();
    }

    // Rows of one inode that are there now and were not then, or the other way round.
    private Statement Difference(string table, string key, string columns)
    {
        string now = $"SELECT {columns} FROM {table} WHERE {key} = ?1";
        string then = $"SELECT {columns} FROM {table}_past WHERE {key} = ?1 AND {Seen} " +
            $"UNION ALL SELECT {columns} FROM {table} WHERE {key} = ?1 AND born <= {_epoch}";
        return _database.PrepareOnce($"SELECT * FROM (SELECT * FROM ({now}) EXCEPT SELECT * FROM ({then})) " +
            $"UNION ALL SELECT * FROM (SELECT * FROM ({then}) EXCEPT SELECT * FROM ({now})) LIMIT 1");
    }

    // What a file that is kept was then, under its new number: rows that went since, and rows that are still there.
    private void Replace(string table, string key, string columns) => _database.Execute(
        $"INSERT INTO {table} (born, {key}, {columns}) " +
        $"SELECT {_state.Epoch}, replacement, {columns} FROM temp.kept AS kept, {table}_past AS past " +
        $"WHERE replacement != 0 AND past.{key} = kept.number AND {Seen} " +
        $"UNION ALL SELECT {_state.Epoch}, replacement, {columns} FROM temp.kept AS kept, {table} AS live " +
        $"WHERE replacement != 0 AND live.{key} = kept.number AND born <= {_epoch}");

    // The names that lead to a kept file now lead to what it was then.
    private void PointToReplacements()
    {
        const string Concerned = "(target >> 4) IN (SELECT number FROM temp.kept WHERE replacement != 0)";
        NoteEntries($"SELECT parent, name FROM entry WHERE {Concerned}");
        _database.Execute(
            $"INSERT INTO entry_past (died, born, {EntryColumns}) SELECT {_state.Epoch}, born, {EntryColumns} " +
            $"FROM entry WHERE born < {_state.Epoch} AND {Concerned}; " +
            $"UPDATE entry SET born = {_state.Epoch}, target = (target & 15) | " +
            $"((SELECT replacement FROM temp.kept WHERE number = target >> 4) << 4) WHERE {Concerned}");
    }

    // Everything written since becomes past, and everything seen then becomes live again.
    private void Exchange(string table, string columns, string condition) => _database.Execute(
        $"INSERT INTO {table}_past (died, born, {columns}) SELECT {_state.Epoch}, born, {columns} FROM {table} " +
        $"WHERE {Written} {condition}; DELETE FROM {table} WHERE {Written} {condition}; " +
        $"INSERT INTO {table} (born, {columns}) SELECT {_state.Epoch}, {columns} FROM {table}_past " +
        $"WHERE {Seen} {condition}");

    private void NoteEntries() => NoteEntries(
        $"SELECT parent, name FROM entry WHERE {Written} UNION ALL SELECT parent, name FROM entry_past WHERE {Seen}");

    private void NoteEntries(string sql)
    {
        using Statement statement = _database.PrepareOnce(sql);
        using Statement.Rows rows = statement.Query();
        while (rows.Next())
        {
            var parent = new InodeNumber(rows.Int64(0));
            if (_isReferenced(parent))
                _changes.Entries.Add((parent, rows.Bytes(1).ToArray()));
        }
    }

    private void CountExtents(int sign, string sql)
    {
        using Statement statement = _database.PrepareOnce(sql);
        using Statement.Rows rows = statement.Query();
        while (rows.Next())
            _state.DataBytes = unchecked(_state.DataBytes + sign * rows.Int64(0));
    }

    private void CountInodes(int sign, string sql)
    {
        using Statement statement = _database.PrepareOnce(sql);
        using Statement.Rows rows = statement.Query();
        while (rows.Next())
        {
            var number = new InodeNumber(rows.Int64(0));
            _store.Inodes.Count((int)rows.Int64(1), sign, unchecked(sign * rows.Int64(2)));
            _state.DataBytes = unchecked(_state.DataBytes + sign * rows.Int64(3));
            if (_isReferenced(number))
                _changes.Inodes.Add(number);
        }
    }

    private void LoseNames()
    {
        const string Kept = "number IN (SELECT number FROM temp.kept)";
        _database.Execute(
            $"INSERT INTO inode_past (died, born, number, {InodeColumns}) SELECT {_state.Epoch}, born, number, " +
            $"{InodeColumns} FROM inode WHERE {Kept}; " +
            $"UPDATE inode SET link_count = 0, born = {_state.Epoch} WHERE {Kept}");
        using Statement statement = _database.PrepareOnce("SELECT number FROM temp.kept");
        using Statement.Rows rows = statement.Query();
        while (rows.Next())
            _changes.Inodes.Add(new InodeNumber(rows.Int64(0)));
    }

    // Files that were open without a name then: nobody has them open any more.
    private void DeleteUnreferenced()
    {
        foreach (InodeNumber orphan in _store.Inodes.ListOrphans())
        {
            if (_isReferenced(orphan))
                continue;
            _store.Extents.DeleteAll(orphan);
            _store.Xattrs.RemoveAll(orphan);
            _store.Symlinks.Delete(orphan);
            _store.Inodes.Delete(orphan);
        }
    }
}
