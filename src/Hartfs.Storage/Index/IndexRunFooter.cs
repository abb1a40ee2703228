using System.Buffers.Binary;
using Hartfs.Format;

namespace Hartfs.Storage.Index;

/// <summary>The last page of a run: what it holds and where.</summary>
internal sealed record IndexRunFooter
{
    /// <summary>The filter's size: bits for each entry.</summary>
    public const int FilterBitsPerEntry = 7;

    private const ulong Magic = 0x31_58_44_4E_49_46_54_48; // "HTFINDX1" as bytes
    private const uint Version = 1;

    /// <summary>The number in the run's name.</summary>
    public required long Number { get; init; }

    /// <summary>The oldest checkpoint whose entries the run holds, counted from 1.</summary>
    public required long FirstSequence { get; init; }

    /// <summary>The newest checkpoint whose entries the run holds.</summary>
    public required long LastSequence { get; init; }

    /// <summary>Entries; their keys are all different.</summary>
    public required long EntryCount { get; init; }

    /// <summary>The lowest glyph; entries hold distances from it.</summary>
    public required long GlyphBase { get; init; }

    /// <summary>The highest glyph.</summary>
    public required long GlyphMax { get; init; }

    /// <summary>The run holds the chunks of all blocks from here …</summary>
    public required IndexPosition From { get; init; }

    /// <summary>… up to here.</summary>
    public required IndexPosition To { get; init; }

    /// <summary>Bytes of a glyph's distance: 4 to 8.</summary>
    public int GlyphBytes =>
        int.Max(4, (64 + 7 - System.Numerics.BitOperations.LeadingZeroCount((ulong)(GlyphMax - GlyphBase))) / 8);

    /// <summary>Bytes of an entry: key and distance.</summary>
    public int EntryBytes => IndexKey.Bytes + GlyphBytes;

    /// <summary>Entries in every data page but the last.</summary>
    public int EntriesPerPage => IndexPage.PayloadBytes / EntryBytes;

    /// <summary>Pages of entries; they come first.</summary>
    public long DataPages => Pages(EntryCount, EntriesPerPage);

    /// <summary>Pages with the first key of each data page.</summary>
    public long FencePages => Pages(DataPages, IndexFences.PerPage);

    /// <summary>Blocks of the filter.</summary>
    public long FilterBlocks => Pages(EntryCount * FilterBitsPerEntry, IndexFilter.BlockBits);

    /// <summary>Pages of the filter, behind the fences.</summary>
    public long FilterPages => Pages(FilterBlocks, IndexFilter.BlocksPerPage);

    /// <summary>All pages, the footer included.</summary>
    public long PageCount => DataPages + FencePages + FilterPages + 1;

    /// <summary>Entries of one data page.</summary>
    public int EntriesOf(long dataPage) =>
        (int)long.Min(EntriesPerPage, EntryCount - (dataPage * EntriesPerPage));

    /// <summary>Writes the page.</summary>
    public void Write(Span<byte> page)
    {
        page.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(page, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(page[8..], Version);
        page[12] = IndexKey.Bytes;
        page[13] = (byte)GlyphBytes;
        page[14] = FilterBitsPerEntry;
        page[15] = IndexFilter.Probes;
        ReadOnlySpan<long> fields =
        [
            Number, FirstSequence, LastSequence, EntryCount, GlyphBase, GlyphMax,
            From.Pack.Value, From.Offset, To.Pack.Value, To.Offset,
        ];
        for (int index = 0; index < fields.Length; index++)
            BinaryPrimitives.WriteInt64LittleEndian(page[(16 + (index * sizeof(long)))..], fields[index]);

        IndexPage.Seal(page, PageCount - 1);
    }

    /// <summary>Whether the page claims to be a footer: otherwise the run was never finished.</summary>
    public static bool HasMagic(ReadOnlySpan<byte> page) =>
        page.Length == IndexPage.Bytes && BinaryPrimitives.ReadUInt64LittleEndian(page) == Magic;

    /// <summary>Reads the last page of a run of so many pages; null when it is damaged or of another version.</summary>
    public static IndexRunFooter? Read(ReadOnlySpan<byte> page, long pageCount)
    {
        if (!HasMagic(page) || !IndexPage.IsIntact(page, pageCount - 1)
            || BinaryPrimitives.ReadUInt32LittleEndian(page[8..]) != Version)
            return null;

        Span<long> fields = stackalloc long[10];
        for (int index = 0; index < fields.Length; index++)
            fields[index] = BinaryPrimitives.ReadInt64LittleEndian(page[(16 + (index * sizeof(long)))..]);

        IndexRunFooter footer = new()
        {
            Number = fields[0],
            FirstSequence = fields[1],
            LastSequence = fields[2],
            EntryCount = fields[3],
            GlyphBase = fields[4],
            GlyphMax = fields[5],
            From = new IndexPosition(new PackId(fields[6]), fields[7]),
            To = new IndexPosition(new PackId(fields[8]), fields[9]),
        };
        bool isSound = footer.EntryCount >= 1 && footer.EntryCount <= pageCount * IndexPage.Bytes
            && footer.GlyphMax >= footer.GlyphBase && footer.LastSequence >= footer.FirstSequence
            && page[12] == IndexKey.Bytes && page[13] == footer.GlyphBytes
            && page[14] == FilterBitsPerEntry && page[15] == IndexFilter.Probes
            && footer.PageCount == pageCount;
        return isSound ? footer : null;
    }

    private static long Pages(long items, int perPage) => (items + perPage - 1) / perPage;
}
