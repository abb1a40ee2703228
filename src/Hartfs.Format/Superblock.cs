using System.Buffers.Binary;

namespace Hartfs.Format;

/// <summary>
/// The first record of a volume: who it is, what it uses, how its content is cut and stored. One fixed record of
/// <see cref="Size"/> bytes, kept twice and replaced as a whole (<c>native-notes/format.md#superblock</c>).
/// </summary>
public sealed record Superblock
{
    /// <summary>Bytes of the record.</summary>
    public const int Size = 4096;

    /// <summary>The format version this program writes. Other versions are other formats.</summary>
    public const uint FormatVersion = 1;

    /// <summary>Where the key slots of encrypted volumes lie; zero bytes in others.</summary>
    public const int KeySlotsOffset = 256;

    /// <summary>Bytes of all key slots.</summary>
    public const int KeySlotsSize = 2048;

    private const int CrcOffset = Size - sizeof(uint);

    // What was read: bytes that this program gives no meaning survive when it replaces the record.
    private readonly byte[] _image = new byte[Size];

    /// <summary>The volume.</summary>
    public required VolumeId Volume { get; init; }

    /// <summary>When the volume was created: nanoseconds since 1970-01-01 UTC.</summary>
    public required long CreationTime { get; init; }

    /// <summary>Counts replacements of the record: of two whole copies the higher one holds.</summary>
    public ulong Generation { get; init; }

    /// <summary>What the volume uses.</summary>
    public FeatureSets Features { get; init; }

    /// <summary>The volume whose checksums every page of the metadata has; null: they have none.</summary>
    public VolumeId? SealedBy => Features.HasMetadataChecksums ? Volume : null;

    /// <summary>How chunks are fingerprinted.</summary>
    public HashId Hash { get; init; } = HashId.Sha256;

    /// <summary>How content is cut.</summary>
    public ChunkerId Chunker { get; init; } = ChunkerId.TwoLevelMinimum;

    /// <summary>Chunks of content that compresses, in bytes.</summary>
    public required ChunkLengths SmallChunks { get; init; }

    /// <summary>Groups of chunks; one that does not compress is a single chunk. Bytes.</summary>
    public required ChunkLengths LargeChunks { get; init; }

    /// <summary>Shortest run of one pattern that becomes an extent of its own, in bytes.</summary>
    public required int RunBytesMin { get; init; }

    /// <summary>Plain bytes of a block; at most <see cref="Limits.BlockBytesMax"/>.</summary>
    public required int BlockBytes { get; init; }

    /// <summary>How new blocks are encoded.</summary>
    public CodecId Codec { get; init; } = CodecId.Zstd;

    /// <summary>The codec's level for new blocks.</summary>
    public required int CodecLevel { get; init; }

    /// <summary>Parity beside every sealed pack, in percent of it; 0: none.</summary>
    public ushort ParityPercent { get; init; }

    /// <summary>Which of the volume's drives this directory is; from 0.</summary>
    public ushort DeviceIndex { get; init; }

    /// <summary>The volume's drives; at least 1.</summary>
    public ushort DeviceCount { get; init; } = 1;

    private static ReadOnlySpan<byte> Magic => "Hartfs volume\r\n\x1A"u8;

