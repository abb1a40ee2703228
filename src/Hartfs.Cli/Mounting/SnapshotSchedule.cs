using Hartfs.Core;
using Hartfs.Core.Mounting;
using Hartfs.Core.Snapshots;
using Microsoft.Extensions.Logging;

namespace Hartfs.Cli.Mounting;

/// <summary>The thread of a mounted volume that keeps its snapshot policy.</summary>
internal sealed class SnapshotSchedule : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    private readonly Volume _volume;
    private readonly IMount _mount;
    private readonly ILogger _logger;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;

    /// <param name="mount">The live tree's.</param>
    public SnapshotSchedule(Volume volume, IMount mount, ILogger logger)
    {
        _volume = volume;
        _mount = mount;
        _logger = logger;
        _thread = new Thread(Run) { IsBackground = true, Name = "hartfs snapshots" };
        _thread.Start();
    }

    public void Dispose()
    {
        if (_stop.IsSet)
            return;
        _stop.Set();
        _thread.Join();
    }

    private void Run()
    {
        while (!_stop.Wait(Interval))
        {
            try
            {
                if (_volume.Snapshots.Policy.IsActive)
                    Keep();
            }
#pragma warning disable CA1031 // whatever fails here must not end the process that serves the mount
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Log.PolicyFailed(_logger, failure.Message, failure is SnapshotException ? null : failure);
            }
        }
    }

    private void Keep()
    {
        PolicyPlan plan = _volume.Snapshots.PlanPolicy();
        if (!plan.IsDue && plan.Deleted.Count == 0)
            return;
        if (plan.IsDue)
            _mount.WriteOut();
        (PolicyPlan done, _) = _volume.Snapshots.RunPolicy();
        if (done.Deleted.Count > 0)
            Log.PolicyDeleted(_logger, done.Deleted.Count);
    }
}
