using Hartfs.Format;
using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata.Tables;

/// <summary>Bytes of small synced writes, until they drain into packs.</summary>
public sealed class InlineTable
{
    /// <summary>Bytes of one row at most: what an extent's reference can address.</summary>
    public const int RowBytesMax = 1 << Extent.InlineOffsetBits;

    private readonly VolumeState _state;
    private readonly Statement _insert;
    private readonly Statement _read;
    private readonly Statement _length;
    private readonly Statement _delete;
    private readonly Statement _unreferencedBytes;
    private readonly Statement _deleteUnreferenced;

    internal InlineTable(Database database, VolumeState state)
    {
        const string Unreferenced =
            "id NOT IN (SELECT reference >> 24 FROM extent WHERE kind = 2 " +
            "UNION ALL SELECT reference >> 24 FROM extent_past WHERE kind = 2)";
        _state = state;
        _insert = database.Prepare("INSERT INTO inline_data (id, bytes) VALUES (?, ?)");
        _read = database.Prepare("SELECT bytes FROM inline_data WHERE id = ?");
        _length = database.Prepare("SELECT length(bytes) FROM inline_data WHERE id = ?");
        _delete = database.Prepare("DELETE FROM inline_data WHERE id = ?");
        _unreferencedBytes = database.Prepare($"SELECT sum(length(bytes)) FROM inline_data WHERE {Unreferenced}");
        _deleteUnreferenced = database.Prepare($"DELETE FROM inline_data WHERE {Unreferenced}");
    }

    /// <summary>Sum of the lengths of all rows.</summary>
    public long TotalBytes => _state.InlineBytes;

    /// <summary>The reference of an <see cref="ExtentKind.Inline"/> extent at an offset within a row.</summary>
    public static long Reference(long row, int offset) => (row << Extent.InlineOffsetBits) + offset;

    /// <summary>The row and the offset within it that a reference means.</summary>
    public static (long Row, int Offset) Locate(long reference) =>
        (reference >> Extent.InlineOffsetBits, (int)(reference & (RowBytesMax - 1)));

    /// <summary>Adds a row. Returns its number, never used before.</summary>
    public long Insert(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, RowBytesMax);
        long row = _state.NextInline++;
        _insert.Bind(1, row).Bind(2, bytes).Execute();
        _state.InlineBytes += bytes.Length;
        return row;
    }

    /// <summary>Reads bytes of a row, from an offset on, until the buffer is full.</summary>
    /// <exception cref="MetadataException">
    /// <see cref="MetadataFailure.Damaged"/>: an extent refers to bytes that are not there.
    /// </exception>
    public void Read(long row, int offset, Span<byte> buffer)
    {
        using Statement.Rows rows = _read.Bind(1, row).Query();
        ReadOnlySpan<byte> bytes = rows.Next() ? rows.Bytes(0) : default;
        if (offset > bytes.Length - buffer.Length)
            throw new MetadataException(MetadataFailure.Damaged, 0,
                $"Inline row {row} of {bytes.Length} bytes lacks {buffer.Length} bytes at {offset}");
        bytes.Slice(offset, buffer.Length).CopyTo(buffer);
    }

    /// <summary>Removes a row that nothing refers to; false when there is none of that number.</summary>
    public bool Delete(long row)
    {
        using (Statement.Rows rows = _length.Bind(1, row).Query())
        {
            if (!rows.Next())
                return false;
            _state.InlineBytes -= rows.Int64(0);
        }
        return _delete.Bind(1, row).Execute() != 0;
    }

    /// <summary>Removes every row that no extent, live or past, refers to. Returns how many.</summary>
    /// <remarks>Costs a look at every inline row and extent: they are few, because they drain.</remarks>
    public int DeleteUnreferenced()
    {
        if (_state.InlineBytes == 0)
            return 0;
        using (Statement.Rows rows = _unreferencedBytes.Query())
            if (rows.Next())
                _state.InlineBytes -= rows.Int64(0);
        return _deleteUnreferenced.Execute();
    }
}
