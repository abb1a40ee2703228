using Hartfs.Core;
using Hartfs.Core.Collection;
using Hartfs.Format;
using Xunit;

namespace Hartfs.Tests.Core.Collection;

/// <summary>What comes back, what stays, and what the figures say.</summary>
public sealed class GarbageCollectorTests : CollectionTest
{
    [Fact]
    public void Deleted_files_give_their_room_back_and_the_others_stay_as_they_are()
    {
        for (int index = 0; index < 20; index++)
            Make($"f{index}", index % 2 == 0 ? Noise(200_000, index) : Text(200_000, index));
        Ok(Volume.Commit());
        VolumeStatistics before = Volume.GetStatistics();
        for (int index = 0; index < 20; index++)
            if (index % 4 != 0)
                Remove($"f{index}");
        CollectionPlan plan = Volume.Collection.Plan(All, cancel: TestContext.Current.CancellationToken);
        Assert.True(plan.ReclaimableBytes > before.PackBytes / 2, $"{plan.ReclaimableBytes} of {before.PackBytes}");
        CollectionResult result = Collect();
        VolumeStatistics after = Volume.GetStatistics();
        Assert.Equal(1_000_000, after.UniqueBytes);
        Assert.InRange(before.PackBytes - after.PackBytes, plan.ReclaimableBytes * 0.99, plan.ReclaimableBytes * 1.01);
        Assert.Equal(before.PackBytes - after.PackBytes, result.FreedBytes - result.MovedBytes, 20_000.0);
        Assert.Equal(after.Classes.Sum(row => row.CompressedBytes), after.CompressedBytes);
        Verify();
        Temp.Reopen();
        for (int index = 0; index < 20; index += 4)
            Assert.Equal(Noise(200_000, index), Read($"f{index}"));
        Verify();
        Assert.Equal(0, Collect().DeletedPacks);
    }

    [Fact]
    public void Of_an_overwritten_file_only_what_it_still_refers_to_stays()
    {
        InodeNumber file = Make("f", Noise(1_000_000, 1));
        Ok(Volume.Commit());
        byte[] expected = Noise(1_000_000, 1);
        for (int index = 0; index < 100; index++)
        {
            Noise(4096, index).CopyTo(expected, index * 9000);
            Ok(Fs.Write(file, index * 9000, Noise(4096, index), false, true));
        }

        Collect();
        Assert.Equal(1_000_000, Volume.GetStatistics().UniqueBytes);
        Verify();
        Assert.Equal(expected, Read("f"));
        Temp.Reopen();
        Assert.Equal(expected, Read("f"));
        Verify();
    }

    [Fact]
    public void A_pack_that_is_not_dead_enough_is_left_alone()
    {
        for (int index = 0; index < 10; index++)
            Make($"f{index}", Noise(100_000, index));
        Ok(Volume.Commit());
        Remove("f3");
        CollectionResult result = Collect(new CollectionOptions { DeadShareMin = 0.9 });
        Assert.Equal(0, result.DeletedPacks);
        Assert.InRange(result.Plan.Kept.DeadBytes, 100_000, 102_000);
        Assert.Equal(result.Plan.DeadBytes, Volume.GetStatistics().DeadBytes);
        result = Collect(new CollectionOptions { DeadShareMin = 0.1 });
        Assert.InRange(result.DeletedPacks, 1, 3);
        Assert.InRange(Volume.GetStatistics().DeadBytes!.Value, 0, 10_000);
        Verify();
    }

    [Fact]
    public void A_file_that_lost_its_name_while_it_is_open_keeps_its_bytes_until_it_is_closed()
    {
        InodeNumber file = Make("f", Noise(300_000, 1));
        Ok(Fs.Reference(file, out _));
        Remove("f");
        Collect();
        byte[] content = new byte[300_000];
        Ok(Fs.Read(file, 0, content, out int count));
        Assert.Equal(Noise(300_000, 1), content[..count]);
        Fs.Forget(file, 1);
        Collect();
        Assert.Equal(0, Volume.GetStatistics().UniqueBytes);
        Assert.Equal(0, Volume.GetStatistics().PackBytes);
        Verify();
    }

    [Fact]
    public void Content_that_was_collected_is_stored_again_when_it_comes_again()
    {
        Make("f", Noise(500_000, 1));
        Ok(Volume.Commit());
        Remove("f");
        Collect();
        Make("g", Noise(500_000, 1));
        Ok(Volume.Commit());
        Assert.Equal(500_000, Volume.GetStatistics().UniqueBytes);
        Temp.Reopen();
        Assert.Equal(Noise(500_000, 1), Read("g"));
        Make("h", Noise(500_000, 1));
        Ok(Volume.Commit());
        Assert.Equal(500_000, Volume.GetStatistics().UniqueBytes);
        Verify();
    }

    [Fact]
    public void What_was_moved_is_still_found_as_a_duplicate()
    {
        for (int index = 0; index < 10; index++)
            Make($"f{index}", Noise(100_000, index));
        Ok(Volume.Commit());
        for (int index = 0; index < 10; index += 2)
            Remove($"f{index}");
        Collect();
        for (int index = 1; index < 10; index += 2)
            Make($"g{index}", Noise(100_000, index));
        Ok(Volume.Commit());
        Assert.Equal(500_000, Volume.GetStatistics().UniqueBytes);
        Verify();
    }

