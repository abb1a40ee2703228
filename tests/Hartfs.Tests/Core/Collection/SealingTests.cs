using Hartfs.Core;
using Hartfs.Core.Collection;
using Xunit;

namespace Hartfs.Tests.Core.Collection;

/// <summary>I1: a commit makes durable what it names, also when a collection ends the open pack beside it.</summary>
public sealed class SealingTests : CollectionTest
{
    [Fact]
    public void A_collection_ends_the_open_pack_only_between_commits()
    {
        Make("kept", Noise(60_000, 1));
        Make("gone", Noise(60_000, 2));
        Ok(Volume.Commit());
        Remove("gone");
        Ok(Volume.Commit());
        long before = PackBytesOnDisk();
        using ManualResetEventSlim looks = new();
        using ManualResetEventSlim isClosed = new();
        CollectionResult? result = null;
        Thread thread = new(() => result = Volume.Collection.Run(All, new Looking(looks, isClosed)));
        thread.Start();
        looks.Wait(TestContext.Current.CancellationToken);
        // As a commit does that has flushed the packs and is about to write down how long they are.
        using (Volume.Gate.Close())
        {
            isClosed.Set();
            SpinWait.SpinUntil(() => (thread.ThreadState & ThreadState.WaitSleepJoin) != 0);
            Assert.Equal(before, PackBytesOnDisk());
        }

        thread.Join();
        Ok(result!.Error);
        Assert.Equal(1, result.DeletedPacks);
    }

    private long PackBytesOnDisk() =>
        new DirectoryInfo(Path.Combine(Temp.Path, "packs")).EnumerateFiles("*.pack", SearchOption.AllDirectories)
            .Sum(file => file.Length);

    private sealed class Looking(ManualResetEventSlim looks, ManualResetEventSlim isClosed)
        : IProgress<MaintenanceProgress>
    {
        public void Report(MaintenanceProgress value)
        {
            if (value.Stage != "looking" || looks.IsSet)
                return;
            looks.Set();
            // Not a wait that the test would take for one at the gate.
            while (!isClosed.IsSet) Thread.Yield();
        }
    }
}
