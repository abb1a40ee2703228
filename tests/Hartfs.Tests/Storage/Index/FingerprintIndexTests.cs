using System.Security.Cryptography;
using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Index;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.Tests.Storage.Index;

public sealed class FingerprintIndexTests : IDisposable
{
    private const long MemoryBytesMax = 8 << 20;

    private readonly VolatileStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void An_empty_index_finds_nothing()
    {
        using FingerprintIndex index = Open();
        Assert.Empty(Find(index, 1));
        Assert.Equal(default, index.Position);
        index.Checkpoint(At(1, 0));
        Assert.Equal(0, index.RunCount);
    }

    [Fact]
    public void What_a_checkpoint_wrote_is_found_after_reopening()
    {
        Dictionary<ulong, Glyph> entries = Entries(20_000, seed: 1);
        using (FingerprintIndex index = Open())
        {
            AddAll(index, entries);
            Assert.Equal(entries.Count, index.PendingCount);
            index.Checkpoint(At(3, 500));
            Assert.Equal(0, index.PendingCount);
            AssertHolds(index, entries);
        }

        using FingerprintIndex reopened = Open();
        Assert.Equal(At(3, 500), reopened.Position);
        AssertHolds(reopened, entries);
        int strangers = Entries(20_000, seed: 2).Keys.Count(prefix => Find(reopened, prefix).Length > 0);
        Assert.Equal(0, strangers);
    }

    [Fact]
    public void Opening_reads_one_page_of_each_run_and_writes_nothing()
    {
        using (FingerprintIndex index = Open())
            Fill(index, runs: 3, seed: 3);

        SegmentInfo[] before = [.. _store.List("")];
        int reads = _store.ReadCount;
        using FingerprintIndex reopened = Open();
        Assert.Equal(reads + 3, _store.ReadCount);
        Assert.Equal(before, _store.List(""));
        Assert.InRange(reopened.MemoryBytes, 0, 1 << 15);
    }

    [Fact]
    public void Random_operations_agree_with_a_dictionary()
    {
        for (int seed = 0; seed < 12; seed++)
            RunAgainstModel(new Random(seed));
    }

    [Fact]
    public void An_entry_takes_at_most_fourteen_bytes_on_disk()
    {
        using FingerprintIndex index = Open();
        Random random = new(4);
        for (int count = 0; count < 200_000; count++)
            index.Add((ulong)random.NextInt64(), new Glyph(random.NextInt64(1, 1L << 47)));
        index.Checkpoint(At(1, 1));
        Assert.InRange(index.DiskBytes / 200_000.0, 11, 14);
    }

    [Fact]
    public void Memory_stays_below_the_cap_and_everything_is_still_found()
    {
        const long Cap = 1 << 20; // pending entries take a quarter, the filters of 300,000 entries 260 KB
        using FingerprintIndex index = FingerprintIndex.Open(_store, Cap, NullLogger.Instance);
        Dictionary<ulong, Glyph> entries = Entries(300_000, seed: 5);
        int added = 0;
        foreach ((ulong prefix, Glyph glyph) in entries)
        {
            index.Add(prefix, glyph);
            if (!index.IsCheckpointDue)
                continue;

            index.Checkpoint(At(1, ++added));
            while (index.MergeIfNeeded(CancellationToken.None))
            {
            }
        }

        int found = 0;
        foreach ((ulong prefix, Glyph glyph) in entries.Take(20_000))
            found += Find(index, prefix).Contains(glyph) ? 1 : 0;
        Assert.Equal(20_000, found);
        Assert.InRange(index.MemoryBytes, 1, Cap);
        Assert.InRange(index.RunCount, 1, 20);
    }

    [Fact]
    public void Without_room_for_filters_everything_is_found_on_disk()
    {
        using FingerprintIndex index = FingerprintIndex.Open(_store, 0, NullLogger.Instance);
        Dictionary<ulong, Glyph> entries = Fill(index, runs: 3, seed: 6);
        AssertHolds(index, entries);
        Assert.Empty(Find(index, 12345));
    }

