using Hartfs.Core.Collection;
using Xunit;

namespace Hartfs.Tests.Core.Collection;

/// <summary>The volume's own collections.</summary>
public sealed class AutomaticCollectionTests() : CollectionTest(SmallPacks with
{
    Collection = new CollectionSettings
    {
        ReleasedBytesMin = 500_000,
        Interval = TimeSpan.FromMilliseconds(200),
        IdleTime = TimeSpan.FromMilliseconds(100),
    },
})
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(30);

    [Fact]
    public void It_begins_by_itself_when_enough_was_given_up_and_nobody_writes()
    {
        Fill();
        for (int index = 1; index < 20; index++)
            Remove($"f{index}");
        Ok(Volume.Commit());
        Assert.True(SpinWait.SpinUntil(() => Volume.GetStatistics().PackBytes < 3 * PackBytes, WaitMax));
        Assert.Equal(Noise(100_000, 0), Read("f0"));
        VerifyAtRest();
    }

    [Fact]
    public void It_begins_at_once_when_it_is_asked_for()
    {
        Fill();
        TakeSnapshot("s");
        for (int index = 0; index < 20; index++)
            Remove($"f{index}");
        DropSnapshot("s");
        Volume.Collection.RequestCollection();
        Assert.True(SpinWait.SpinUntil(() => Volume.GetStatistics().PackBytes < 2 * PackBytes, WaitMax));
        VerifyAtRest();
    }

    [Fact]
    public void It_makes_room_for_whoever_asks_and_ends_with_the_volume()
    {
        Fill();
        for (int index = 1; index < 20; index++)
            Remove($"f{index}");
        for (int round = 0; round < 20; round++)
        {
            Volume.Collection.RequestCollection();
            Collect(new CollectionOptions { DeadShareMin = 0.99 });
        }

        Volume.Collection.RequestCollection();
        Temp.Reopen();
        Assert.Equal(Noise(100_000, 0), Read("f0"));
        Verify();
    }

    // A collection of the test's own stops the volume's.
    private void VerifyAtRest()
    {
        Collect();
        Verify();
    }

    private void Fill()
    {
        for (int index = 0; index < 20; index++)
            Make($"f{index}", Noise(100_000, index));
        Ok(Volume.Commit());
    }
}
