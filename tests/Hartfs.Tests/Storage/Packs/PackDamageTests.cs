using Hartfs.Format;
using Hartfs.Storage;
using Hartfs.Storage.Packs;
using Hartfs.Testing;
using Hartfs.Testing.Stores;
using Xunit;

namespace Hartfs.Tests.Storage.Packs;

public sealed class PackDamageTests
{
    private const string Segment = "packs/00/0000000000000001.pack";

    private static readonly PackId Pack = new(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_flipped_bit_of_a_block_ever_gives_wrong_bytes(bool isText)
    {
        using var blocks = new MemoryBlockStore();
        using var log = new LogAssert();
        log.Expect("is damaged; its data is whole");
        using var packs = new PackStore(
            blocks, PackTestData.Volume, new PackStoreSettings(), log.CreateLogger("packs"));
        using var decoder = new BlockDecoder();
        byte[] plain = isText ? PackTestData.Text(1500) : PackTestData.Noise(700);
        BlockLocation location = PackTestData.Append(packs, plain, 1);
        int payloadBegin = location.StoredLength - packs.ReadDirectory(location).PayloadLength;
        byte[] read = new byte[4096];
        for (int i = 0; i < location.StoredLength * 8; i++)
        {
            blocks.FlipBit(Segment, location.Offset + (i / 8), i % 8);
            if (i / 8 is >= BlockHeader.Size && i / 8 < payloadBegin)
            {
                // The payload is whole, and so is what is read; only the directory is refused, and the log says so.
                Assert.Equal(plain.Length, packs.ReadPlain(location, decoder, read));
                Assert.Equal(plain, read.AsSpan(0, plain.Length));
            }
            else
            {
                Assert.Throws<CorruptDataException>(() => packs.ReadPlain(location, decoder, read));
            }

            if (i / 8 < payloadBegin)
                Assert.Throws<CorruptDataException>(() => packs.ReadDirectory(location));
            blocks.FlipBit(Segment, location.Offset + (i / 8), i % 8);
        }

        Assert.True(log.Contains("its data is whole"));
        log.Verify();
        Assert.Equal(plain, PackTestData.Read(packs, location));
    }

    [Fact]
    public void No_flipped_bit_of_a_trailer_is_believed()
    {
        using var blocks = new MemoryBlockStore();
        using PackStore packs = PackTestData.Open(blocks);
        BlockLocation[] locations = PackTestData.AppendMany(packs, count: 3, length: 100);
        packs.Close(seal: true);
        Assert.True(blocks.TryGetLength(Segment, out long length));
        long begin = locations[^1].Offset + locations[^1].StoredLength;
        for (long bit = begin * 8; bit < length * 8; bit++)
        {
            blocks.FlipBit(Segment, bit / 8, (int)(bit % 8));
            Assert.Null(packs.ReadTrailer(Pack));
            Assert.Equal(locations, Intact(packs.Scan(Pack, 0, length)));
            blocks.FlipBit(Segment, bit / 8, (int)(bit % 8));
        }

        Assert.Equal(3, packs.ReadTrailer(Pack)!.Count);
    }

    [Fact]
    public void A_pack_cut_off_anywhere_gives_up_only_what_is_missing()
    {
        using var whole = new MemoryBlockStore();
        BlockLocation[] locations;
        using (PackStore packs = PackTestData.Open(whole))
        {
            locations = PackTestData.AppendMany(packs, count: 4, length: 150);
            packs.Close(seal: true);
        }

        byte[] bytes = PackTestData.BytesOf(whole, Segment);
        for (int length = bytes.Length - 1; length >= 0; length -= 13)
        {
            using var blocks = new MemoryBlockStore();
            blocks.Append(Segment, bytes.AsSpan(0, length));
            using PackStore packs = PackTestData.Open(blocks);
            BlockLocation[] left = [.. locations.Where(at => at.Offset + at.StoredLength <= length)];
            foreach (BlockLocation location in left)
                Assert.Equal(150, PackTestData.Read(packs, location).Length);
            foreach (BlockLocation location in locations.Except(left))
                Assert.Throws<CorruptDataException>(() => PackTestData.Read(packs, location));
            Assert.Equal(left, Intact(packs.Scan(Pack, 64, long.MaxValue)));
            ScannedBlock[] scanned = [.. packs.Scan(Pack, 64, bytes.Length)];
            Assert.Equal(left, Intact(scanned));
            Assert.Contains(scanned, block => block.Damage is not null);
        }
    }

    [Fact]
    public void A_missing_pack_is_corruption_and_not_an_unreadable_disk()
    {
        using var blocks = new MemoryBlockStore();
        using PackStore packs = PackTestData.Open(blocks);
        var location = new BlockLocation(new PackId(9), 64, 200);
        CorruptDataException failure = Assert.Throws<CorruptDataException>(() => PackTestData.Read(packs, location));
        Assert.Equal((new PackId(9), 64L), (failure.Pack, failure.Offset));
        Assert.Throws<CorruptDataException>(() => packs.ReadDirectory(location));
        Assert.Throws<CorruptDataException>(() => packs.Scan(new PackId(9), 0, long.MaxValue));
        Assert.Null(packs.ReadTrailer(new PackId(9)));
    }

    [Fact]
    public void A_scan_goes_on_behind_a_damaged_block()
    {
        using var blocks = new MemoryBlockStore();
        using PackStore packs = PackTestData.Open(blocks);
        BlockLocation[] locations = PackTestData.AppendMany(packs, count: 4, length: 90_000);
        blocks.FlipBit(Segment, locations[1].Offset + 9, 0);
        blocks.FlipBit(Segment, locations[2].Offset + 70, 0);
        ScannedBlock[] scanned = [.. packs.Scan(Pack, 0, packs.Position.Length)];
        Assert.Equal([null, locations[1].Offset, locations[2].Offset, null], scanned.Select(
            block => block.Damage is null ? (long?)null : block.Location.Offset));
        Assert.Equal([locations[0], locations[3]], Intact(scanned));
        Assert.Equal([locations[3]], Intact(packs.Scan(Pack, locations[3].Offset, packs.Position.Length)));
        Assert.Equal([locations[0]], packs.Scan(Pack, 0, long.MaxValue).Select(block => block.Location));
    }

    [Fact]
    public void A_damaged_pack_header_is_reported_and_hides_no_block()
    {
        using var blocks = new MemoryBlockStore();
        using PackStore packs = PackTestData.Open(blocks);
        BlockLocation[] locations = PackTestData.AppendMany(packs, count: 2, length: 100);
        blocks.FlipBit(Segment, 3, 3);
        ScannedBlock[] scanned = [.. packs.Scan(Pack, 0, packs.Position.Length)];
        Assert.Equal(0, scanned[0].Location.Offset);
        Assert.NotNull(scanned[0].Damage);
        Assert.Equal(locations, Intact(scanned));
        Assert.Equal(PackTestData.Noise(100, 1), PackTestData.Read(packs, locations[1]));
    }

    [Fact]
    public void A_block_of_another_place_pack_or_volume_is_not_taken_for_this_one()
    {
        using var blocks = new MemoryBlockStore();
        using PackStore packs = PackTestData.Open(blocks);
        byte[] plain = PackTestData.Noise(100);
        BlockLocation first = PackTestData.Append(packs, plain, 1);
        byte[] bytes = PackTestData.BytesOf(blocks, Segment);
        byte[] block = bytes[64..];

        blocks.Append(Segment, block);
        Assert.Throws<CorruptDataException>(
            () => PackTestData.Read(packs, first with { Offset = first.Offset + first.StoredLength }));
        blocks.Append("packs/00/0000000000000002.pack", bytes);
        Assert.Throws<CorruptDataException>(() => PackTestData.Read(packs, first with { Pack = new PackId(2) }));
        using var other = new PackStore(
            blocks, VolumeId.Create(), new PackStoreSettings(), new LogAssert().CreateLogger("packs"));
        Assert.Throws<CorruptDataException>(() => PackTestData.Read(other, first));
        Assert.Throws<CorruptDataException>(() => PackTestData.Read(packs, first with { StoredLength = 200 }));
        Assert.Throws<CorruptDataException>(() => PackTestData.Read(packs, first with { Offset = 0 }));
    }

    [Fact]
    public void Random_bytes_are_never_a_directory_that_breaks_the_reader()
    {
        var random = new Random(11);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(33, 200)];
            random.NextBytes(bytes);
            if (i % 2 == 0)
                bytes.AsSpan(0, Math.Min(12, bytes.Length)).Fill((byte)random.Next(4));
            var header = new BlockHeader
            {
                Codec = CodecId.Raw, Class = ContentClass.Other, ChunkCount = random.Next(1, bytes.Length / 32),
                PlainLength = random.Next(1, 1000), DirectoryLength = bytes.Length, PayloadLength = 1,
                FirstGlyph = new Glyph(random.NextInt64(1, long.MaxValue)), DirectoryCrc = 0, PayloadCrc = 0,
            };
            if (DirectoryLayout.TryRead(bytes, header, out ChunkEntry[] chunks))
                Assert.Equal(header.PlainLength, chunks.Sum(chunk => chunk.Length));
        }
    }

    private static IEnumerable<BlockLocation> Intact(IEnumerable<ScannedBlock> scanned) =>
        scanned.Where(block => block.Damage is null).Select(block => block.Location);
}
