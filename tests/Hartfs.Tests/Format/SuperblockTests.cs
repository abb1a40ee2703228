using System.Buffers.Binary;
using Hartfs.Format;
using Xunit;

namespace Hartfs.Tests.Format;

public sealed class SuperblockTests
{
    private const string Golden =
        "48617274667320766f6c756d650d0a1a01000000001000000000000000000000" +
        "0000000000000000000000000000000030313233343536373839616263646566" +
        "00002a36fe9c9717030000000000000001000100001000000020000000300000" +
        "0080000000000100008001000010000000000400010000000300000000000100";

    internal static readonly Superblock Example = new()
    {
        Volume = VolumeId.Read("0123456789abcdef"u8),
        CreationTime = 1_700_000_000_000_000_000,
        Generation = 3,
        SmallChunks = new ChunkLengths(4096, 8192, 12288),
        LargeChunks = new ChunkLengths(32768, 65536, 98304),
        RunBytesMin = 4096,
        BlockBytes = 262144,
        CodecLevel = 3,
    };

    [Fact]
    public void The_record_has_these_bytes()
    {
        byte[] bytes = Example.ToBytes();
        Assert.Equal(4096, bytes.Length);
        Assert.Equal(Golden, Convert.ToHexStringLower(bytes.AsSpan(0, 128)));
        Assert.Equal(-1, bytes.AsSpan(128, 4092 - 128).IndexOfAnyExcept((byte)0));
        Assert.Equal("8e001a09", Convert.ToHexStringLower(bytes.AsSpan(4092)));
    }

    [Fact]
    public void A_record_comes_back_as_it_was_written()
    {
        Superblock written = Example with
        {
            Features = new FeatureSets(ulong.MaxValue, 5, 0),
            Codec = CodecId.Raw,
            CodecLevel = -7,
            DeviceIndex = 2,
            DeviceCount = 3,
        };
        SuperblockReading reading = Superblock.Read(written.ToBytes());
        Assert.Equal(SuperblockFault.None, reading.Fault);
        Assert.Equal(written, reading.Superblock);
        Assert.Equal(4UL, reading.Superblock!.Features.UnknownReadOnlyCompatible);
        Assert.Equal(-7, reading.Superblock.CodecLevel);
    }

    [Fact]
    public void Every_flipped_bit_is_detected()
    {
        byte[] bytes = Example.ToBytes();
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            SuperblockFault fault = Superblock.Read(bytes).Fault;
            Assert.Equal(bit < 16 * 8 ? SuperblockFault.NotASuperblock : SuperblockFault.Damaged, fault);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Another_kind_of_file_and_a_short_one_are_told_apart()
    {
        Assert.Equal(SuperblockFault.NotASuperblock, Superblock.Read([]).Fault);
        Assert.Equal(SuperblockFault.NotASuperblock, Superblock.Read(new byte[4096]).Fault);
        Assert.Equal(SuperblockFault.Damaged, Superblock.Read(Example.ToBytes().AsSpan(0, 4095)).Fault);
        Assert.Equal(SuperblockFault.Damaged, Superblock.Read([.. Example.ToBytes(), 0]).Fault);
    }

    [Fact]
    public void A_newer_version_and_an_unknown_feature_say_so()
    {
        SuperblockReading version = Superblock.Read(Changed(16, 2));
        Assert.Equal(SuperblockFault.NewerVersion, version.Fault);
        Assert.Contains("version is 2", version.Reason, StringComparison.Ordinal);
        SuperblockReading feature = Superblock.Read(Changed(40, 1 << 4));
        Assert.Equal(SuperblockFault.UnknownFeature, feature.Fault);
        Assert.Contains("10", feature.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(80, 2)]
    [InlineData(82, 9)]
    [InlineData(84, 0)]
    [InlineData(92, 5000)]
    [InlineData(104, 2 << 20)]
    [InlineData(108, 0)]
    [InlineData(112, 17 << 20)]
    [InlineData(112, -1)]
    [InlineData(116, 77)]
    [InlineData(124, 1)]
    public void Impossible_values_under_a_good_checksum_are_damage(int offset, int value) =>
        Assert.Equal(SuperblockFault.Damaged, Superblock.Read(Changed(offset, value)).Fault);

    [Fact]
    public void Bytes_without_a_meaning_here_survive_a_change()
    {
        Superblock read = Superblock.Read(Changed(300, 0x5EED)).Superblock!;
        byte[] again = (read with { Generation = 4 }).ToBytes();
        Assert.Equal(0x5EED, BinaryPrimitives.ReadInt32LittleEndian(again.AsSpan(300)));
        Assert.Equal(4UL, Superblock.Read(again).Superblock!.Generation);
    }

    internal static byte[] Changed(int offset, int value)
    {
        byte[] bytes = Example.ToBytes();
        if (offset is 80 or 82 or 116 or 124)
            BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(offset), (short)value);
        else
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(offset), value);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4092), Crc32C.Compute(bytes.AsSpan(0, 4092)));
        return bytes;
    }
}
