using System.Buffers.Binary;
using Hartfs.Format;

namespace Hartfs.Storage.Index;

/// <summary>
/// The unit in which runs are read and checked: a payload and its CRC-32C, which covers the page's number too, so
/// that a page in a wrong place is recognised.
/// </summary>
internal static class IndexPage
{
    /// <summary>Bytes of a page.</summary>
    public const int Bytes = 4096;

    /// <summary>Bytes before the checksum.</summary>
    public const int PayloadBytes = Bytes - sizeof(uint);

    /// <summary>Writes the checksum.</summary>
    public static void Seal(Span<byte> page, long number) =>
        BinaryPrimitives.WriteUInt32LittleEndian(page[PayloadBytes..], Checksum(page, number));

    /// <summary>Whether the page is as it was sealed under this number.</summary>
    public static bool IsIntact(ReadOnlySpan<byte> page, long number) =>
        page.Length == Bytes
        && BinaryPrimitives.ReadUInt32LittleEndian(page[PayloadBytes..]) == Checksum(page, number);

    private static uint Checksum(ReadOnlySpan<byte> page, long number) =>
        Crc32C.Append(Crc32C.Append(0, number), page[..PayloadBytes]);
}
