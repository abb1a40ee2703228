using Hartfs.Format;
using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata.Tables;

/// <summary>A run of glyphs that a file refers to, and the epochs that see it.</summary>
/// <param name="Start">First glyph.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Born">The epoch that wrote the row.</param>
/// <param name="Died">The epoch that replaced it; <see cref="long.MaxValue"/> for a live row.</param>
public readonly record struct GlyphReference(Glyph Start, long Length, long Born, long Died);

/// <summary>
/// Every reference from files to stored data, live rows first, a page at a time. While an epoch is kept
/// (<see cref="MetadataStore.BeginEpoch"/>) nothing that it sees is missed, whatever changes between two pages: a
/// live row that goes away before it was looked at is met again among the past rows, which come later.
/// </summary>
public sealed class ReferenceTable
{
    private readonly Statement[] _pages;

    internal ReferenceTable(Database database)
    {
        const string Order = "ORDER BY";
        _pages =
        [
            database.Prepare("SELECT number, 0, 0, content_glyph, content_length, 0, born FROM inode " +
                $"WHERE number > ?1 {Order} number LIMIT ?4"),
            database.Prepare("SELECT inode, offset, 0, reference, length, kind, born FROM extent " +
                $"WHERE (inode, offset) > (?1, ?2) {Order} inode, offset LIMIT ?4"),
            database.Prepare("SELECT number, died, died, content_glyph, content_length, 0, born FROM inode_past " +
                $"WHERE (number, died) > (?1, ?2) {Order} number, died LIMIT ?4"),
            database.Prepare("SELECT inode, offset, died, reference, length, kind, born FROM extent_past " +
                $"WHERE (inode, offset, died) > (?1, ?2, ?3) {Order} inode, offset, died LIMIT ?4"),
        ];
    }

    /// <summary>
    /// Looks at up to <paramref name="rowsMax"/> rows behind the cursor and adds what refers to stored data to a list;
    /// begin with a default cursor. Returns how many rows were looked at; the cursor says whether there are more.
    /// </summary>
    public int Load(ref ReferenceCursor cursor, List<GlyphReference> result, int rowsMax)
    {
        bool isPast = cursor.Source >= 2;
        int count = 0;
        Statement page = _pages[cursor.Source];
        page.Bind(1, cursor.First).Bind(4, rowsMax);
        if (cursor.Source > 0)
            page.Bind(2, cursor.Second);
        if (cursor.Source == 3)
            page.Bind(3, cursor.Third);
        using (Statement.Rows rows = page.Query())
            for (; rows.Next(); count++)
            {
                cursor = cursor with { First = rows.Int64(0), Second = rows.Int64(1), Third = rows.Int64(2) };
                long length = rows.Int64(4);
                if (length > 0 && rows.Int64(5) == (long)ExtentKind.Data)
                    result.Add(new GlyphReference(new Glyph(rows.Int64(3)), length, rows.Int64(6),
                        isPast ? cursor.Third : long.MaxValue));
            }
        if (count < rowsMax)
            cursor = new ReferenceCursor(Math.Min(cursor.Source + 1, _pages.Length - 1), 0, 0, 0)
            {
                IsDone = cursor.Source + 1 == _pages.Length,
            };
        return count;
    }
}

/// <summary>How far a walk over all references has come.</summary>
/// <param name="Source">0 inodes, 1 extents, 2 past inodes, 3 past extents.</param>
/// <param name="First">The last row's key: inode number.</param>
/// <param name="Second">Offset, or the epoch a past inode died.</param>
/// <param name="Third">The epoch a past row died.</param>
public readonly record struct ReferenceCursor(int Source, long First, long Second, long Third)
{
    /// <summary>Whether everything has been looked at.</summary>
    public bool IsDone { get; init; }
}
