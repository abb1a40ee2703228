using Hartfs.Format;
using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata.Snapshots;

/// <summary>The snapshots of a volume. Making one ends an epoch; that is all it costs.</summary>
public sealed class SnapshotTable
{
    private const string Columns = "id, name, epoch, created, kind, held, logical_bytes, inodes";

    private readonly VolumeState _state;
    private readonly Statement _list;
    private readonly Statement _page;
    private readonly Statement _totals;
    private readonly Statement _byName;
    private readonly Statement _byId;
    private readonly Statement _insert;
    private readonly Statement _delete;
    private readonly Statement _hold;
    private readonly Statement _newest;
    private SnapshotTotals? _known;

    internal SnapshotTable(Database database, VolumeState state)
    {
        _state = state;
        _list = database.Prepare($"SELECT {Columns} FROM snapshot ORDER BY id");
        _page = database.Prepare($"SELECT {Columns} FROM snapshot WHERE id > ? ORDER BY id LIMIT ?");
        _totals = database.Prepare("SELECT id, created FROM snapshot WHERE kind <> ? ORDER BY id");
        _byName = database.Prepare($"SELECT {Columns} FROM snapshot WHERE name = ?");
        _byId = database.Prepare($"SELECT {Columns} FROM snapshot WHERE id = ?");
        _insert = database.Prepare($"INSERT INTO snapshot ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        _delete = database.Prepare("DELETE FROM snapshot WHERE id = ?");
        _hold = database.Prepare("UPDATE snapshot SET held = ? WHERE id = ?");
        _newest = database.Prepare("SELECT epoch FROM snapshot ORDER BY id DESC LIMIT 1");
        FindKeptEpoch();
    }

    /// <summary>Whether another snapshot can be numbered.</summary>
    public bool HasRoom => _state.NextSnapshot <= SnapshotId.Max;

    /// <summary>Every snapshot, momentary ones included, in the order in which they were made.</summary>
    public IReadOnlyList<SnapshotRecord> List()
    {
        var snapshots = new List<SnapshotRecord>();
        using Statement.Rows rows = _list.Query();
        while (rows.Next())
            snapshots.Add(Read(rows));
        return snapshots;
    }

    /// <summary>The first snapshots behind one, at most so many, momentary ones included.</summary>
    public IReadOnlyList<SnapshotRecord> List(SnapshotId behind, int countMax)
    {
        var snapshots = new List<SnapshotRecord>();
        using Statement.Rows rows = _page.Bind(1, behind.Value).Bind(2, countMax).Query();
        while (rows.Next())
            snapshots.Add(Read(rows));
        return snapshots;
    }

    /// <summary>How many snapshots there are but for momentary ones; counted once for each change of the set.</summary>
    public SnapshotTotals GetTotals()
    {
        if (_known is { } known)
            return known;
        var totals = new SnapshotTotals(0, 0);
        using Statement.Rows rows = _totals.Bind(1, (long)SnapshotKind.Momentary).Query();
        while (rows.Next())
            totals = new SnapshotTotals(totals.Count + 1, rows.Int64(1));
        _known = totals;
        return totals;
    }

    /// <summary>Finds a snapshot by its name; null when there is none.</summary>
    public SnapshotRecord? Find(ReadOnlySpan<byte> name)
    {
        using Statement.Rows rows = _byName.Bind(1, name).Query();
        return rows.Next() ? Read(rows) : null;
    }

    /// <summary>Finds a snapshot by its number; null when there is none.</summary>
    public SnapshotRecord? Find(SnapshotId id)
    {
        using Statement.Rows rows = _byId.Bind(1, id.Value).Query();
        return rows.Next() ? Read(rows) : null;
    }

    /// <summary>
    /// Makes the tree of this moment a snapshot and begins the next epoch. The name must be free, and
    /// <see cref="HasRoom"/> true.
    /// </summary>
    public SnapshotRecord Create(ReadOnlySpan<byte> name, SnapshotKind kind, long created)
    {
        var snapshot = new SnapshotRecord
        {
            Id = new SnapshotId(_state.NextSnapshot),
            Name = name.ToArray(),
            Epoch = _state.Epoch,
            Created = created,
            Kind = kind,
            LogicalBytes = _state.LogicalBytes,
            InodeCount = _state.FileCount + _state.DirectoryCount + _state.OtherCount,
        };
        _insert.Bind(1, snapshot.Id.Value).Bind(2, name).Bind(3, snapshot.Epoch).Bind(4, created).Bind(5, (long)kind)
            .Bind(6, 0).Bind(7, snapshot.LogicalBytes).Bind(8, snapshot.InodeCount).Execute();
        _known = null;
        _state.NextSnapshot++;
        _state.EndEpoch();
        return snapshot;
    }

    /// <summary>
    /// Removes a snapshot; false when there is none. The rows that only it saw stay until they are collected.
    /// </summary>
    public bool Delete(SnapshotId id)
    {
        _known = null;
        bool existed = _delete.Bind(1, id.Value).Execute() != 0;
        FindKeptEpoch();
        return existed;
    }

    /// <summary>Holds or releases a snapshot; false when there is none.</summary>
    public bool SetHeld(SnapshotId id, bool isHeld) => _hold.Bind(1, isHeld ? 1 : 0).Bind(2, id.Value).Execute() != 0;

    private static SnapshotRecord Read(in Statement.Rows rows) => new()
    {
        Id = new SnapshotId(rows.Int64(0)),
        Name = rows.Bytes(1).ToArray(),
        Epoch = rows.Int64(2),
        Created = rows.Int64(3),
        Kind = (SnapshotKind)rows.Int64(4),
        IsHeld = rows.Int64(5) != 0,
        LogicalBytes = rows.Int64(6),
        InodeCount = rows.Int64(7),
    };

    /// <summary>Finds out anew which rows are kept when they change.</summary>
    internal void FindKeptEpoch()
    {
        using Statement.Rows rows = _newest.Query();
        _state.KeptEpoch = Math.Max(rows.Next() ? rows.Int64(0) : 0, _state.HeldEpoch);
    }
}

/// <summary>The snapshots of a volume taken together.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="NewestCreated">When the newest was made, in nanoseconds since 1970-01-01 UTC; 0: there is none.</param>
public readonly record struct SnapshotTotals(int Count, long NewestCreated);
