using System.Buffers.Binary;

namespace Hartfs.Storage.Index;

/// <summary>The first keys of all data pages, six bytes each: they lead to the one page that can hold a key.</summary>
internal static class IndexFences
{
    /// <summary>Fences in a page. The last one is read as eight bytes, two of them the checksum's.</summary>
    public const int PerPage = IndexPage.PayloadBytes / IndexKey.Bytes;

    /// <summary>A fence within its page.</summary>
    public static ulong Read(ReadOnlySpan<byte> page, int index) =>
        BinaryPrimitives.ReadUInt64LittleEndian(page[(index * IndexKey.Bytes)..]) & IndexKey.Mask;

    /// <summary>Writes a fence; the two bytes behind it are the next one's.</summary>
    public static void Write(Span<byte> page, int index, ulong key) =>
        BinaryPrimitives.WriteUInt64LittleEndian(page[(index * IndexKey.Bytes)..], key);
}
