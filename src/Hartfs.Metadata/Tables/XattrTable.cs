using Hartfs.Format;
using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata.Tables;

/// <summary>The extended attributes of live inodes.</summary>
public sealed class XattrTable
{
    private readonly VolumeState _state;
    private readonly Statement _get;
    private readonly Statement _list;
    private readonly Statement _born;
    private readonly Statement _set;
    private readonly Statement _remove;
    private readonly Statement _removeAll;
    private readonly Statement _keep;
    private readonly Statement _keepAll;

    internal XattrTable(Database database, VolumeState state)
    {
        _state = state;
        _get = database.Prepare("SELECT value FROM xattr WHERE inode = ? AND name = ?");
        _list = database.Prepare("SELECT name, value FROM xattr WHERE inode = ? ORDER BY name");
        _born = database.Prepare("SELECT born FROM xattr WHERE inode = ? AND name = ?");
        _set = database.Prepare("INSERT OR REPLACE INTO xattr (inode, name, born, value) VALUES (?, ?, ?, ?)");
        _remove = database.Prepare("DELETE FROM xattr WHERE inode = ? AND name = ?");
        _removeAll = database.Prepare("DELETE FROM xattr WHERE inode = ?");
        const string Copy = "INSERT INTO xattr_past (inode, name, died, born, value) SELECT inode, name, ";
        _keep = database.Prepare(Copy + "?3, born, value FROM xattr WHERE inode = ?1 AND name = ?2");
        _keepAll = database.Prepare(Copy + "?2, born, value FROM xattr WHERE inode = ?1 AND born <= ?3");
    }

    /// <summary>The length of an attribute's value; false when there is no such attribute.</summary>
    /// <param name="value">Receives the value when it fits; may be empty.</param>
    public bool TryGet(InodeNumber inode, ReadOnlySpan<byte> name, Span<byte> value, out int length)
    {
        using Statement.Rows rows = _get.Bind(1, inode.Value).Bind(2, name).Query();
        return TryCopyValue(rows, value, out length);
    }

    /// <summary>Adds or replaces an attribute.</summary>
    public void Set(InodeNumber inode, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (TryGetBorn(inode, name, out long born) && born <= _state.KeptEpoch)
            Keep(inode, name);
        _set.Bind(1, inode.Value).Bind(2, name).Bind(3, _state.Epoch).Bind(4, value).Execute();
    }

    /// <summary>Removes an attribute; false when there is none of that name.</summary>
    public bool Remove(InodeNumber inode, ReadOnlySpan<byte> name)
    {
        if (!TryGetBorn(inode, name, out long born))
            return false;
        if (born <= _state.KeptEpoch)
            Keep(inode, name);
        return _remove.Bind(1, inode.Value).Bind(2, name).Execute() != 0;
    }

    /// <summary>Removes every attribute of an inode. Returns how many.</summary>
    public int RemoveAll(InodeNumber inode)
    {
        if (_state.KeptEpoch > 0)
            _keepAll.Bind(1, inode.Value).Bind(2, _state.Epoch).Bind(3, _state.KeptEpoch).Execute();
        return _removeAll.Bind(1, inode.Value).Execute();
    }

    /// <summary>The attributes of an inode by ascending name. Dispose the cursor before the next change.</summary>
    public XattrCursor List(InodeNumber inode) => new(_list.Bind(1, inode.Value).Query());

    internal static bool TryCopyValue(in Statement.Rows rows, Span<byte> value, out int length)
    {
        length = 0;
        if (!rows.Next())
            return false;
        ReadOnlySpan<byte> bytes = rows.Bytes(0);
        length = bytes.Length;
        if (length <= value.Length)
            bytes.CopyTo(value);
        return true;
    }

    private bool TryGetBorn(InodeNumber inode, ReadOnlySpan<byte> name, out long born)
    {
        using Statement.Rows rows = _born.Bind(1, inode.Value).Bind(2, name).Query();
        bool found = rows.Next();
        born = found ? rows.Int64(0) : 0;
        return found;
    }

    private void Keep(InodeNumber inode, ReadOnlySpan<byte> name) =>
        _keep.Bind(1, inode.Value).Bind(2, name).Bind(3, _state.Epoch).Execute();
}

/// <summary>Walks the attributes of an inode without allocating. Dispose it.</summary>
public readonly ref struct XattrCursor
{
    private readonly Statement.Rows _rows;

    internal XattrCursor(Statement.Rows rows) => _rows = rows;

    /// <summary>The current attribute's name, valid until the next move.</summary>
    public ReadOnlySpan<byte> Name => _rows.Bytes(0);

    /// <summary>The current attribute's value, valid until the next move.</summary>
    public ReadOnlySpan<byte> Value => _rows.Bytes(1);

    /// <summary>Goes to the next attribute; false behind the last.</summary>
    public bool MoveNext() => _rows.Next();

    public void Dispose() => _rows.Dispose();
}
