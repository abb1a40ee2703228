using System.Buffers.Binary;

namespace Hartfs.Format;

/// <summary>The first 64 bytes of a block. The directory follows, then the payload.</summary>
/// <remarks>Fixed places, little-endian; <c>native-notes/format.md#block</c>.</remarks>
public readonly record struct BlockHeader
{
    /// <summary>Bytes of the header.</summary>
    public const int Size = 64;

    /// <summary>The first four bytes: "HBLK".</summary>
    public const uint Magic = 0x4B4C4248;

    private const int CrcOffset = Size - sizeof(uint);

    /// <summary>How the payload is encoded.</summary>
    public required CodecId Codec { get; init; }

    /// <summary>What the plain bytes are.</summary>
    public required ContentClass Class { get; init; }

    /// <summary>See <see cref="BlockFlags"/>.</summary>
    public BlockFlags Flags { get; init; }

    /// <summary>Chunks in the directory; at least 1.</summary>
    public required int ChunkCount { get; init; }

    /// <summary>Bytes before encoding: 1 to <see cref="Limits.BlockBytesMax"/>.</summary>
    public required int PlainLength { get; init; }

    /// <summary>Bytes of the directory.</summary>
    public required int DirectoryLength { get; init; }

    /// <summary>Bytes of the payload as stored.</summary>
    public required int PayloadLength { get; init; }

    /// <summary>The dictionary that the payload needs; 0: none.</summary>
    public uint DictionaryId { get; init; }

    /// <summary>Where the bytes that the payload is a delta against begin; <see cref="Glyph.None"/>: none.</summary>
    public Glyph DeltaBase { get; init; }

    /// <summary>The glyph of the first chunk.</summary>
    public required Glyph FirstGlyph { get; init; }

    /// <summary>CRC-32C of the directory.</summary>
    public required uint DirectoryCrc { get; init; }

    /// <summary>CRC-32C of the payload as stored.</summary>
    public required uint PayloadCrc { get; init; }

    /// <summary>Bytes of header, directory and payload.</summary>
    public int StoredLength => Size + DirectoryLength + PayloadLength;

    /// <summary>
    /// Reads and verifies a header that lies <paramref name="offset"/> bytes into the pack of <paramref name="seed"/>.
    /// </summary>
    /// <param name="fault">What is wrong; null when true is returned.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> bytes, uint seed, long offset, out BlockHeader header, out string? fault)
    {
        header = default;
        fault = FindFault(bytes, seed, offset);
        if (fault is not null)
            return false;
        header = Parse(bytes);
        fault = header.FindFault();
        return fault is null;
    }

    /// <summary>Writes the header's bytes, but for its checksum: see <see cref="Seal"/>.</summary>
    public void Write(Span<byte> bytes)
    {
        bytes[..Size].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        bytes[4] = (byte)Codec;
        bytes[5] = (byte)Class;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[6..], (ushort)Flags);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], ChunkCount);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], PlainLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], DirectoryLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[20..], PayloadLength);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[24..], DictionaryId);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], DeltaBase.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[40..], FirstGlyph.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[48..], DirectoryCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[52..], PayloadCrc);
    }

    /// <summary>Writes the checksum of a header once it is known where it will lie.</summary>
    public static void Seal(Span<byte> bytes, uint seed, long offset) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[CrcOffset..], CrcOf(bytes, seed, offset));

    private static string? FindFault(ReadOnlySpan<byte> bytes, uint seed, long offset)
    {
        if (bytes.Length < Size)
            return "the block's header is cut short";
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
            return "no block begins here";
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcOffset..]) != CrcOf(bytes, seed, offset)
            ? "the block header's checksum does not fit"
            : null;
    }

    private static uint CrcOf(ReadOnlySpan<byte> bytes, uint seed, long offset) =>
        Crc32C.Append(Crc32C.Append(seed, offset), bytes[..CrcOffset]);

    private static BlockHeader Parse(ReadOnlySpan<byte> bytes) => new()
    {
        Codec = (CodecId)bytes[4],
        Class = (ContentClass)bytes[5],
        Flags = (BlockFlags)BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]),
        ChunkCount = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
        PlainLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
        DirectoryLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]),
        PayloadLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]),
        DictionaryId = BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]),
        DeltaBase = new Glyph(BinaryPrimitives.ReadInt64LittleEndian(bytes[32..])),
        FirstGlyph = new Glyph(BinaryPrimitives.ReadInt64LittleEndian(bytes[40..])),
        DirectoryCrc = BinaryPrimitives.ReadUInt32LittleEndian(bytes[48..]),
        PayloadCrc = BinaryPrimitives.ReadUInt32LittleEndian(bytes[52..]),
    };

    // A checksum says that these bytes were written, not that a correct program wrote them.
    private string? FindFault()
    {
        if (Flags != BlockFlags.None)
            return $"the block's flags {(int)Flags:x} are not known";
        if (PlainLength is <= 0 or > Limits.BlockBytesMax)
            return $"the block's plain length {PlainLength} is impossible";
        if (ChunkCount <= 0 || ChunkCount > PlainLength)
            return $"the block's chunk count {ChunkCount} is impossible";
        if (FirstGlyph <= Glyph.None || FirstGlyph.Value > long.MaxValue - PlainLength)
            return $"the block's first glyph {FirstGlyph} is impossible";
        return PayloadLength <= 0 || PayloadLength > PlainLength
            || DirectoryLength <= ChunkCount * (long)Fingerprint.Size
            || DirectoryLength > DirectoryLengthMax(ChunkCount)
            ? "the block's stored lengths are impossible"
            : null;
    }

    /// <summary>Bytes of the longest directory of so many chunks: all apart, in numbers of full length.</summary>
    public static long DirectoryLengthMax(int chunkCount) =>
        VarInt.SizeMax + (chunkCount * (long)((3 * VarInt.SizeMax) + Fingerprint.Size));
}

/// <summary>What a block's payload needs beyond its codec. The bits are persisted; version 1 sets none.</summary>
[Flags]
public enum BlockFlags : ushort
{
    None = 0,

    /// <summary>Directory and payload are encrypted, each followed by its tag.</summary>
    Encrypted = 1,

    /// <summary><see cref="BlockHeader.DictionaryId"/> is needed.</summary>
    Dictionary = 2,

    /// <summary><see cref="BlockHeader.DeltaBase"/> is needed.</summary>
    Delta = 4,
}
