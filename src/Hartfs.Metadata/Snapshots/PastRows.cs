using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata.Snapshots;

/// <summary>
/// Pruning: past rows that no snapshot needs are deleted, in steps, at a cost in proportion to what is deleted. A row
/// with [born, died) is needed while there is a snapshot with born ≤ epoch &lt; died, so that of the rows with one
/// died those go that were born after the newest snapshot before it.
/// </summary>
public sealed class PastRows
{
    private const int SeekCost = 8;

    private readonly Table[] _tables;
    private readonly VolumeState _state;
    private readonly Statement _snapshotBefore;
    private readonly Statement _snapshots;

    internal PastRows(Database database, VolumeState state)
    {
        const string ContentBytes = "content_length";
        const string ExtentBytes = "CASE kind WHEN 0 THEN length ELSE 0 END";
        _state = state;
        _snapshotBefore = database.Prepare("SELECT epoch FROM snapshot WHERE epoch < ? ORDER BY epoch DESC LIMIT 1");
        _snapshots = database.Prepare("SELECT id, epoch FROM snapshot ORDER BY epoch");
        _tables =
        [
            new Table(database, "inode_past", "number, died", ContentBytes),
            new Table(database, "entry_past", "parent, cookie, died"),
            new Table(database, "extent_past", "inode, offset, died", ExtentBytes),
            new Table(database, "xattr_past", "inode, name, died"),
            new Table(database, "symlink_past", "inode, died"),
        ];
    }

    /// <summary>
    /// Deletes up to about <paramref name="rowsMax"/> rows that nothing needs, from where the cursor is; begin with a
    /// default one. May be stopped after any step: a later pruning finds the rest. No epoch may have a reader without
    /// a snapshot meanwhile.
    /// </summary>
    /// <returns>How many rows were deleted; the cursor says whether there may be more.</returns>
    public int Prune(ref PruneCursor cursor, int rowsMax)
    {
        int count = 0;
        for (int budget = rowsMax; budget > 0 && cursor.Table < _tables.Length;)
        {
            Table table = _tables[cursor.Table];
            budget -= SeekCost;
            if (!table.TryFindDied(cursor.Died, out long died))
            {
                cursor = new PruneCursor(cursor.Table + 1, 0);
                continue;
            }

            long bornAfter = SnapshotBefore(died);
            int wanted = Math.Max(budget, 1);
            _state.ReleasedBytes += table.SumBytes(died, bornAfter, wanted);
            int deleted = table.Delete(died, bornAfter, wanted);
            count += deleted;
            budget -= deleted;
            if (deleted < wanted)
                cursor = cursor with { Died = died + 1 };
        }

        cursor = cursor with { IsDone = cursor.Table == _tables.Length };
        return count;
    }

    /// <summary>The snapshots that need past rows, by ascending epoch.</summary>
    public IReadOnlyList<SnapshotEpoch> ListSnapshots()
    {
        var snapshots = new List<SnapshotEpoch>();
        using Statement.Rows rows = _snapshots.Query();
        while (rows.Next())
            snapshots.Add(new SnapshotEpoch(rows.Int64(0), rows.Int64(1)));
        return snapshots;
    }

    private long SnapshotBefore(long epoch)
    {
        using Statement.Rows rows = _snapshotBefore.Bind(1, epoch).Query();
        return rows.Next() ? rows.Int64(0) : 0;
    }

    private sealed class Table
    {
        private readonly Statement _died;
        private readonly Statement _delete;
        private readonly Statement? _sum;

        public Table(Database database, string name, string key, string? bytes = null)
        {
            const string Unneeded = "WHERE died = ?1 AND born > ?2 ORDER BY born LIMIT ?3";
            string index = $"{name} INDEXED BY {name}_died";
            _died = database.Prepare($"SELECT died FROM {index} WHERE died >= ? ORDER BY died LIMIT 1");
            _delete = database.Prepare($"DELETE FROM {name} WHERE ({key}) IN (SELECT {key} FROM {index} {Unneeded})");
            if (bytes is not null)
                _sum = database.Prepare($"SELECT sum(bytes) FROM (SELECT {bytes} AS bytes FROM {index} {Unneeded})");
        }

        public bool TryFindDied(long from, out long died)
        {
            using Statement.Rows rows = _died.Bind(1, from).Query();
            bool found = rows.Next();
            died = found ? rows.Int64(0) : 0;
            return found;
        }

        public long SumBytes(long died, long bornAfter, int rowsMax)
        {
            if (_sum is null)
                return 0;
            using Statement.Rows rows = Bind(_sum, died, bornAfter, rowsMax).Query();
            return rows.Next() ? rows.Int64(0) : 0;
        }

        public int Delete(long died, long bornAfter, int rowsMax) => Bind(_delete, died, bornAfter, rowsMax).Execute();

        private static Statement Bind(Statement statement, long died, long bornAfter, int rowsMax) =>
            statement.Bind(1, died).Bind(2, bornAfter).Bind(3, rowsMax);
    }
}

/// <summary>A snapshot and the epoch it ended.</summary>
public readonly record struct SnapshotEpoch(long Id, long Epoch);

/// <summary>How far a pruning has come.</summary>
/// <param name="Table">Which table it is at.</param>
/// <param name="Died">The lowest died not yet looked at there.</param>
public readonly record struct PruneCursor(int Table, long Died)
{
    /// <summary>Whether everything has been looked at.</summary>
    public bool IsDone { get; init; }
}
