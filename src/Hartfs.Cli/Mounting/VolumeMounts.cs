using System.Text;
using Hartfs.Core;
using Hartfs.Core.Mounting;
using Hartfs.Core.Snapshots;
using Microsoft.Extensions.Logging;

namespace Hartfs.Cli.Mounting;

/// <summary>
/// Everything of one volume that this process has mounted: the live tree, snapshots, in any order. The process serves
/// until the last one is gone.
/// </summary>
internal sealed class VolumeMounts : IMount
{
    private readonly Volume _volume;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;

    // guards: one mount is made at a time
    private readonly Lock _mountLock = new();

    // guards: itself and what follows; in the order in which they were mounted
    private readonly List<ServedMount> _mounts = [];
    private MountPlan? _latest;
    private bool _isClosed;

    public VolumeMounts(Volume volume, ILoggerFactory loggers)
    {
        _volume = volume;
        _loggers = loggers;
        _logger = loggers.CreateLogger("Hartfs.Cli");
    }

    /// <summary>That of the live tree; where only snapshots are mounted, of the first of them.</summary>
    public string MountPoint => Plan.MountPoint;

    /// <summary>What is mounted there, and how.</summary>
    public MountPlan Plan
    {
        get
        {
            lock (_mounts)
                return First()?.Plan ?? _latest!;
        }
    }

    /// <summary>Those of the same mount.</summary>
    public IReadOnlyDictionary<string, long> RequestCounts
    {
        get
        {
            lock (_mounts)
                return First()?.Mount.RequestCounts ?? new Dictionary<string, long>();
        }
    }

    /// <summary>Everywhere something is mounted still.</summary>
    public IReadOnlyList<string> MountPoints
    {
        get
        {
            lock (_mounts)
                return [.. _mounts.Select(each => each.Plan.MountPoint)];
        }
    }

    /// <summary>
    /// Mounts the live tree or a snapshot. Throws <see cref="MountException"/>, <see cref="SnapshotException"/> or
    /// <see cref="CommandFailure"/>.
    /// </summary>
    public void Mount(MountPlan plan)
    {
        lock (_mountLock)
        {
            if (plan.Snapshot is null)
                ThrowIfLiveIsMounted(plan);
            SnapshotUse? use = plan.Snapshot is { } name
                ? _volume.Snapshots.Use(Encoding.UTF8.GetBytes(name))
                : null;
            try
            {
                Serve(new ServedMount(plan, Attach(plan, use), use));
            }
            catch
            {
                use?.Dispose();
                throw;
            }
        }
    }

    /// <summary>Unmounts what is mounted somewhere; false when nothing is.</summary>
    public bool TryUnmount(string mountPoint, bool lazy)
    {
        ServedMount? found = Find(mountPoint);
        if (found is null)
            return false;
        found.Mount.Unmount(lazy);
        if (!lazy)
            found.Ended.Wait();
        return true;
    }

    /// <summary>Waits until nothing is mounted there any more; at once when nothing is.</summary>
    public void WaitFor(string mountPoint) => Find(mountPoint)?.Ended.Wait();

    public void Unmount(bool lazy)
    {
        List<ServedMount> mounts;
        lock (_mounts)
            mounts = [.. _mounts];
        foreach (ServedMount each in mounts)
            each.Mount.Unmount(lazy);
    }

    public void WriteOut() => Live()?.Mount.WriteOut();

    /// <summary>Waits until the last mount is gone; nothing can be mounted any more then.</summary>
    public void WaitForUnmount()
    {
        lock (_mounts)
        {
            while (_mounts.Count > 0)
                Monitor.Wait(_mounts);
            _isClosed = true;
        }
    }

    public void Dispose()
    {
        List<ServedMount> left;
        lock (_mounts)
        {
            _isClosed = true;
            left = [.. _mounts];
        }

        foreach (ServedMount each in left)
        {
            each.Mount.Dispose();
            each.Ended.Wait();
        }
    }

    private void ThrowIfLiveIsMounted(MountPlan plan)
    {
        if (Live() is { } live)
        {
            throw new CommandFailure(ExitCode.InUse, $"{plan.Volume} is mounted on {live.Plan.MountPoint} already. "
                + "Next: use it there, or hartfs unmount it first.");
        }

        // Snapshots may be mounted: their process has the volume open, in one way.
        if (_latest is not { } open)
            return;
        string first = $"Next: hartfs unmount {string.Join(", ", MountPoints)} first";
        if (_volume.IsReadOnly && !plan.Options.IsReadOnly)
        {
            throw new CommandFailure(ExitCode.InUse,
                $"{plan.Volume} is open for reading only, by a mount with -o ro. {first}, or mount with -o ro.");
        }

        if (plan.Options.FindConflict(open.Options) is { } option)
        {
            throw new CommandFailure(ExitCode.InUse, $"{plan.Volume} is open already, with another value of '{option}'."
                + $" {first}, or leave '{option}' out.");
        }
    }

    private IMount Attach(MountPlan plan, SnapshotUse? use)
    {
        string source = use is null
            ? plan.Volume
            : $"{plan.Volume}@{SnapshotName.Describe(use.FileSystem.Snapshot.Name)}";
        MountOptions options = plan.Options.ToMountOptions(source, plan.MountPoint, plan.IsTraced);
        IMountDriver driver = MountDrivers.ForThisSystem(_loggers);
        if (use is not null)
            return driver.Mount(use.FileSystem, options with { ReadOnly = true });
        _volume.Tree.ShowsSnapshots = plan.Options.ShowsSnapshots;
        return driver.Mount(_volume.Tree, options);
    }

    private void Serve(ServedMount mount)
    {
        lock (_mounts)
        {
            if (_isClosed)
            {
                mount.Mount.Dispose();
                throw new MountException("the volume is being unmounted. Try again.", MountFailure.Other);
            }

            // How the volume is open is told by whoever opened it.
            _latest = _latest is null ? mount.Plan : mount.Plan with { Options = _latest.Options };
            _mounts.Add(mount);
        }

        new Thread(() => AwaitEnd(mount)) { IsBackground = true, Name = "hartfs mount" }.Start();
    }

    private void AwaitEnd(ServedMount mount)
    {
        bool keepsPolicy = mount.Use is null && !_volume.IsReadOnly && !mount.Plan.Options.IsReadOnly;
        if (mount.Use is { } use)
            Log.SnapshotMounted(_logger, use.FileSystem.Snapshot.Id.Value, mount.Plan.MountPoint);
        using (keepsPolicy ? new SnapshotSchedule(_volume, mount.Mount, _logger) : null)
            mount.Mount.WaitForUnmount();
        mount.Mount.Dispose();
        mount.Use?.Dispose();
        if (mount.Use is null)
            _volume.FileSystem.ForgetAll();
        Log.MountEnded(_logger, mount.Plan.MountPoint);
        lock (_mounts)
        {
            _mounts.Remove(mount);
            Monitor.PulseAll(_mounts);
        }

        mount.Ended.Set();
    }

    private ServedMount? Find(string mountPoint)
    {
        lock (_mounts)
            return _mounts.LastOrDefault(each => each.Plan.MountPoint == mountPoint);
    }

    private ServedMount? Live()
    {
        lock (_mounts)
            return _mounts.Find(each => each.Use is null);
    }

    // The caller holds the lock.
    private ServedMount? First() => _mounts.Find(each => each.Use is null) ?? _mounts.FirstOrDefault();

    private sealed record ServedMount(MountPlan Plan, IMount Mount, SnapshotUse? Use)
    {
        public ManualResetEventSlim Ended { get; } = new();
    }
}
