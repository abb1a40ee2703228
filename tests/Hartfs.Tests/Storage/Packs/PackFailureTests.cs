using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Packs;
using Hartfs.Testing.Stores;
using Xunit;

namespace Hartfs.Tests.Storage.Packs;

public sealed class PackFailureTests
{
    [Fact]
    public void A_full_disk_is_reported_as_such_and_later_appends_go_to_a_new_pack()
    {
        using var blocks = new MemoryBlockStore();
        using var faulty = new FaultyBlockStore(blocks, seed: 5);
        using PackStore packs = PackTestData.Open(faulty);
        BlockLocation before = PackTestData.Append(packs, PackTestData.Noise(1000, 1), 1);
        faulty.FullFromAppend = faulty.AppendCount + 1;
        IOException failure = Assert.Throws<IOException>(
            () => PackTestData.Append(packs, PackTestData.Noise(1000, 2), 1001));
        Assert.True(DiskFull.Is(failure));

        faulty.FullFromAppend = 0;
        BlockLocation after = PackTestData.Append(packs, PackTestData.Noise(1000, 2), 1001);
        packs.Flush();
        Assert.NotEqual(before.Pack, after.Pack);
        Assert.Equal(PackTestData.Noise(1000, 1), PackTestData.Read(packs, before));
        Assert.Equal(PackTestData.Noise(1000, 2), PackTestData.Read(packs, after));
        Assert.Equal(
            [new PackInfo(before.Pack, before.Offset + before.StoredLength, false),
                new PackInfo(after.Pack, after.Offset + after.StoredLength, false)],
            packs.TakeChanges());
    }

    [Fact]
    public void An_append_that_left_no_trace_costs_no_pack()
    {
        using var blocks = new FullStore();
        using PackStore packs = PackTestData.Open(blocks);
        BlockLocation before = PackTestData.Append(packs, PackTestData.Noise(1000, 1), 1);
        blocks.IsFull = true;
        for (int i = 0; i < 5; i++)
            Assert.Throws<IOException>(() => PackTestData.Append(packs, PackTestData.Noise(1000, 2), 1001));
        blocks.IsFull = false;
        BlockLocation after = PackTestData.Append(packs, PackTestData.Noise(1000, 2), 1001);
        Assert.Equal((before.Pack, before.Offset + before.StoredLength), (after.Pack, after.Offset));
        Assert.Equal(PackTestData.Noise(1000, 2), PackTestData.Read(packs, after));
    }

    [Fact]
    public void A_pack_without_room_for_its_trailer_stays_readable_and_its_block_is_stored()
    {
        using var blocks = new MemoryBlockStore();
        using var faulty = new FaultyBlockStore(blocks, seed: 7);
        using PackStore packs = PackTestData.Open(faulty, packBytesTarget: 1000);
        faulty.FullFromAppend = 3;
        BlockLocation location = PackTestData.Append(packs, PackTestData.Noise(2000), 1);
        faulty.FullFromAppend = 0;
        packs.Flush();
        Assert.Equal(PackTestData.Noise(2000), PackTestData.Read(packs, location));
        Assert.False(Assert.Single(packs.TakeChanges()).IsSealed);
        Assert.Equal(2, PackTestData.Append(packs, PackTestData.Noise(10), 2001).Pack.Value);
    }

    [Fact]
    public void After_a_failed_flush_nothing_more_is_promised()
    {
        using var blocks = new MemoryBlockStore();
        using var faulty = new FaultyBlockStore(blocks, seed: 3) { FailAtFlush = 2 };
        using PackStore packs = PackTestData.Open(faulty);
        BlockLocation location = PackTestData.Append(packs, PackTestData.Noise(1000), 1);
        packs.Flush();
        PackTestData.Append(packs, PackTestData.Noise(1000), 1001);
        Assert.Throws<IOException>(packs.Flush);
        Assert.Throws<IOException>(packs.Flush);
        Assert.Throws<IOException>(() => PackTestData.Append(packs, PackTestData.Noise(1000), 2001));
        Assert.Equal(PackTestData.Noise(1000), PackTestData.Read(packs, location));
    }

    [Fact]
    public void Short_reads_are_put_together()
    {
        using var blocks = new MemoryBlockStore();
        using var faulty = new FaultyBlockStore(blocks, seed: 9) { ShortReads = true };
        using PackStore packs = PackTestData.Open(faulty);
        BlockLocation[] locations = PackTestData.AppendMany(packs, count: 10, length: 20_000);
        packs.Close(seal: true);
        for (int i = 0; i < locations.Length; i++)
            Assert.Equal(PackTestData.Noise(20_000, i), PackTestData.Read(packs, locations[i]));
        Assert.Equal(locations, packs.Scan(new PackId(1), 0, long.MaxValue).Select(block => block.Location));
    }

    [Fact]
    public void A_closed_store_takes_nothing_and_still_reads()
    {
        using var blocks = new MemoryBlockStore();
        using PackStore packs = PackTestData.Open(blocks);
        BlockLocation location = PackTestData.Append(packs, PackTestData.Noise(100), 1);
        packs.Close(seal: true);
        Assert.Throws<ObjectDisposedException>(() => PackTestData.Append(packs, PackTestData.Noise(100), 101));
        Assert.Equal(PackTestData.Noise(100), PackTestData.Read(packs, location));
    }

    /// <summary>A disk without room that takes nothing back, as <see cref="LocalBlockStore"/> restores it.</summary>
    private sealed class FullStore : IBlockStore
    {
        private readonly MemoryBlockStore _inner = new();

        public bool IsFull { get; set; }

        public long FreeBytes => IsFull ? 0 : _inner.FreeBytes;

        public void Append(string segment, ReadOnlySpan<byte> bytes)
        {
            if (IsFull)
                throw DiskFull.Create("full");
            _inner.Append(segment, bytes);
        }

        public int ReadAt(string segment, long offset, Span<byte> buffer) => _inner.ReadAt(segment, offset, buffer);

        public void Flush(string segment) => _inner.Flush(segment);

        public bool TryGetLength(string segment, out long length) => _inner.TryGetLength(segment, out length);

        public IReadOnlyList<SegmentInfo> List(string prefix) => _inner.List(prefix);

        public void Delete(string segment) => _inner.Delete(segment);

        public void Dispose() => _inner.Dispose();
    }
}
