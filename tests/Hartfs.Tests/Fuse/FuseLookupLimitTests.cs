using Hartfs.Fuse;
using Xunit;

namespace Hartfs.Tests.Fuse;

public sealed class FuseLookupLimitTests
{
    private int _exceeded;

    [Fact]
    public void Passing_the_limit_is_told_once_until_rearmed()
    {
        FuseLookupLimit limit = Make(16);
        Add(limit, 1, 16);
        Assert.Equal(0, _exceeded);
        Add(limit, 17, 3);
        Assert.Equal(1, _exceeded);
        limit.Rearm();
        Add(limit, 20, 1);
        Assert.Equal(2, _exceeded);
    }

    [Fact]
    public void The_inodes_told_first_are_offered_first_and_overwritten_ones_are_skipped()
    {
        FuseLookupLimit limit = Make(16);
        Add(limit, 1, 20);
        ulong[] taken = new ulong[4];
        Assert.Equal(4, limit.TakeOldest(taken));
        Assert.Equal([5ul, 6, 7, 8], taken);
        Assert.Equal(4, limit.TakeOldest(taken));
        Assert.Equal([9ul, 10, 11, 12], taken);
        limit.Remove(5);
        Assert.Equal(0, limit.TakeOldest(taken));
    }

    [Fact]
    public void Nothing_is_offered_twice_when_the_kernel_keeps_everything()
    {
        FuseLookupLimit limit = Make(16);
        Add(limit, 1, 20);
        ulong[] taken = new ulong[64];
        Assert.Equal(16, limit.TakeOldest(taken));
        Assert.Equal(0, limit.TakeOldest(taken));
    }

    private static void Add(FuseLookupLimit limit, ulong first, int count)
    {
        for (int i = 0; i < count; i++)
            limit.Add(first + (ulong)i);
    }

    private FuseLookupLimit Make(int lookupsMax) => new(lookupsMax, () => _exceeded++);
}