    /// <summary>Reads a record. Never throws: the fault says why there is none.</summary>
    public static SuperblockReading Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Magic.Length || !bytes.StartsWith(Magic))
            return new SuperblockReading(SuperblockFault.NotASuperblock, "it does not begin as a Hartfs superblock");
        if (bytes.Length != Size)
            return Damaged($"it has {bytes.Length} bytes instead of {Size}");
        uint crc = BinaryPrimitives.ReadUInt32LittleEndian(bytes[CrcOffset..]);
        if (crc != Crc32C.Compute(bytes[..CrcOffset]))
            return Damaged("its checksum does not fit");
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]);
        if (version != FormatVersion)
        {
            return new SuperblockReading(SuperblockFault.NewerVersion,
                $"its format version is {version}; this program knows version {FormatVersion}");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]) != Size)
            return Damaged("its own length is impossible");
        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[116..]) is var codec and > byte.MaxValue)
            return Damaged($"its codec {codec} is not known");
        Superblock superblock = Parse(bytes);
        if (superblock.Features.UnknownIncompatible != 0)
        {
            return new SuperblockReading(SuperblockFault.UnknownFeature,
                $"it uses features that this program does not know (bits {superblock.Features.UnknownIncompatible:x})");
        }

        return superblock.FindFault() is { } fault
            ? Damaged(fault)
            : new SuperblockReading(SuperblockFault.None, "", superblock);
    }

    /// <summary>The record's bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] image = (byte[])_image.Clone();
        Span<byte> bytes = image;
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], FormatVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[20..], Size);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], Features.Compatible);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], Features.ReadOnlyCompatible);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[40..], Features.Incompatible);
        Volume.CopyTo(bytes[48..]);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[64..], CreationTime);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[72..], Generation);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[80..], (ushort)Hash);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[82..], (ushort)Chunker);
        WriteLengths(bytes[84..], SmallChunks);
        WriteLengths(bytes[96..], LargeChunks);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[108..], RunBytesMin);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[112..], BlockBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[116..], (ushort)Codec);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[118..], ParityPercent);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[120..], CodecLevel);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[124..], DeviceIndex);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[126..], DeviceCount);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[CrcOffset..], Crc32C.Compute(bytes[..CrcOffset]));
        return image;
    }

    /// <summary>The record that follows this one, of a volume whose metadata have checksums.</summary>
    public Superblock WithMetadataChecksums() => this with
    {
        Generation = Generation + 1,
        Features = Features with { ReadOnlyCompatible = Features.ReadOnlyCompatible | FeatureSets.MetadataChecksums },
    };

    /// <summary>Equal records have equal bytes.</summary>
    public bool Equals(Superblock? other) => other is not null && ToBytes().AsSpan().SequenceEqual(other.ToBytes());

    public override int GetHashCode() => Volume.GetHashCode();

    private static SuperblockReading Damaged(string reason) => new(SuperblockFault.Damaged, reason);

    private static Superblock Parse(ReadOnlySpan<byte> bytes)
    {
        var superblock = new Superblock
        {
            Features = new FeatureSets(
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..])),
            Volume = VolumeId.Read(bytes[48..]),
            CreationTime = BinaryPrimitives.ReadInt64LittleEndian(bytes[64..]),
            Generation = BinaryPrimitives.ReadUInt64LittleEndian(bytes[72..]),
            Hash = (HashId)BinaryPrimitives.ReadUInt16LittleEndian(bytes[80..]),
            Chunker = (ChunkerId)BinaryPrimitives.ReadUInt16LittleEndian(bytes[82..]),
            SmallChunks = ReadLengths(bytes[84..]),
            LargeChunks = ReadLengths(bytes[96..]),
            RunBytesMin = BinaryPrimitives.ReadInt32LittleEndian(bytes[108..]),
            BlockBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[112..]),
            Codec = (CodecId)BinaryPrimitives.ReadUInt16LittleEndian(bytes[116..]),
            ParityPercent = BinaryPrimitives.ReadUInt16LittleEndian(bytes[118..]),
            CodecLevel = BinaryPrimitives.ReadInt32LittleEndian(bytes[120..]),
            DeviceIndex = BinaryPrimitives.ReadUInt16LittleEndian(bytes[124..]),
            DeviceCount = BinaryPrimitives.ReadUInt16LittleEndian(bytes[126..]),
        };
        bytes.CopyTo(superblock._image);
        return superblock;
    }

    // A whole checksum over impossible values means a broken writer: opening would cut content differently, or worse.
    private string? FindFault()
    {
        if (Hash != HashId.Sha256)
            return $"its fingerprint algorithm {(int)Hash} is not known";
        if (Chunker != ChunkerId.TwoLevelMinimum)
            return $"its chunker {(int)Chunker} is not known";
        if (Codec is not (CodecId.Raw or CodecId.Zstd))
            return $"its codec {(int)Codec} is not known";
        if (!IsPossible(SmallChunks) || !IsPossible(LargeChunks))
            return "its chunk lengths are impossible";
        if (RunBytesMin <= 0)
            return "its run length is impossible";
        if (BlockBytes is <= 0 or > Limits.BlockBytesMax)
            return $"its block length {BlockBytes} is impossible";
        if (ParityPercent > Limits.ParityPercentMax)
            return $"its parity of {ParityPercent} percent is impossible";
        return DeviceIndex >= DeviceCount ? "its drive number is impossible" : null;
    }

    private static bool IsPossible(ChunkLengths lengths) =>
        lengths.Min > 0 && lengths.Min <= lengths.Average && lengths.Average <= lengths.Max
        && lengths.Max <= Limits.ChunkBytesMax;

    private static ChunkLengths ReadLengths(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt32LittleEndian(bytes),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]));

    private static void WriteLengths(Span<byte> bytes, ChunkLengths lengths)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes, lengths.Min);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], lengths.Average);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], lengths.Max);
    }
}
