using System.Buffers.Binary;

namespace Hartfs.Format;

/// <summary>One block in the list at the end of a sealed pack.</summary>
/// <param name="Offset">Bytes from the start of the pack.</param>
/// <param name="FirstGlyph">The glyph of the block's first chunk.</param>
/// <param name="StoredLength">Bytes of header, directory and payload.</param>
/// <param name="PlainLength">Bytes before encoding.</param>
/// <param name="ChunkCount">Chunks.</param>
/// <param name="Codec">How the payload is encoded.</param>
/// <param name="Class">What the plain bytes are.</param>
public readonly record struct PackBlockEntry(
    long Offset, Glyph FirstGlyph, int StoredLength, int PlainLength, int ChunkCount, CodecId Codec, ContentClass Class)
{
    /// <summary>Bytes of an entry.</summary>
    public const int Size = 32;

    /// <summary>Reads an entry.</summary>
    public static PackBlockEntry Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt64LittleEndian(bytes),
        new Glyph(BinaryPrimitives.ReadInt64LittleEndian(bytes[8..])),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]),
        (CodecId)bytes[28],
        (ContentClass)bytes[29]);

    /// <summary>Writes the entry's bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        bytes[..Size].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Offset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], FirstGlyph.Value);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], StoredLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[20..], PlainLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[24..], ChunkCount);
        bytes[28] = (byte)Codec;
        bytes[29] = (byte)Class;
    }
}

/// <summary>The last 64 bytes of a sealed pack: where the block list lies, and what the pack holds.</summary>
public readonly record struct PackFooter
{
    /// <summary>Bytes of the footer.</summary>
    public const int Size = 64;

    private const int CrcOffset = Size - sizeof(uint);

    /// <summary>Bytes from the start of the pack to the first entry of the block list.</summary>
    public required long ListOffset { get; init; }

    /// <summary>Blocks in the list.</summary>
    public required int BlockCount { get; init; }

    /// <summary>CRC-32C of the list.</summary>
    public required uint ListCrc { get; init; }

    /// <summary>Plain bytes of all blocks.</summary>
    public required long PlainLength { get; init; }

    /// <summary>Chunks of all blocks.</summary>
    public required long ChunkCount { get; init; }

    /// <summary>Bytes of the pack, this footer included.</summary>
    public long PackLength => ListOffset + (BlockCount * (long)PackBlockEntry.Size) + Size;

    private static ReadOnlySpan<byte> Magic => "HARTTAIL"u8;

    /// <summary>Reads the last bytes of a pack; false when the pack is not sealed, or its footer is damaged.</summary>
    /// <param name="seed">Of the pack.</param>
    /// <param name="packLength">Bytes of the pack.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, uint seed, long packLength, out PackFooter footer)
    {
        footer = default;
        if (bytes.Length < Size || !bytes.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcOffset..]) != Crc32C.Append(seed, bytes[..CrcOffset]))
        {
            return false;
        }

        footer = new PackFooter
        {
            ListOffset = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BlockCount = BinaryPrimitives.ReadInt32LittleEndian(bytes[24..]),
            ListCrc = BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..]),
            PlainLength = BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
            ChunkCount = BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]),
        };
        return footer.ListOffset >= PackHeader.Size && footer.BlockCount >= 0 && footer.PackLength == packLength;
    }

    /// <summary>Writes the footer's bytes.</summary>
    /// <param name="seed">Of the pack.</param>
    public void Write(Span<byte> bytes, uint seed)
    {
        bytes[..Size].Clear();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], PackLength);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], ListOffset);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[24..], BlockCount);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[28..], ListCrc);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], PlainLength);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[40..], ChunkCount);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[CrcOffset..], Crc32C.Append(seed, bytes[..CrcOffset]));
    }
}
