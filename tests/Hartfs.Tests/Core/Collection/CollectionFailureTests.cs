using Hartfs.Core;
using Hartfs.Core.Collection;
using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Xunit;

namespace Hartfs.Tests.Core.Collection;

/// <summary>Full disks, damaged packs, and the moment at which a duplicate found earlier must not be missed.</summary>
public sealed class CollectionFailureTests : CollectionTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void A_disk_that_is_full_ends_a_collection_and_nothing_is_lost(int fullFromAppend)
    {
        Fill();
        Temp.Close();
        FullStore? full = null;
        Temp.Open(store => full = new FullStore(store));
        full!.FullFromAppend = full.AppendCount + fullFromAppend;
        Temp.Log.Expect("A collection ended early");
        CollectionResult result = Volume.Collection.Run(All, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(FsError.OutOfSpace, result.Error);
        CompareAll();
        full.FullFromAppend = int.MaxValue;
        Collect();
        CompareAll();
        Assert.Equal(700_000, Volume.GetStatistics().UniqueBytes);
        Temp.Reopen();
        CompareAll();
        Verify();
    }

    [Fact]
    public void Wholly_dead_packs_go_from_a_disk_without_any_room()
    {
        for (int index = 0; index < 8; index++)
            Make($"f{index}", Noise(200_000, index));
        Ok(Volume.Commit());
        for (int index = 0; index < 8; index++)
            Remove($"f{index}");
        Temp.Close();
        FullStore? full = null;
        Temp.Open(store => full = new FullStore(store));
        full!.FullFromAppend = 0;
        Collect(new CollectionOptions { DeadShareMin = 1 });
        Assert.InRange(Volume.GetStatistics().PackBytes, 0, PackBytes);
    }

    [Fact]
    public void A_pack_with_damage_in_use_is_left_as_it_is()
    {
        Fill();
        Temp.Close();
        string pack = Directory.GetFiles(Path.Combine(Temp.Path, "packs"), "*01.pack", SearchOption.AllDirectories)
            .Single();
        byte[] bytes = File.ReadAllBytes(pack);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(pack, bytes);
        Temp.Open();
        Temp.Log.Expect("was not collected");
        CollectionResult result = Volume.Collection.Run(All, cancel: TestContext.Current.CancellationToken);
        Ok(result.Error);
        Assert.Equal(1, result.DamagedPacks);
        Assert.True(File.Exists(pack));
        Assert.Equal(bytes, File.ReadAllBytes(pack));
        Assert.Equal(0, Collect().DamagedPacks);
    }

    // A drain has been told of a duplicate and not yet named it, because the disk keeps it waiting. Just then the only
    // other reference goes, and the duplicate's pack is condemned.
    [Fact]
    public void A_duplicate_found_before_its_pack_was_condemned_is_waited_for()
    {
        Make("old", Noise(200_000, 1));
        Make("rest", Noise(400_000, 2));
        Ok(Volume.Commit());
        Temp.Close();
        StallingStore? disk = null;
        Temp.Open(store => disk = new StallingStore(store));
        Remove("old");
        byte[] content = [.. Noise(200_000, 1), .. Noise(3_000_000, 3)];
        Thread? drain = null;
        var trigger = new Trigger("looking again", () =>
        {
            InodeNumber file = Make("new", content);
            disk!.Stall();
            // Looking for holes drains the file on the calling thread.
            drain = new Thread(() => Fs.Seek(file, 0, data: false, out _));
            drain.Start();
            disk.WaitUntilStalled();
            new Thread(() => disk.Resume(TimeSpan.FromMilliseconds(300))).Start();
        });
        CollectionResult result = Volume.Collection.Run(All, trigger, TestContext.Current.CancellationToken);
        drain!.Join();
        Ok(result.Error);
        Ok(Volume.Commit());
        Assert.True(Volume.GetStatistics().DuplicateChunks > 0);
        Assert.Equal(content, Read("new"));
        Verify();
    }

    private void Fill()
    {
        for (int index = 0; index < 14; index++)
            Make($"f{index}", index % 2 == 0 ? Noise(100_000, index) : Text(100_000, index));
        Ok(Volume.Commit());
        for (int index = 0; index < 14; index += 4)
            Remove($"f{index}");
        for (int index = 1; index < 14; index += 4)
            if (index != 13)
                Remove($"f{index}");
    }

    private void CompareAll()
    {
        foreach (int index in (int[])[2, 3, 6, 7, 10, 11, 13])
            Assert.Equal(index % 2 == 0 ? Noise(100_000, index) : Text(100_000, index), Read($"f{index}"));
    }

    private sealed class Trigger(string stage, Action act) : IProgress<MaintenanceProgress>
    {
        private bool _isDone;

        public void Report(MaintenanceProgress value)
        {
            if (_isDone || value.Stage != stage)
                return;
            _isDone = true;
            act();
        }
    }

    /// <summary>Takes nothing more from some append on.</summary>
    private sealed class FullStore(IBlockStore inner) : IBlockStore
    {
        public int AppendCount { get; private set; }

        public int FullFromAppend { get; set; } = int.MaxValue;

        public long FreeBytes => inner.FreeBytes;

        public void Append(string segment, ReadOnlySpan<byte> bytes)
        {
            if (++AppendCount >= FullFromAppend)
                throw DiskFull.Create("the disk is full, by plan");
            inner.Append(segment, bytes);
        }

        public int ReadAt(string segment, long offset, Span<byte> buffer) => inner.ReadAt(segment, offset, buffer);

        public void Flush(string segment) => inner.Flush(segment);

        public bool TryGetLength(string segment, out long length) => inner.TryGetLength(segment, out length);

        public IReadOnlyList<SegmentInfo> List(string prefix) => inner.List(prefix);

        public void Delete(string segment) => inner.Delete(segment);

        public void Dispose() => inner.Dispose();
    }

    /// <summary>Appends wait while it is told to stall.</summary>
    private sealed class StallingStore(IBlockStore inner) : IBlockStore
    {
        private readonly ManualResetEventSlim _isOpen = new(initialState: true);
        private readonly ManualResetEventSlim _isStalled = new();

        public long FreeBytes => inner.FreeBytes;

        public void Stall() => _isOpen.Reset();

        public void WaitUntilStalled() => _isStalled.Wait();

        public void Resume(TimeSpan later)
        {
            _isStalled.Wait();
            using var wait = new ManualResetEventSlim();
            wait.Wait(later);
            _isOpen.Set();
        }

        public void Append(string segment, ReadOnlySpan<byte> bytes)
        {
            if (!_isOpen.IsSet)
                _isStalled.Set();
            _isOpen.Wait();
            inner.Append(segment, bytes);
        }

        public int ReadAt(string segment, long offset, Span<byte> buffer) => inner.ReadAt(segment, offset, buffer);

        public void Flush(string segment) => inner.Flush(segment);

        public bool TryGetLength(string segment, out long length) => inner.TryGetLength(segment, out length);

        public IReadOnlyList<SegmentInfo> List(string prefix) => inner.List(prefix);

        public void Delete(string segment) => inner.Delete(segment);

        public void Dispose()
        {
            inner.Dispose();
            _isOpen.Dispose();
            _isStalled.Dispose();
        }
    }
}
