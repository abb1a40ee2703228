using Hartfs.Format;
using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata.Tables;

/// <summary>Glyph → block → pack: where every stored chunk lies.</summary>
public sealed class RegionTable
{
    private const string Columns = "start, length, pack, offset, stored_length, offset_in_block, block_length";

    private readonly Statement _find;
    private readonly Statement _from;
    private readonly Statement _ofPack;
    private readonly Statement _insert;
    private readonly Statement _delete;

    internal RegionTable(Database database)
    {
        _find = database.Prepare($"SELECT {Columns} FROM region WHERE start <= ? ORDER BY start DESC LIMIT 1");
        _from = database.Prepare($"SELECT {Columns} FROM region WHERE start >= ? ORDER BY start LIMIT ?");
        _ofPack = database.Prepare(
            $"SELECT {Columns} FROM region WHERE pack = ? AND (offset, start) > (?, ?) " +
            "ORDER BY offset, start LIMIT ?");
        _insert = database.Prepare($"INSERT OR REPLACE INTO region ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?)");
        _delete = database.Prepare("DELETE FROM region WHERE start = ?");
    }

    /// <summary>Finds the region that holds a glyph; false when there is none.</summary>
    public bool TryFind(Glyph glyph, out Region region)
    {
        using Statement.Rows rows = _find.Bind(1, glyph.Value).Query();
        region = rows.Next() ? Read(rows) : default;
        return region.Length != 0 && glyph < region.End;
    }

    /// <summary>Adds a region, or gives the region with the same start another place.</summary>
    public void Insert(in Region region) =>
        _insert.Bind(1, region.Start.Value).Bind(2, region.Length).Bind(3, region.Block.Pack.Value)
            .Bind(4, region.Block.Offset).Bind(5, region.Block.StoredLength).Bind(6, region.OffsetInBlock)
            .Bind(7, region.BlockLength == region.Length ? 0 : region.BlockLength).Execute();

    /// <summary>Removes the region that begins at a glyph; false when there is none.</summary>
    public bool Delete(Glyph start) => _delete.Bind(1, start.Value).Execute() != 0;

    /// <summary>
    /// Adds regions to a list, in ascending order, from the first that begins at or behind a glyph. Returns how many;
    /// fewer than <paramref name="rowsMax"/> means that there are no more.
    /// </summary>
    public int Load(Glyph from, List<Region> result, int rowsMax)
    {
        int before = result.Count;
        using Statement.Rows rows = _from.Bind(1, from.Value).Bind(2, rowsMax).Query();
        while (rows.Next())
            result.Add(Read(rows));
        return result.Count - before;
    }

    /// <summary>
    /// Adds regions of a pack to a list, by block and glyph, from the one behind another on; begin with a default
    /// region. Returns how many; fewer than <paramref name="rowsMax"/> means that there are no more.
    /// </summary>
    public int LoadOfPack(PackId pack, in Region behind, List<Region> result, int rowsMax)
    {
        int before = result.Count;
        using Statement.Rows rows = _ofPack.Bind(1, pack.Value).Bind(2, behind.Block.Offset)
            .Bind(3, behind.Start.Value).Bind(4, rowsMax).Query();
        while (rows.Next())
            result.Add(Read(rows));
        return result.Count - before;
    }

    private static Region Read(in Statement.Rows rows) => new(
        new Glyph(rows.Int64(0)),
        (int)rows.Int64(1),
        new BlockLocation(new PackId(rows.Int64(2)), rows.Int64(3), (int)rows.Int64(4)),
        (int)rows.Int64(5)) { BlockLength = (int)rows.Int64(6) };
}
