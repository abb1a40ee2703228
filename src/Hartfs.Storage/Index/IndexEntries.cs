using System.Buffers.Binary;
using Hartfs.Format;

namespace Hartfs.Storage.Index;

/// <summary>
/// The entries within a data page: ascending keys of six bytes, each followed by its glyph's distance from the
/// run's base. Both are read and written as eight bytes of which the upper ones belong to the neighbour: an entry
/// has at least ten bytes and the page four behind its payload, so no access leaves the page.
/// </summary>
internal static class IndexEntries
{
    public static ulong Key(ReadOnlySpan<byte> page, int at) =>
        BinaryPrimitives.ReadUInt64LittleEndian(page[at..]) & IndexKey.Mask;

    public static Glyph Glyph(ReadOnlySpan<byte> page, int at, IndexRunFooter run) =>
        new(run.GlyphBase + (long)(BinaryPrimitives.ReadUInt64LittleEndian(page[(at + IndexKey.Bytes)..])
            & (ulong.MaxValue >> (64 - (8 * run.GlyphBytes)))));

    /// <summary>Writes an entry; what it spills is overwritten by the next entry or cleared by the caller.</summary>
    public static void Write(Span<byte> page, int at, ulong key, long distance)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(page[at..], key);
        BinaryPrimitives.WriteInt64LittleEndian(page[(at + IndexKey.Bytes)..], distance);
    }

    /// <summary>The glyph of a key in a page of so many entries; none when it is not there.</summary>
    public static Glyph Find(ReadOnlySpan<byte> page, int count, ulong key, IndexRunFooter run)
    {
        int entryBytes = run.EntryBytes;
        int low = 0;
        int high = count - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            ulong found = Key(page, middle * entryBytes);
            if (found == key)
                return Glyph(page, middle * entryBytes, run);
            if (found < key)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return Format.Glyph.None;
    }
}