    [Fact]
    public void A_merge_keeps_the_newest_live_glyph_of_each_prefix()
    {
        using FingerprintIndex index = Open();
        for (int run = 1; run <= 4; run++)
        {
            index.Add(1, new Glyph(100 + run));
            index.Add(2, new Glyph(200 + run));
            index.Add(3, new Glyph(300 + run));
            index.Checkpoint(At(run, 0));
        }

        Assert.Equal([new Glyph(104), new Glyph(103), new Glyph(102), new Glyph(101)], Find(index, 1));
        bool isMerged = index.MergeIfNeeded(
            CancellationToken.None, glyph => glyph.Value is not 204 and not (>= 300 and < 400));
        Assert.True(isMerged);
        Assert.Equal(1, index.RunCount);
        Assert.Equal(At(4, 0), index.Position);
        Assert.Equal([new Glyph(104)], Find(index, 1));
        Assert.Equal([new Glyph(203)], Find(index, 2));
        Assert.Empty(Find(index, 3));
        Assert.Single(_store.List(""));
        Assert.False(index.MergeIfNeeded(CancellationToken.None));
    }

    [Fact]
    public void A_merge_that_is_given_up_changes_nothing()
    {
        using FingerprintIndex index = Open();
        Dictionary<ulong, Glyph> entries = Fill(index, runs: 4, seed: 7);
        using CancellationTokenSource cancel = new();
        int asked = 0;
        Assert.Throws<OperationCanceledException>(() => index.MergeIfNeeded(cancel.Token, _ =>
        {
            if (++asked == 1000)
                cancel.Cancel();
            return true;
        }));
        Assert.Equal(4, index.RunCount);
        Assert.Equal(4, _store.List("").Count);
        AssertHolds(index, entries);
        Assert.True(index.MergeIfNeeded(CancellationToken.None));
        AssertHolds(index, entries);
    }

    [Fact]
    public void A_full_disk_loses_no_entries_and_leaves_no_debris()
    {
        using FingerprintIndex index = Open();
        Dictionary<ulong, Glyph> entries = Entries(5_000, seed: 8);
        AddAll(index, entries);
        _store.FailsAppends = true;
        Assert.True(DiskFull.Is(Assert.ThrowsAny<IOException>(() => index.Checkpoint(At(1, 1)))));
        Assert.Empty(_store.List(""));
        AssertHolds(index, entries);
        index.Add(entries.Keys.First(), new Glyph(77));
        entries[entries.Keys.First()] = new Glyph(77);
        Assert.ThrowsAny<IOException>(() => index.Checkpoint(At(1, 1)));

        _store.FailsAppends = false;
        index.Checkpoint(At(1, 1));
        Assert.Equal(0, index.PendingCount);
        Assert.Equal(At(1, 1), index.Position);
        AssertHolds(index, entries);
    }

    [Fact]
    public void A_damaged_footer_drops_the_run_and_moves_the_position_back()
    {
        using (FingerprintIndex index = Open())
            Fill(index, runs: 3, seed: 9);
        string second = _store.List("")[1].Name;
        _store.Bytes(second)[^2000] ^= 1;

        using FingerprintIndex reopened = Open();
        Assert.Equal(2, reopened.RunCount);
        Assert.Equal(At(1, 0), reopened.Position);

        // The caller scans from there; then all is whole again, and the damaged run is gone.
        reopened.Add(5, new Glyph(5));
        reopened.Checkpoint(At(4, 0));
        Assert.Equal(At(4, 0), reopened.Position);
        Assert.DoesNotContain(_store.List(""), segment => segment.Name == second);
        using FingerprintIndex again = Open();
        Assert.Equal(At(4, 0), again.Position);
    }

    [Fact]
    public void A_merge_across_a_dropped_run_does_not_claim_what_is_missing()
    {
        using (FingerprintIndex index = Open())
            Fill(index, runs: 6, seed: 10);
        _store.Bytes(_store.List("")[2].Name)[^1] ^= 1;

        using (FingerprintIndex index = Open())
        {
            Assert.Equal(At(2, 0), index.Position);
            Assert.True(index.MergeIfNeeded(CancellationToken.None));
            Assert.Equal(At(2, 0), index.Position);
        }

        using FingerprintIndex reopened = Open();
        Assert.Equal(At(2, 0), reopened.Position);
    }

