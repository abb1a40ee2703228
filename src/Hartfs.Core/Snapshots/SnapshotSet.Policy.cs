using Hartfs.Format;
using Hartfs.Metadata;

namespace Hartfs.Core.Snapshots;

/// <summary>Snapshots that the volume makes and deletes by itself.</summary>
public sealed partial class SnapshotSet
{
    /// <summary>What the volume keeps by itself; stored in it.</summary>
    public SnapshotPolicy Policy
    {
        get
        {
            lock (_treeLock)
            {
                VolumeState state = _metadata.State;
                return new SnapshotPolicy(state.HourlySnapshots, state.DailySnapshots, state.WeeklySnapshots,
                    state.MonthlySnapshots);
            }
        }
    }

    /// <summary>Changes the policy, durably. Nothing is made or deleted before it runs.</summary>
    public void SetPolicy(in SnapshotPolicy policy)
    {
        ThrowIfReadOnly();
        SnapshotPolicy wanted = policy;
        lock (_changeLock)
        {
            Change("the policy is changed", () =>
            {
                VolumeState state = _metadata.State;
                state.HourlySnapshots = wanted.Hourly;
                state.DailySnapshots = wanted.Daily;
                state.WeeklySnapshots = wanted.Weekly;
                state.MonthlySnapshots = wanted.Monthly;
            });
        }
    }

    /// <summary>What the policy would do now.</summary>
    public PolicyPlan PlanPolicy() => Policy.Plan(List(), _volume.Settings.Time.GetUtcNow());

    /// <summary>Makes the snapshot that is due and deletes what the policy no longer keeps.</summary>
    /// <returns>What was done; the snapshot made, if any.</returns>
    public (PolicyPlan Plan, SnapshotRecord? Made) RunPolicy()
    {
        ThrowIfReadOnly();
        PolicyPlan plan = PlanPolicy();
        SnapshotRecord? made = plan.IsDue
            ? CreateNow(SnapshotPolicy.Prefix, SnapshotKind.Scheduled)
            : null;
        var deleted = new List<SnapshotRecord>();
        foreach (SnapshotRecord snapshot in plan.Deleted)
        {
            try
            {
                Delete(snapshot.Name);
                deleted.Add(snapshot);
            }
            catch (SnapshotException failure) when (
                failure.Failure is SnapshotFailure.InUse or SnapshotFailure.NotFound)
            {
                // Held or mounted since, or deleted by hand: the next run looks again.
            }
        }

        if (deleted.Count > 0)
            _volume.Collection.RequestCollection();
        return (plan with { Deleted = deleted }, made);
    }
}
