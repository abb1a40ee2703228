using System.Buffers.Binary;

namespace Hartfs.Format;

/// <summary>
/// A page of <c>metadata.sqlite</c> and the checksum in the bytes at its end that SQLite leaves alone
/// (<c>native-notes/format.md#checksums-of-pages</c>).
/// </summary>
public static class MetadataPage
{
    /// <summary>Bytes of a page.</summary>
    public const int Size = 4096;

    /// <summary>Bytes at the end of a page that hold tag and checksum.</summary>
    public const int ReservedBytes = 8;

    /// <summary>The one page that SQLite never uses, because locks lie there; it has no checksum.</summary>
    public const long LockPage = (1L << 30) / Size + 1;

    private const int TagOffset = Size - ReservedBytes;
    private const int CrcOffset = Size - sizeof(uint);
    private const int ReservedCountOffset = 20;
    private const int PageCountOffset = 28;

    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    /// <summary>What all pages of a volume's metadata are marked with.</summary>
    public static uint TagOf(VolumeId volume)
    {
        Span<byte> id = stackalloc byte[VolumeId.Size];
        volume.CopyTo(id);
        return Crc32C.Compute(id);
    }

    /// <summary>Writes tag and checksum into a page.</summary>
    /// <param name="page">All of its bytes.</param>
    /// <param name="number">Its number in the file, from 1.</param>
    /// <param name="tag">The volume's.</param>
    public static void Seal(Span<byte> page, long number, uint tag)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(page[TagOffset..], tag);
        BinaryPrimitives.WriteUInt32LittleEndian(page[CrcOffset..], Compute(page, number));
    }

    /// <summary>Whether a page is what was written under its number and tag.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> page, long number, uint tag) =>
        IsWhole(page, number) && ReadTag(page) == tag;

    /// <summary>Whether a page is what was written under its number, for whatever volume.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> page, long number) =>
        BinaryPrimitives.ReadUInt32LittleEndian(page[CrcOffset..]) == Compute(page, number);

    /// <summary>The mark of the volume that a page was written for.</summary>
    public static uint ReadTag(ReadOnlySpan<byte> page) => BinaryPrimitives.ReadUInt32LittleEndian(page[TagOffset..]);

    /// <summary>Whether a file that begins so says that its pages have checksums.</summary>
    public static bool IsBeginOfSealed(ReadOnlySpan<byte> begin) =>
        begin.Length > ReservedCountOffset && begin.StartsWith(Magic) && begin[ReservedCountOffset] == ReservedBytes;

    /// <summary>Whether a first page says that there are no checksums, and has one.</summary>
    public static bool IsSealedBeneath(ReadOnlySpan<byte> firstPage)
    {
        if (firstPage[ReservedCountOffset] == ReservedBytes)
            return false;
        Span<byte> page = stackalloc byte[Size];
        firstPage.CopyTo(page);
        page[ReservedCountOffset] = ReservedBytes;
        return IsWhole(page, 1);
    }

    /// <summary>How many pages the database has, by its first page.</summary>
    public static uint ReadPageCount(ReadOnlySpan<byte> firstPage) =>
        BinaryPrimitives.ReadUInt32BigEndian(firstPage[PageCountOffset..]);

    private static uint Compute(ReadOnlySpan<byte> page, long number) =>
        Crc32C.Append(Crc32C.Append(0, number), page[..CrcOffset]);
}
