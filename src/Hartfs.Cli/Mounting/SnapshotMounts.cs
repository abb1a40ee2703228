using System.Text;
using Hartfs.Core;
using Hartfs.Core.Mounting;
using Hartfs.Core.Snapshots;
using Microsoft.Extensions.Logging;

namespace Hartfs.Cli.Mounting;

/// <summary>
/// Everything of one volume that this process has mounted: the first mount, and snapshots mounted later. The process
/// serves until the last one is gone.
/// </summary>
internal sealed class SnapshotMounts : IMount
{
    private readonly Volume _volume;
    private readonly IMount _first;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;

    // guards: itself and what follows
    private readonly Dictionary<string, SnapshotMount> _others = [];
    private bool _hasFirstEnded;
    private bool _isClosed;

    public SnapshotMounts(Volume volume, IMount first, ILoggerFactory loggers)
    {
        _volume = volume;
        _first = first;
        _loggers = loggers;
        _logger = loggers.CreateLogger("Hartfs.Cli");
    }

    /// <summary>That of the first mount.</summary>
    public string MountPoint => _first.MountPoint;

    /// <summary>Those of the first mount.</summary>
    public IReadOnlyDictionary<string, long> RequestCounts => _first.RequestCounts;

    /// <summary>Where else something is mounted.</summary>
    public IReadOnlyList<string> OtherMountPoints
    {
        get
        {
            lock (_others)
                return [.. _others.Keys];
        }
    }

    /// <summary>Everywhere something is mounted still.</summary>
    public IReadOnlyList<string> MountPoints
    {
        get
        {
            lock (_others)
                return _hasFirstEnded ? [.. _others.Keys] : [MountPoint, .. _others.Keys];
        }
    }

    /// <summary>What a snapshot is mounted from, as /proc/mounts shows it.</summary>
    public static string SourceOf(Volume volume, SnapshotUse use) =>
        $"{volume.Directory}@{SnapshotName.Describe(use.FileSystem.Snapshot.Name)}";

    /// <summary>Mounts a snapshot as well. Throws <see cref="MountException"/> or SnapshotException.</summary>
    public void Mount(string snapshot, string mountPoint, MountOptionList options)
    {
        SnapshotUse use = _volume.Snapshots.Use(Encoding.UTF8.GetBytes(snapshot));
        try
        {
            MountOptions how = options.ToMountOptions(SourceOf(_volume, use), mountPoint, trace: false) with
            {
                ReadOnly = true,
            };
            IMount mount = MountDrivers.ForThisSystem(_loggers).Mount(use.FileSystem, how);
            var made = new SnapshotMount(mount, use);
            lock (_others)
            {
                if (_isClosed)
                {
                    mount.Dispose();
                    throw new MountException("the volume is being unmounted. Try again.", MountFailure.Other);
                }

                _others.Add(mount.MountPoint, made);
            }

            new Thread(() => Serve(made)) { IsBackground = true, Name = "hartfs snapshot mount" }.Start();
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    /// <summary>Unmounts a snapshot; false when none is mounted there.</summary>
    public bool TryUnmount(string mountPoint, bool lazy)
    {
        SnapshotMount? found;
        lock (_others)
            if (!_others.TryGetValue(mountPoint, out found))
                return false;
        found.Mount.Unmount(lazy);
        if (!lazy)
            found.Ended.Wait();
        return true;
    }

    /// <summary>Unmounts the first mount alone.</summary>
    public void UnmountFirst(bool lazy)
    {
        _first.Unmount(lazy);
        if (lazy)
            return;
        lock (_others)
            while (!_hasFirstEnded)
                Monitor.Wait(_others);
    }

    public void Unmount(bool lazy)
    {
        foreach (string mountPoint in OtherMountPoints)
            TryUnmount(mountPoint, lazy);
        _first.Unmount(lazy);
    }

    public void WriteOut() => _first.WriteOut();

    public void WaitForUnmount()
    {
        _first.WaitForUnmount();
        lock (_others)
        {
            _hasFirstEnded = true;
            Monitor.PulseAll(_others);
            while (_others.Count > 0)
                Monitor.Wait(_others);
            _isClosed = true;
        }
    }

    public void Dispose()
    {
        List<SnapshotMount> left;
        lock (_others)
        {
            _isClosed = true;
            left = [.. _others.Values];
        }

        foreach (SnapshotMount mount in left)
        {
            mount.Mount.Dispose();
            mount.Ended.Wait();
        }

        _first.Dispose();
    }

    private void Serve(SnapshotMount mount)
    {
        Log.SnapshotMounted(_logger, mount.Use.FileSystem.Snapshot.Id.Value, mount.Mount.MountPoint);
        mount.Mount.WaitForUnmount();
        mount.Mount.Dispose();
        mount.Use.Dispose();
        Log.Unmounted(_logger, mount.Mount.MountPoint);
        lock (_others)
        {
            _others.Remove(mount.Mount.MountPoint);
            Monitor.PulseAll(_others);
        }

        mount.Ended.Set();
    }

    private sealed record SnapshotMount(IMount Mount, SnapshotUse Use)
    {
        public ManualResetEventSlim Ended { get; } = new();
    }
}