    [Fact]
    public void Cancelled_at_any_step_it_loses_nothing_and_goes_on_the_next_time()
    {
        for (int index = 0; index < 12; index++)
            Make($"f{index}", Text(100_000, index));
        Ok(Volume.Commit());
        for (int index = 0; index < 12; index += 3)
            Remove($"f{index}");
        for (int step = 1; ; step++)
        {
            using var cancel = new CancellationTokenSource();
            FsError error = Volume.Collection.Run(All, new Canceller(cancel, step), cancel.Token).Error;
            if (error == FsError.None)
                break;
            Assert.Equal(FsError.Interrupted, error);
        }

        Collect();
        Assert.Equal(800_000, Volume.GetStatistics().UniqueBytes);
        Verify();
        Temp.Reopen();
        for (int index = 0; index < 12; index++)
            if (index % 3 != 0)
                Assert.Equal(Text(100_000, index), Read($"f{index}"));
    }

    [Fact]
    public void A_volume_opened_for_reading_can_be_planned_for_but_not_collected()
    {
        Make("f", Noise(300_000, 1));
        Make("g", Noise(300_000, 2));
        Ok(Volume.Commit());
        Remove("f");
        Temp.Settings = Temp.Settings with { ReadOnly = true };
        Temp.Reopen();
        CollectionPlan plan = Volume.Collection.Plan(All, cancel: TestContext.Current.CancellationToken);
        Assert.InRange(plan.ReclaimableBytes, 300_000, 310_000);
        Assert.Equal(FsError.ReadOnly, Volume.Collection.Run(All, cancel: TestContext.Current.CancellationToken).Error);
    }

    [Fact]
    public void The_index_forgets_the_chunks_that_are_gone()
    {
        for (int index = 0; index < 40; index++)
            Make($"f{index}", Text(400_000, index));
        Temp.Reopen();
        long before = Volume.GetStatistics().IndexBytes;
        for (int index = 1; index < 40; index++)
            Remove($"f{index}");
        Collect();
        Assert.InRange(Volume.GetStatistics().IndexBytes, 1, before / 10);
        Make("g", Text(400_000, 0));
        Ok(Volume.Commit());
        Assert.Equal(400_000, Volume.GetStatistics().UniqueBytes);
        Verify();
    }

    [Fact]
    public void Packs_that_nothing_names_are_cleared_away()
    {
        Make("f", Noise(300_000, 1));
        Ok(Volume.Commit());
        string folder = Directory.GetDirectories(Path.Combine(Temp.Path, "packs")).Single();
        string nameless = Path.Combine(folder, $"{0:x15}2.pack");
        Make("g", Noise(900_000, 2));
        Ok(Volume.Commit());
        byte[] pack = File.ReadAllBytes(nameless);
        Remove("g");
        Collect();
        Assert.False(File.Exists(nameless));
        File.WriteAllBytes(nameless, pack);
        Collect();
        Assert.False(File.Exists(nameless));
        File.WriteAllBytes(nameless, pack);
        string newer = Path.Combine(folder, $"{0:x12}00ff.pack");
        File.WriteAllBytes(newer, pack);
        string scratch = Path.Combine(Temp.Path, "scratch");
        Directory.CreateDirectory(scratch);
        File.WriteAllBytes(Path.Combine(scratch, "runs"), pack);
        Temp.Crash();
        Assert.Empty(Directory.GetFiles(Path.Combine(Temp.Path, "scratch")));
        Assert.False(File.Exists(nameless.Replace("volume", "volume-1", StringComparison.Ordinal)));
        Assert.Single(Directory.GetFiles(Path.Combine(Temp.Path, "packs"), "*00ff.pack", SearchOption.AllDirectories));
        Assert.Equal(Noise(300_000, 1), Read("f"));
    }

    [Fact]
    public async Task Who_waits_for_another_collection_can_give_up()
    {
        Make("f", Noise(300_000, 1));
        Ok(Volume.Commit());
        using var first = new Blocker();
        Task<CollectionPlan> look = Task.Factory.StartNew(() => Volume.Collection.Plan(All, first),
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        first.Begun.Wait(TestContext.Current.CancellationToken);
        using var cancel = new CancellationTokenSource();
        Task<CollectionResult> second = Task.Factory.StartNew(() => Volume.Collection.Run(All, cancel: cancel.Token),
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        cancel.Cancel();
        Assert.Equal(FsError.Interrupted, (await second).Error);
        Assert.False(look.IsCompleted);
        first.Free.Set();
        Assert.Empty((await look).Snapshots);
    }

    /// <summary>Stops the work at its first step until it is freed.</summary>
    private sealed class Blocker : IProgress<MaintenanceProgress>, IDisposable
    {
        public ManualResetEventSlim Begun { get; } = new();

        public ManualResetEventSlim Free { get; } = new();

        public void Report(MaintenanceProgress value)
        {
            Begun.Set();
            Free.Wait();
        }

        public void Dispose()
        {
            Begun.Dispose();
            Free.Dispose();
        }
    }

    /// <summary>Cancels when the work has taken so many steps.</summary>
    private sealed class Canceller(CancellationTokenSource cancel, int step) : IProgress<MaintenanceProgress>
    {
        private int _count;

        public void Report(MaintenanceProgress value)
        {
            if (++_count == step) cancel.Cancel();
        }
    }
}
