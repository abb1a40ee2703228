using Hartfs.Format;
using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata.Tables;

/// <summary>A block whose stored bytes are known to be damaged.</summary>
/// <param name="Pack">Its pack.</param>
/// <param name="Offset">Bytes from the start of the pack to the block's header.</param>
/// <param name="FoundTime">When it was found first: nanoseconds since 1970-01-01 UTC.</param>
public readonly record struct DamageRecord(PackId Pack, long Offset, long FoundTime);

/// <summary>The blocks known to be damaged: their chunks are stored again when their content comes by.</summary>
public sealed class DamageTable
{
    private readonly Statement _add;
    private readonly Statement _list;
    private readonly Statement _remove;

    internal DamageTable(Database database)
    {
        _add = database.Prepare("INSERT OR IGNORE INTO damage (pack, offset, found) VALUES (?, ?, ?)");
        _list = database.Prepare("SELECT pack, offset, found FROM damage ORDER BY pack, offset");
        _remove = database.Prepare("DELETE FROM damage WHERE pack = ? AND offset = ?");
    }

    /// <summary>Notes a block; nothing changes when it is known already.</summary>
    public void Add(in DamageRecord damage) =>
        _add.Bind(1, damage.Pack.Value).Bind(2, damage.Offset).Bind(3, damage.FoundTime).Execute();

    /// <summary>Every block, by pack and offset.</summary>
    public IReadOnlyList<DamageRecord> List()
    {
        var blocks = new List<DamageRecord>();
        using Statement.Rows rows = _list.Query();
        while (rows.Next())
            blocks.Add(new DamageRecord(new PackId(rows.Int64(0)), rows.Int64(1), rows.Int64(2)));
        return blocks;
    }

    /// <summary>Forgets a block: nothing refers to it any more. False when it was not known.</summary>
    public bool Remove(PackId pack, long offset) => _remove.Bind(1, pack.Value).Bind(2, offset).Execute() != 0;
}
