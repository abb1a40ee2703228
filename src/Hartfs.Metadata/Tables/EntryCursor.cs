using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata.Tables;

/// <summary>Walks the names of a directory without allocating. Dispose it.</summary>
public readonly ref struct EntryCursor
{
    private readonly Statement.Rows _rows;

    internal EntryCursor(Statement.Rows rows) => _rows = rows;

    /// <summary>The current entry.</summary>
    public Entry Current => EntryTable.Unpack(_rows.Int64(0), _rows.Int64(1));

    /// <summary>The current entry's name, valid until the next move.</summary>
    public ReadOnlySpan<byte> Name => _rows.Bytes(2);

    /// <summary>Goes to the next entry; false behind the last.</summary>
    public bool MoveNext() => _rows.Next();

    public void Dispose() => _rows.Dispose();
}
