using Hartfs.Format;
using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata.Tables;

/// <summary>Where live symbolic links point.</summary>
public sealed class SymlinkTable
{
    private readonly VolumeState _state;
    private readonly Statement _get;
    private readonly Statement _insert;
    private readonly Statement _keep;
    private readonly Statement _delete;

    internal SymlinkTable(Database database, VolumeState state)
    {
        _state = state;
        _get = database.Prepare("SELECT target FROM symlink WHERE inode = ?");
        _insert = database.Prepare("INSERT INTO symlink (inode, born, target) VALUES (?, ?, ?)");
        _keep = database.Prepare(
            "INSERT INTO symlink_past (inode, died, born, target) " +
            "SELECT inode, ?2, born, target FROM symlink WHERE inode = ?1 AND born <= ?3");
        _delete = database.Prepare("DELETE FROM symlink WHERE inode = ?");
    }

    /// <summary>The target's bytes; null when the inode has none.</summary>
    public byte[]? Get(InodeNumber inode)
    {
        using Statement.Rows rows = _get.Bind(1, inode.Value).Query();
        return rows.Next() ? rows.Bytes(0).ToArray() : null;
    }

    /// <summary>Gives a new symbolic link its target, 1 to 4,095 bytes.</summary>
    public void Insert(InodeNumber inode, ReadOnlySpan<byte> target) =>
        _insert.Bind(1, inode.Value).Bind(2, _state.Epoch).Bind(3, target).Execute();

    /// <summary>Removes the target with its inode; false when there is none.</summary>
    public bool Delete(InodeNumber inode)
    {
        if (_state.KeptEpoch > 0)
            _keep.Bind(1, inode.Value).Bind(2, _state.Epoch).Bind(3, _state.KeptEpoch).Execute();
        return _delete.Bind(1, inode.Value).Execute() != 0;
    }
}
