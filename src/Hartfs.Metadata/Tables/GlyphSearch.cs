using Hartfs.Format;
using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata.Tables;

/// <summary>A run of a file's bytes and the glyphs that hold it.</summary>
/// <param name="Inode">The file.</param>
/// <param name="Offset">Bytes from the start of the file.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Start">Glyph of the first byte.</param>
/// <param name="IsPast">Whether only snapshots see it.</param>
public readonly record struct GlyphUse(InodeNumber Inode, long Offset, long Length, Glyph Start, bool IsPast);

/// <summary>
/// From glyphs back to files. There is no index for that: it looks through all extents, live and past, in bounded
/// steps. What changes meanwhile may be missed or met twice.
/// </summary>
public sealed class GlyphSearch
{
    private readonly Statement[] _pages;

    internal GlyphSearch(Database database) => _pages =
    [
        database.Prepare("SELECT number, 0, 0, content_length, content_glyph, 0 FROM inode WHERE number > ?1 " +
            "AND ?2 IS NOT NULL AND ?3 IS NOT NULL ORDER BY number LIMIT ?4"),
        database.Prepare("SELECT inode, offset, 0, length, reference, kind FROM extent " +
            "WHERE (inode, offset) > (?1, ?2) AND ?3 IS NOT NULL ORDER BY inode, offset LIMIT ?4"),
        database.Prepare("SELECT number, 0, died, content_length, content_glyph, 0 FROM inode_past " +
            "WHERE (number, died) > (?1, ?3) AND ?2 IS NOT NULL ORDER BY number, died LIMIT ?4"),
        database.Prepare("SELECT inode, offset, died, length, reference, kind FROM extent_past " +
            "WHERE (inode, offset, died) > (?1, ?2, ?3) ORDER BY inode, offset, died LIMIT ?4"),
    ];

    /// <summary>Adds what the next rows refer to; false when there are no more.</summary>
    public bool Next(ref GlyphPosition position, int rowsMax, List<GlyphUse> found)
    {
        if (position.Source >= _pages.Length)
            return false;
        int count = 0;
        using (Statement.Rows rows = _pages[position.Source].Bind(1, position.Inode).Bind(2, position.Offset)
            .Bind(3, position.Died).Bind(4, rowsMax).Query())
        {
            for (; rows.Next(); count++)
            {
                position = position with
                {
                    Inode = rows.Int64(0),
                    Offset = rows.Int64(1),
                    Died = rows.Int64(2),
                };
                if (rows.Int64(3) > 0 && rows.Int64(5) == (long)ExtentKind.Data)
                    found.Add(new GlyphUse(new InodeNumber(position.Inode), position.Offset, rows.Int64(3),
                        new Glyph(rows.Int64(4)), position.Source >= 2));
            }
        }

        if (count < rowsMax)
            position = new GlyphPosition(position.Source + 1, 0, 0, 0);
        return position.Source < _pages.Length;
    }
}

/// <summary>How far a search through the extents has come; <c>default</c> to begin.</summary>
/// <param name="Source">0 inodes, 1 extents, 2 past inodes, 3 past extents.</param>
/// <param name="Inode">Of the last row.</param>
/// <param name="Offset">Of the last row.</param>
/// <param name="Died">The epoch that replaced the last row.</param>
public readonly record struct GlyphPosition(int Source, long Inode, long Offset, long Died);
