using System.Buffers.Binary;

namespace Hartfs.Format;

/// <summary>The first 64 bytes of a parity file, and again behind its parity (<c>format.md#parity</c>).</summary>
/// <param name="Pack">The pack that is protected.</param>
/// <param name="PackLength">Its bytes.</param>
/// <param name="DataShards">Shards that the pack is divided into.</param>
/// <param name="ParityShards">Shards of parity.</param>
/// <param name="ShardSectors">Sectors of a shard.</param>
/// <param name="TableCrc">CRC-32C of the table of checksums.</param>
public readonly record struct ParityHeader(
    PackId Pack, long PackLength, int DataShards, int ParityShards, int ShardSectors, uint TableCrc)
{
    /// <summary>Bytes of the header.</summary>
    public const int Size = 64;

    /// <summary>Bytes of a sector: what one checksum covers, and what is repaired as a whole.</summary>
    public const int SectorBytes = 4096;

    private const int CrcOffset = Size - sizeof(uint);
    private const ushort Layout = 1;

    /// <summary>Sectors of all shards.</summary>
    public int SectorCount => (DataShards + ParityShards) * ShardSectors;

    /// <summary>Bytes of the table: one checksum for each sector.</summary>
    public int TableLength => SectorCount * sizeof(uint);

    /// <summary>Bytes from the start of the file to the first parity shard.</summary>
    public long ParityOffset => Size + TableLength;

    /// <summary>Bytes from the start of the file to the second header and table.</summary>
    public long SecondOffset => ParityOffset + (ParityShards * (long)ShardSectors * SectorBytes);

    /// <summary>Bytes of the file.</summary>
    public long FileLength => SecondOffset + Size + TableLength;

    private static ReadOnlySpan<byte> Magic => "HARTPRTY"u8;

    /// <summary>Reads a header; false when it is none, or damaged.</summary>
    /// <param name="seed">Of the pack.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, uint seed, out ParityHeader header)
    {
        header = default;
        if (bytes.Length < Size || !bytes.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcOffset..]) != Crc32C.Append(seed, bytes[..CrcOffset])
            || BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]) != Layout
            || BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]) != SectorBytes)
            return false;
        header = new ParityHeader(
            new PackId(BinaryPrimitives.ReadInt64LittleEndian(bytes[16..])),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[34..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[36..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]));
        return header is { DataShards: >= 1, ParityShards: >= 1, ShardSectors: >= 1, PackLength: >= 1 }
            && header.DataShards + header.ParityShards <= 255
            && header.PackLength <= header.DataShards * (long)header.ShardSectors * SectorBytes;
    }

    /// <summary>Writes the header's bytes.</summary>
    /// <param name="seed">Of the pack.</param>
    public void Write(Span<byte> bytes, uint seed)
    {
        bytes[..Size].Clear();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], Layout);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[10..], Size);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], SectorBytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], Pack.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], PackLength);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[32..], (ushort)DataShards);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[34..], (ushort)ParityShards);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[36..], ShardSectors);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[40..], TableCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[CrcOffset..], Crc32C.Append(seed, bytes[..CrcOffset]));
    }
}
