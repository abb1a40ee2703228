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
/// The current epoch must have just begun, so that the newest snapshot sees every live row. Inodes that did not exist
/// then but are referred to from outside stay, without a name, until they are let go.
/// </remarks>
public sealed class TreeRollback
{
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
        _database.Execute("CREATE TEMP TABLE IF NOT EXISTS kept (number INTEGER PRIMARY KEY); DELETE FROM temp.kept");
        FindKept();
        const string InodeColumns = InodeTable.RecordColumns + ", content_glyph, content_length";
        const string NotKept = "NOT IN (SELECT number FROM temp.kept)";
        NoteEntries();
        Exchange("entry", "parent, cookie, target, name", "");
        CountExtents(-1, $"SELECT length FROM extent WHERE kind != 1 AND {Written} AND inode {NotKept}");
        Exchange("extent", "inode, offset, length, kind, reference", $"AND inode {NotKept}");
        CountExtents(1, $"SELECT length FROM extent WHERE kind != 1 AND born = {_state.Epoch}");
        Exchange("xattr", "inode, name, value", $"AND inode {NotKept}");
        Exchange("symlink", "inode, target", $"AND inode {NotKept}");
        CountInodes(-1, $"SELECT number, mode, size, content_length FROM inode WHERE {Written} AND number {NotKept}");
        Exchange("inode", "number, " + InodeColumns, $"AND number {NotKept}");
        CountInodes(1, $"SELECT number, mode, size, content_length FROM inode WHERE born = {_state.Epoch}");
        LoseNames(InodeColumns);
        DeleteUnreferenced();
        _database.Execute("DROP TABLE temp.kept");
    }

    // Inodes that have no name in the snapshot and may not go yet. Those that were open without a name then, and still
    // are, stay as they are.
    private void FindKept()
    {
        using Statement find = _database.PrepareOnce(
            $"SELECT number FROM inode WHERE {Written} AND NOT EXISTS " +
            $"(SELECT 1 FROM inode_past AS past WHERE past.number = inode.number AND past.link_count > 0 " +
            $"AND past.born <= {_epoch} AND past.died > {_epoch})");
        using Statement keep = _database.PrepareOnce("INSERT INTO temp.kept VALUES (?)");
        using Statement.Rows rows = find.Query();
        while (rows.Next())
            if (_isReferenced(new InodeNumber(rows.Int64(0))))
                keep.Bind(1, rows.Int64(0)).Execute();
    }

    // Everything written since becomes past, and everything seen then becomes live again.
    private void Exchange(string table, string columns, string condition) => _database.Execute(
        $"INSERT INTO {table}_past (died, born, {columns}) SELECT {_state.Epoch}, born, {columns} FROM {table} " +
        $"WHERE {Written} {condition}; DELETE FROM {table} WHERE {Written} {condition}; " +
        $"INSERT INTO {table} (born, {columns}) SELECT {_state.Epoch}, {columns} FROM {table}_past " +
        $"WHERE {Seen} {condition}");

    private void NoteEntries()
    {
        using Statement statement = _database.PrepareOnce(
            $"SELECT parent, name FROM entry WHERE {Written} " +
            $"UNION ALL SELECT parent, name FROM entry_past WHERE {Seen}");
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

    private void LoseNames(string inodeColumns)
    {
        const string Kept = "number IN (SELECT number FROM temp.kept)";
        _database.Execute(
            $"INSERT INTO inode_past (died, born, number, {inodeColumns}) SELECT {_state.Epoch}, born, number, " +
            $"{inodeColumns} FROM inode WHERE {Kept}; " +
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
