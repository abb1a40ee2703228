using Hartfs.Format;
using Hartfs.Storage;
using Hartfs.Storage.Packs;
using Hartfs.Testing.Stores;
using Xunit;

namespace Hartfs.Tests.Storage.Packs;

public sealed class PackStoreTests
{
    private const string FirstPack = "packs/00/0000000000000001.pack";

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(8192)]
    [InlineData(300_000)]
    [InlineData(1 << 20)]
    public void A_block_comes_back_as_it_was_appended(int length)
    {
        using var blocks = new MemoryBlockStore();
        using PackStore packs = PackTestData.Open(blocks);
        byte[] text = PackTestData.Text(length);
        byte[] noise = PackTestData.Noise(length);
        BlockLocation first = PackTestData.Append(packs, text, 1);
        BlockLocation second = PackTestData.Append(packs, noise, 1 + length);
        Assert.Equal(text, PackTestData.Read(packs, first));
        Assert.Equal(noise, PackTestData.Read(packs, second));
    }

    [Fact]
    public void What_does_not_shrink_is_stored_raw_and_text_is_not()
    {
        using var encoder = new BlockEncoder();
        byte[] noise = PackTestData.Noise(65536);
        byte[] text = PackTestData.Text(65536);
        Assert.Equal(CodecId.Raw, encoder.Encode(noise, PackTestData.Cut(noise, 1), ContentClass.Other, 3).Codec);
        Assert.Equal(CodecId.Zstd, encoder.Encode(text, PackTestData.Cut(text, 1), ContentClass.Text, 3).Codec);
        Assert.Equal(
            CodecId.Raw, encoder.Encode(text, PackTestData.Cut(text, 1), ContentClass.Incompressible, 3).Codec);
    }

    [Fact]
    public void A_chunk_costs_at_most_36_bytes_in_a_256_KiB_block_header_included()
    {
        using var encoder = new BlockEncoder();
        byte[] plain = PackTestData.Noise(256 << 10);
        ChunkEntry[] chunks = PackTestData.Cut(plain, 1L << 40);
        EncodedBlock block = encoder.Encode(plain, chunks, ContentClass.Incompressible, 3);
        Assert.InRange((block.StoredLength - block.PayloadLength) / (double)chunks.Length, 32, 36.1);
    }

    [Fact]
    public void The_directory_lists_every_chunk_and_every_run_of_glyphs()
    {
        using var blocks = new MemoryBlockStore();
        using PackStore packs = PackTestData.Open(blocks);
        byte[] plain = PackTestData.Text(40_000);
        ChunkEntry[] chunks = PackTestData.Cut(plain, 1_000_000);
        chunks[2] = chunks[2] with { Start = new Glyph(7) };
        chunks[4] = chunks[4] with { Start = new Glyph(long.MaxValue - 10_000) };
        using var encoder = new BlockEncoder();
        BlockLocation location = packs.Append(encoder.Encode(plain, chunks, ContentClass.Text, 3));

        BlockDirectory directory = packs.ReadDirectory(location);

        Assert.Equal(chunks, directory.Chunks.ToArray());
        Assert.Equal((ContentClass.Text, CodecId.Zstd, 40_000),
            (directory.Class, directory.Codec, directory.PlainLength));
        Assert.Equal(
            [
                new Region(new Glyph(1_000_000), 16384, location, 0) { BlockLength = 40_000 },
                new Region(new Glyph(7), 8192, location, 16384) { BlockLength = 40_000 },
                new Region(new Glyph(1_024_576), 8192, location, 24576) { BlockLength = 40_000 },
                new Region(new Glyph(long.MaxValue - 10_000), 7232, location, 32768) { BlockLength = 40_000 },
            ],
            directory.Regions(location));
    }

    [Fact]
    public void A_long_directory_is_read_whole()
    {
        using var blocks = new MemoryBlockStore();
        using PackStore packs = PackTestData.Open(blocks);
        byte[] plain = PackTestData.Text(100_000);
        ChunkEntry[] chunks = PackTestData.Cut(plain, 5, chunkLength: 64);
        using var encoder = new BlockEncoder();
        BlockLocation location = packs.Append(encoder.Encode(plain, chunks, ContentClass.Text, 3));
        Assert.Equal(chunks, packs.ReadDirectory(location).Chunks.ToArray());
        Assert.Equal(chunks, Assert.Single(packs.Scan(location.Pack, 0, long.MaxValue)).Directory!.Chunks.ToArray());
    }

    [Fact]
    public void A_part_of_a_block_is_read_exactly_or_not_at_all()
    {
        using var blocks = new MemoryBlockStore();
        using PackStore packs = PackTestData.Open(blocks);
        using var decoder = new BlockDecoder();
        foreach (byte[] plain in new[] { PackTestData.Text(20_000), PackTestData.Noise(20_000) })
        {
            BlockLocation location = PackTestData.Append(packs, plain, 1);
            byte[] part = new byte[5000];
            packs.ReadPlain(location, decoder, 15_000, part);
            Assert.Equal(plain[15_000..], part);
            packs.ReadPlain(location, decoder, 0, part);
            Assert.Equal(plain[..5000], part);
            Assert.Throws<CorruptDataException>(() => packs.ReadPlain(location, decoder, 15_001, part));
            Assert.Throws<CorruptDataException>(() => packs.ReadPlain(location, decoder, int.MaxValue, part));
            Assert.Throws<CorruptDataException>(() => packs.ReadPlain(location, decoder, part));
        }
    }

    [Fact]
    public void Decoding_writes_nothing_behind_the_plain_bytes()
    {
        using var blocks = new MemoryBlockStore();
        using PackStore packs = PackTestData.Open(blocks);
        using var decoder = new BlockDecoder();
        BlockLocation location = PackTestData.Append(packs, PackTestData.Text(10_000), 1);
        byte[] buffer = new byte[20_000];
        buffer.AsSpan(10_000).Fill(0xEE);
        Assert.Equal(10_000, packs.ReadPlain(location, decoder, buffer));
        Assert.Equal(-1, buffer.AsSpan(10_000).IndexOfAnyExcept((byte)0xEE));
    }

    [Fact]
    public void A_full_pack_is_sealed_with_a_trailer_and_the_next_one_begun()
    {
        using var blocks = new MemoryBlockStore();
        using PackStore packs = PackTestData.Open(blocks, packBytesTarget: 100_000);
        BlockLocation[] locations = PackTestData.AppendMany(packs, count: 5, length: 40_000);
        Assert.Equal([1, 1, 1, 2, 2], locations.Select(location => location.Pack.Value));
        Assert.Equal([true, false], packs.TakeChanges().Select(pack => pack.IsSealed));
        Assert.Empty(packs.TakeChanges());
        Assert.Equal([true, false], packs.List().Select(pack => pack.IsSealed));

        IReadOnlyList<PackBlockEntry> list = packs.ReadTrailer(new PackId(1))!;
        Assert.Equal(locations[..3], list.Select(
            entry => new BlockLocation(new PackId(1), entry.Offset, entry.StoredLength)));
        Assert.Equal([1, 40_001, 80_001], list.Select(entry => entry.FirstGlyph.Value));
        Assert.Null(packs.ReadTrailer(new PackId(2)));
    }

    [Fact]
    public void The_open_pack_of_a_clean_shutdown_is_continued_and_its_trailer_lists_both_sessions()
    {
        using var blocks = new MemoryBlockStore();
        PackPosition position;
        using (PackStore packs = PackTestData.Open(blocks))
        {
            PackTestData.Append(packs, PackTestData.Text(1000), 1);
            packs.Close(seal: false);
            position = packs.Position;
        }

        using PackStore resumed = PackTestData.Open(blocks);
        resumed.Resume(position.NextPack, position.OpenPack, position.Length);
        BlockLocation second = PackTestData.Append(resumed, PackTestData.Text(2000), 1001);
        Assert.Equal((position.OpenPack, position.Length), (second.Pack, second.Offset));
        resumed.Close(seal: true);
        Assert.Equal([1, 1001], resumed.ReadTrailer(new PackId(1))!.Select(entry => entry.FirstGlyph.Value));
    }

    [Fact]
    public void A_pack_with_a_tail_behind_the_committed_length_is_left_alone()
    {
        using var blocks = new MemoryBlockStore();
        using (PackStore packs = PackTestData.Open(blocks))
        {
            PackTestData.Append(packs, PackTestData.Text(1000), 1);
            packs.Flush();
            long committed = packs.Position.Length;
            PackTestData.Append(packs, PackTestData.Text(2000), 1001);
            blocks.Append("packs/00/0000000000000002.pack", PackTestData.Noise(10));
            byte[] before = PackTestData.BytesOf(blocks, FirstPack);

            using PackStore resumed = PackTestData.Open(blocks);
            resumed.Resume(new PackId(2), new PackId(1), committed);
            // Pack 2 exists: debris of a commit that never was.
            Assert.Equal(3, PackTestData.Append(resumed, PackTestData.Text(500), 5000).Pack.Value);
            Assert.Equal(before, PackTestData.BytesOf(blocks, FirstPack));
            Assert.Single(resumed.Scan(new PackId(1), 0, committed));
            Assert.Equal(2, resumed.Scan(new PackId(1), 0, long.MaxValue).Count());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_was_appended_before_a_flush_survives_a_power_cut(int seed)
    {
        using var blocks = new MemoryBlockStore();
        using var faulty = new FaultyBlockStore(blocks, seed);
        using PackStore packs = PackTestData.Open(faulty, packBytesTarget: 10_000);
        BlockLocation[] locations = PackTestData.AppendMany(packs, count: 20, length: 3000);
        packs.Flush();
        PackTestData.Append(packs, PackTestData.Noise(3000, 99), 100_000);
        foreach ((string segment, long length) in faulty.ChooseSurvivingLengths())
            blocks.Truncate(segment, length);
        for (int i = 0; i < locations.Length; i++)
            Assert.Equal(PackTestData.Noise(3000, i), PackTestData.Read(packs, locations[i]));
    }

    [Fact]
    public void Many_threads_append_and_each_finds_its_blocks()
    {
        using var blocks = new MemoryBlockStore();
        using PackStore packs = PackTestData.Open(blocks, packBytesTarget: 200_000);
        var locations = new BlockLocation[200];
        Parallel.For(0, locations.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            locations[i] = PackTestData.Append(packs, PackTestData.Text(5000, i), 1 + (i * 5000L));
            if (i % 10 == 0)
                packs.Flush();
        });
        for (int i = 0; i < locations.Length; i++)
            Assert.Equal(PackTestData.Text(5000, i), PackTestData.Read(packs, locations[i]));
    }

    [Fact]
    public void Only_a_pack_that_is_not_written_to_can_be_deleted()
    {
        using var blocks = new MemoryBlockStore();
        using PackStore packs = PackTestData.Open(blocks, packBytesTarget: 2000);
        BlockLocation first = PackTestData.Append(packs, PackTestData.Noise(3000), 1);
        BlockLocation second = PackTestData.Append(packs, PackTestData.Noise(1000), 3001);
        Assert.Throws<InvalidOperationException>(() => packs.Delete(second.Pack));
        packs.Delete(first.Pack);
        packs.Delete(first.Pack);
        packs.Flush();
        Assert.Throws<CorruptDataException>(() => PackTestData.Read(packs, first));
        Assert.Equal(PackTestData.Noise(1000), PackTestData.Read(packs, second));
    }

    [Fact]
    public void A_block_that_could_never_be_read_is_refused()
    {
        using var encoder = new BlockEncoder();
        byte[] plain = PackTestData.Text(100);
        ChunkEntry[] chunks = PackTestData.Cut(plain, 1);
        Assert.Throws<ArgumentException>(() => encoder.Encode(plain.AsSpan(1), chunks, ContentClass.Text, 3));
        Assert.Throws<ArgumentException>(
            () => encoder.Encode(plain, [chunks[0] with { Start = Glyph.None }], ContentClass.Text, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => encoder.Encode([], [], ContentClass.Text, 3));
    }
}