    [Fact]
    public void After_a_crash_between_a_merge_and_the_deletion_the_merged_run_counts()
    {
        using FingerprintIndex index = Open();
        Dictionary<ulong, Glyph> entries = Fill(index, runs: 4, seed: 11);
        Dictionary<string, byte[]> inputs = _store.List("")
            .ToDictionary(segment => segment.Name, segment => _store.Bytes(segment.Name).ToArray());
        Assert.True(index.MergeIfNeeded(CancellationToken.None));
        foreach ((string name, byte[] bytes) in inputs)
            _store.Append(name, bytes);

        using FingerprintIndex reopened = Open();
        Assert.Equal(1, reopened.RunCount);
        Assert.Equal(At(4, 0), reopened.Position);
        AssertHolds(reopened, entries);
        reopened.Add(1, new Glyph(1));
        reopened.Checkpoint(At(5, 0));
        Assert.Equal(2, _store.List("").Count);
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_never_taken_for_an_entry()
    {
        using FingerprintIndex index = Open();
        Dictionary<ulong, Glyph> entries = Entries(1_000, seed: 12);
        AddAll(index, entries);
        index.Checkpoint(At(1, 0));
        string run = Assert.Single(_store.List("")).Name;
        Random random = new(13);
        for (int round = 0; round < 150; round++)
        {
            int bit = random.Next(_store.Bytes(run).Length * 8);
            _store.Bytes(run)[bit / 8] ^= (byte)(1 << (bit % 8));
            using FingerprintIndex damaged = Open();
            Assert.InRange(damaged.RunCount, 0, 1);
            foreach ((ulong prefix, Glyph glyph) in entries.Skip(random.Next(900)).Take(100))
            {
                Glyph[] found = Find(damaged, prefix);
                Assert.True(found.Length == 0 || found.SequenceEqual([glyph]));
            }

            _store.Bytes(run)[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_store_that_cannot_be_read_finds_nothing_and_recovers()
    {
        using FingerprintIndex index = FingerprintIndex.Open(_store, 0, NullLogger.Instance);
        Dictionary<ulong, Glyph> entries = Fill(index, runs: 1, seed: 14);
        _store.FailsReads = true;
        Assert.Empty(Find(index, entries.Keys.First()));
        _store.FailsReads = false;
        AssertHolds(index, entries);
    }

    [Fact]
    public async Task Look_ups_during_checkpoints_and_merges_miss_nothing()
    {
        using FingerprintIndex index = Open();
        Dictionary<ulong, Glyph> entries = Entries(40_000, seed: 15);
        KeyValuePair<ulong, Glyph>[] list = [.. entries];
        int added = 0;
        Task<int> reader = Task.Factory.StartNew(
            () =>
            {
                Random random = new(16);
                int missing = 0;
                while (Volatile.Read(ref added) < list.Length)
                {
                    int known = Volatile.Read(ref added);
                    if (known == 0)
                        continue;
                    KeyValuePair<ulong, Glyph> entry = list[random.Next(known)];
                    missing += Find(index, entry.Key).Contains(entry.Value) ? 0 : 1;
                }

                return missing;
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        foreach ((ulong prefix, Glyph glyph) in list)
        {
            index.Add(prefix, glyph);
            if (Interlocked.Increment(ref added) % 1_000 != 0)
                continue;
            index.Checkpoint(At(1, added));
            index.MergeIfNeeded(CancellationToken.None);
        }

        Assert.Equal(0, await reader);
        AssertHolds(index, entries);
    }

    [Fact]
    public void The_run_format_is_that_of_the_notes()
    {
        using FingerprintIndex index = Open();
        for (ulong prefix = 1; prefix <= 2_000; prefix++)
            index.Add(prefix, new Glyph((long)(prefix * prefix) + 1));
        index.Checkpoint(At(7, 65));
        Span<byte> run = _store.Bytes("index/0000000000000001.run");
        Assert.Equal((5 + 1 + 1 + 1) * 4096, run.Length); // entries, fences, filter, footer
        // The hash is of a second implementation, written from the notes.
        Assert.Equal(
            "b92c56719752b56005cbe289bd03f985c22e9a3551c02dd566aa159459e2b8ff",
            Convert.ToHexStringLower(SHA256.HashData(run)));
    }

    private static IndexPosition At(long pack, long offset) => new(new PackId(pack), offset);

    private static Dictionary<ulong, Glyph> Entries(int count, int seed)
    {
        Random random = new(seed);
        Dictionary<ulong, Glyph> entries = [];
        while (entries.Count < count)
            entries[(ulong)random.NextInt64(long.MinValue, long.MaxValue)] = new Glyph(random.NextInt64(1, 1L << 40));
        return entries;
    }

    private static void AddAll(FingerprintIndex index, Dictionary<ulong, Glyph> entries)
    {
        foreach ((ulong prefix, Glyph glyph) in entries)
            index.Add(prefix, glyph);
    }

    private static Dictionary<ulong, Glyph> Fill(FingerprintIndex index, int runs, int seed)
    {
        Dictionary<ulong, Glyph> all = [];
        for (int run = 1; run <= runs; run++)
        {
            Dictionary<ulong, Glyph> entries = Entries(3_000, (seed * 100) + run);
            AddAll(index, entries);
            index.Checkpoint(At(run, 0));
            foreach ((ulong prefix, Glyph glyph) in entries)
                all[prefix] = glyph;
        }

        return all;
    }

    private static Glyph[] Find(FingerprintIndex index, ulong prefix)
    {
        Span<Glyph> candidates = stackalloc Glyph[4];
        return candidates[..index.Find(prefix, candidates)].ToArray();
    }

    private static void AssertHolds(FingerprintIndex index, IEnumerable<KeyValuePair<ulong, Glyph>> entries)
    {
        Span<Glyph> newest = stackalloc Glyph[1];
        foreach ((ulong prefix, Glyph glyph) in entries)
        {
            Assert.Equal(1, index.Find(prefix, newest));
            Assert.Equal(glyph, newest[0]);
        }
    }

    /// <summary>
    /// Adds, checkpoints, merges, reopens and crashes. After a crash the index is what it was at its position.
    /// </summary>
    private static void RunAgainstModel(Random random)
    {
        using VolatileStore store = new();
        FingerprintIndex index = FingerprintIndex.Open(store, MemoryBytesMax, NullLogger.Instance);
        Dictionary<ulong, Glyph> all = [];
        Dictionary<ulong, Glyph> durable = [];
        long step = 0;
        for (int operation = 0; operation < 40; operation++)
        {
            switch (random.Next(6))
            {
                case 0 or 1 or 2:
                    for (int count = random.Next(2_000); count > 0; count--)
                    {
                        ulong prefix = (ulong)random.Next(5_000) * 0x1234567;
                        Glyph glyph = new(random.NextInt64(1, long.MaxValue));
                        index.Add(prefix, glyph);
                        all[prefix] = glyph;
                    }

                    break;
                case 3:
                    bool isPending = index.PendingCount > 0;
                    index.Checkpoint(At(1, ++step));
                    Assert.True(!isPending || index.Position == At(1, step));
                    durable = new Dictionary<ulong, Glyph>(all);
                    break;
                case 4:
                    index.MergeIfNeeded(CancellationToken.None);
                    break;
                default:
                    index.Dispose();
                    store.Crash(random);
                    IndexPosition position = index.Position;
                    index = FingerprintIndex.Open(store, MemoryBytesMax, NullLogger.Instance);
                    Assert.Equal(position, index.Position);
                    all = new Dictionary<ulong, Glyph>(durable);
                    break;
            }

            AssertHolds(index, all.Skip(random.Next(all.Count + 1)).Take(500));
        }

        AssertHolds(index, all);
        index.Dispose();
    }

    private FingerprintIndex Open() => FingerprintIndex.Open(_store, MemoryBytesMax, NullLogger.Instance);
}
