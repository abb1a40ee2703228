using Hartfs.Core.Collection;
using Hartfs.Storage.BlockStores;
using Hartfs.Testing.Stores;
using Xunit;

namespace Hartfs.Tests.Core.Collection;

/// <summary>The external sort and the sweep over overlapping references, beside what is obvious.</summary>
public sealed class SortingTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(50_000)]
    public void Records_come_back_sorted_whether_they_fit_into_memory_or_not(int count)
    {
        using var store = new MemoryBlockStore();
        var random = new Random(count);
        ReferenceRun[] records = [.. Enumerable.Range(0, count).Select(index =>
            new ReferenceRun(random.NextInt64(1000), index, random.Next(3)))];
        using (var sorter = new ExternalSorter<ReferenceRun>(store, 1024 * 24))
        {
            foreach (ReferenceRun record in records)
                sorter.Add(record);
            Assert.Equal(count, sorter.Count);
            List<ReferenceRun> sorted = [.. sorter.Sorted()];
            Assert.Equal(records.Select(record => record.Start).Order(), sorted.Select(record => record.Start));
            Assert.Equal(records.OrderBy(record => record.End), sorted.OrderBy(record => record.End));
        }

        Assert.Empty(store.List("scratch/"));
    }

    [Fact]
    public void A_disk_without_room_for_what_is_spilled_is_told_and_nothing_stays_on_it()
    {
        using var store = new FaultyBlockStore(new MemoryBlockStore(), seed: 1) { FullFromAppend = 2 };
        using (var sorter = new ExternalSorter<ReferenceRun>(store, 1024 * 24))
        {
            IOException failure = Assert.Throws<IOException>(() =>
            {
                for (int index = 0; index < 10_000; index++)
                    sorter.Add(new ReferenceRun(index, index + 1, 0));
            });
            Assert.True(DiskFull.Is(failure));
        }

        Assert.Empty(store.List("scratch/"));
    }

    [Fact]
    public void What_an_earlier_sort_left_behind_is_not_taken_for_ones_own()
    {
        using var store = new MemoryBlockStore();
        for (long number = 0; number < 1000; number++)
            store.Append($"{ScratchSegment.Folder}{number}", new byte[100_000]);
        using (var sorter = new ExternalSorter<ReferenceRun>(store, 1024 * 24))
        {
            for (int index = 5000; index > 0; index--)
                sorter.Add(new ReferenceRun(index, index + 1, 0));
            Assert.Equal(Enumerable.Range(1, 5000), sorter.Sorted().Select(record => (int)record.Start));
        }

        Assert.Equal(1000, store.List(ScratchSegment.Folder).Count);
    }

    [Fact]
    public void A_sort_without_a_store_spills_to_temporary_files()
    {
        using var sorter = new ExternalSorter<ReferenceRun>(null, 1024 * 24);
        for (int index = 5000; index > 0; index--)
            sorter.Add(new ReferenceRun(index, index + 1, 0));
        Assert.Equal(Enumerable.Range(1, 5000), sorter.Sorted().Select(record => (int)record.Start));
    }

    [Fact]
    public void Records_that_come_back_changed_from_the_disk_are_refused()
    {
        using var store = new MemoryBlockStore();
        using var sorter = new ExternalSorter<ReferenceRun>(store, 1024 * 24);
        for (int index = 0; index < 5000; index++)
            sorter.Add(new ReferenceRun(index, index + 1, 0));
        (string name, long length) = store.List(ScratchSegment.Folder).Single();
        byte[] bytes = new byte[length];
        Assert.Equal(length, store.ReadAt(name, 0, bytes));
        bytes[60_000] ^= 1;
        store.Delete(name);
        store.Append(name, bytes);
        Assert.Throws<IOException>(() => sorter.Sorted().Count());
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(2, 10)]
    [InlineData(3, 60)]
    public void Overlapping_references_become_runs_that_say_who_alone_sees_them(int seed, int referenceCount)
    {
        const int Glyphs = 300;
        var random = new Random(seed);
        for (int round = 0; round < 300; round++)
        {
            List<ReferenceRun> references = [];
            long[] owners = [.. Enumerable.Repeat(long.MinValue, Glyphs)];
            for (int index = 0; index < referenceCount; index++)
            {
                long start = random.Next(1, Glyphs - 1);
                long end = random.NextInt64(start + 1, Math.Min(Glyphs, start + 80));
                long owner = random.Next(-1, 4);
                references.Add(new ReferenceRun(start, end, owner));
                for (long glyph = start; glyph < end; glyph++)
                    owners[glyph] = owners[glyph] == long.MinValue || owners[glyph] == owner
                        ? owner
                        : LiveSegments.Shared;
            }

            using var segments = new LiveSegments(references.Order());
            long[] found = [.. Enumerable.Repeat(long.MinValue, Glyphs)];
            long last = 0;
            while (segments.TryNext(out ReferenceRun segment))
            {
                Assert.True(segment.Start >= last && segment.End > segment.Start);
                last = segment.End;
                Array.Fill(found, segment.Owner, (int)segment.Start, (int)segment.Length);
            }

            Assert.Equal(owners, found);
        }
    }
}
