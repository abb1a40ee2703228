using System.Text;
using Hartfs.Core.Snapshots;
using Hartfs.Format;
using Xunit;

namespace Hartfs.Tests.Core;

/// <summary>What the volume keeps by itself.</summary>
public sealed class SnapshotPolicyTests : VolumeTest
{
    private SnapshotSet Snapshots => Temp.Volume.Snapshots;

    [Fact]
    public void A_year_of_hours_ends_with_what_the_policy_says()
    {
        Snapshots.SetPolicy(new SnapshotPolicy(24, 7, 4, 12));
        Snapshots.Create("mine"u8);
        for (int hour = 0; hour < 24 * 120; hour++)
        {
            Temp.Time.Advance(TimeSpan.FromHours(1));
            if (Snapshots.PlanPolicy() is { IsDue: true } or { Deleted.Count: > 0 }) Snapshots.RunPolicy();
        }

        List<DateTimeOffset> kept = [.. Snapshots.List().Where(each => each.Kind == SnapshotKind.Scheduled)
            .Select(each => DateTimeOffset.UnixEpoch.AddTicks(each.Created / 100))];
        DateTimeOffset now = Temp.Time.GetUtcNow();
        Assert.Equal(24, kept.Count(time => now - time < TimeSpan.FromHours(24)));
        Assert.Equal(7, kept.GroupBy(time => time.Date).Count(day => now.Date - day.Key < TimeSpan.FromDays(7)));
        Assert.Equal(5, kept.Select(time => time.ToString("yyyy-MM")).Distinct().Count());
        Assert.InRange(kept.Count, 24 + 5 + 2 + 3, 24 + 7 + 4 + 5);
        Assert.NotNull(Snapshots.TryGet("mine"u8));
    }

    [Theory]
    [InlineData(-400)]
    [InlineData(400)]
    public void A_clock_that_jumps_and_comes_back_costs_no_snapshot_of_the_hours_before(int days)
    {
        Snapshots.SetPolicy(new SnapshotPolicy(6, 0, 0, 0));
        RunHours(4);
        List<SnapshotId> before = [.. Snapshots.List().Select(each => each.Id)];
        Temp.Time.Advance(TimeSpan.FromDays(days));
        RunHours(1);
        Temp.Time.Advance(TimeSpan.FromDays(-days));
        RunHours(1);
        Assert.Equal(before, Snapshots.List().Select(each => each.Id).Take(before.Count));
        Assert.Equal(before.Count + 2, Snapshots.List().Count);

        // What was made meanwhile goes in its turn.
        RunHours(6);
        DateTimeOffset now = Temp.Time.GetUtcNow();
        Assert.Equal(6, Snapshots.List().Count);
        Assert.All(Snapshots.List(), each => Assert.InRange(
            now - DateTimeOffset.UnixEpoch.AddTicks(each.Created / 100), TimeSpan.Zero, TimeSpan.FromHours(6)));
    }

    private void RunHours(int count)
    {
        for (; count > 0; count--)
        {
            Temp.Time.Advance(TimeSpan.FromHours(1));
            Snapshots.RunPolicy();
        }
    }

    [Fact]
    public void A_policy_stays_with_the_volume_and_held_snapshots_with_the_policy()
    {
        Snapshots.SetPolicy(new SnapshotPolicy(1, 0, 0, 0));
        Temp.Reopen();
        Assert.Equal(new SnapshotPolicy(1, 0, 0, 0), Snapshots.Policy);
        SnapshotRecord first = Snapshots.RunPolicy().Made!;
        Assert.False(Snapshots.PlanPolicy().IsDue);
        Snapshots.SetHeld(first.Name, true);
        Temp.Time.Advance(TimeSpan.FromHours(1));
        SnapshotRecord second = Snapshots.RunPolicy().Made!;
        Temp.Time.Advance(TimeSpan.FromHours(1));
        (PolicyPlan plan, SnapshotRecord? third) = Snapshots.RunPolicy();
        Assert.Equal([second.Id], plan.Deleted.Select(each => each.Id));
        Assert.Equal([first.Id, third!.Id], Snapshots.List().Select(each => each.Id));
    }

    [Fact]
    public void Without_a_policy_nothing_is_made_or_deleted()
    {
        Snapshots.SetPolicy(new SnapshotPolicy(5, 0, 0, 0));
        Snapshots.RunPolicy();
        Snapshots.SetPolicy(default);
        Temp.Time.Advance(TimeSpan.FromDays(400));
        (PolicyPlan plan, SnapshotRecord? made) = Snapshots.RunPolicy();
        Assert.Null(made);
        Assert.Empty(plan.Deleted);
        Assert.Single(Snapshots.List());
    }

    [Fact]
    public void A_clock_that_jumps_back_deletes_nothing_that_is_still_wanted()
    {
        Snapshots.SetPolicy(new SnapshotPolicy(3, 0, 0, 0));
        for (int hour = 0; hour < 3; hour++)
        {
            Snapshots.RunPolicy();
            Temp.Time.Advance(TimeSpan.FromHours(1));
        }

        Temp.Time.Advance(TimeSpan.FromHours(-2.5));
        Snapshots.RunPolicy();
        Assert.Equal(3, Snapshots.List().Count);
        Assert.All(Snapshots.List(), each => Assert.StartsWith("auto-", Encoding.UTF8.GetString(each.Name)));
    }
}
