using Hartfs.Format;
using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata.Tables;

/// <summary>What the metadata knows of a pack.</summary>
/// <param name="Id">The pack.</param>
/// <param name="Length">Bytes known durable.</param>
/// <param name="IsSealed">Whether it has its trailer and never changes again.</param>
public readonly record struct PackRecord(PackId Id, long Length, bool IsSealed);

/// <summary>The packs that the metadata names.</summary>
public sealed class PackTable
{
    private readonly Statement _upsert;
    private readonly Statement _list;
    private readonly Statement _next;
    private readonly Statement _delete;

    internal PackTable(Database database)
    {
        _upsert = database.Prepare(
            "INSERT INTO pack (id, length, sealed) VALUES (?, ?, ?) " +
            "ON CONFLICT (id) DO UPDATE SET length = excluded.length, sealed = excluded.sealed");
        _list = database.Prepare("SELECT id, length, sealed FROM pack ORDER BY id");
        _next = database.Prepare("SELECT id, length, sealed FROM pack WHERE id >= ? ORDER BY id LIMIT 1");
        _delete = database.Prepare("DELETE FROM pack WHERE id = ?");
    }

    /// <summary>Adds a pack or changes what is known of it.</summary>
    public void Upsert(PackId id, long length, bool isSealed) =>
        _upsert.Bind(1, id.Value).Bind(2, length).Bind(3, isSealed ? 1 : 0).Execute();

    /// <summary>Every pack, in ascending order.</summary>
    public IReadOnlyList<PackRecord> List()
    {
        var packs = new List<PackRecord>();
        using Statement.Rows rows = _list.Query();
        while (rows.Next())
            packs.Add(Read(rows));
        return packs;
    }

    /// <summary>The first pack with this number or a higher one; false when there is none.</summary>
    public bool TryFindFrom(PackId from, out PackRecord pack)
    {
        using Statement.Rows rows = _next.Bind(1, from.Value).Query();
        bool isFound = rows.Next();
        pack = isFound ? Read(rows) : default;
        return isFound;
    }

    /// <summary>Whether the metadata names a pack.</summary>
    public bool Contains(PackId id) => TryFindFrom(id, out PackRecord pack) && pack.Id == id;

    /// <summary>Forgets a pack; false when it is not known.</summary>
    public bool Delete(PackId id) => _delete.Bind(1, id.Value).Execute() != 0;

    private static PackRecord Read(in Statement.Rows rows) =>
        new(new PackId(rows.Int64(0)), rows.Int64(1), rows.Int64(2) != 0);
}
