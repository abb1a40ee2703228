using System.Buffers.Binary;

namespace Hartfs.Format;

/// <summary>
/// The first 64 bytes of a pack: whose it is. Every checksum within the pack starts from <see cref="Seed"/>, so that
/// a structure that lies in another volume's or another pack's place is not taken for this one's.
/// </summary>
public readonly record struct PackHeader(VolumeId Volume, PackId Pack)
{
    /// <summary>Bytes of the header.</summary>
    public const int Size = 64;

    /// <summary>The pack layout this program writes.</summary>
    public const ushort Version = 1;

    private const int CrcOffset = Size - sizeof(uint);

    /// <summary>Where the checksums within the pack start from.</summary>
    public uint Seed => SeedOf(Volume, Pack);

    private static ReadOnlySpan<byte> Magic => "HARTPACK"u8;

    /// <summary>Where the checksums within a pack start from: CRC-32C of volume id and pack number.</summary>
    public static uint SeedOf(VolumeId volume, PackId pack)
    {
        Span<byte> id = stackalloc byte[VolumeId.Size];
        volume.CopyTo(id);
        return Crc32C.Append(Crc32C.Compute(id), pack.Value);
    }

    /// <summary>Reads a header; false when it is none, of another version, or damaged.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out PackHeader header)
    {
        header = default;
        if (bytes.Length < Size || !bytes.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcOffset..]) != Crc32C.Compute(bytes[..CrcOffset])
            || BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]) != Version
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) != 0)
        {
            return false;
        }

        header = new PackHeader(
            VolumeId.Read(bytes[24..]), new PackId(BinaryPrimitives.ReadInt64LittleEndian(bytes[16..])));
        return true;
    }

    /// <summary>Writes the header's bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        bytes[..Size].Clear();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[10..], Size);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], Pack.Value);
        Volume.CopyTo(bytes[24..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[CrcOffset..], Crc32C.Compute(bytes[..CrcOffset]));
    }
}
