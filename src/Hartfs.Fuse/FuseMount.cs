using Hartfs.Core.Mounting;
using Hartfs.Fuse.Mounting;

namespace Hartfs.Fuse;

/// <summary>A live FUSE mount of this process.</summary>
internal sealed class FuseMount : IMount
{
    private static readonly TimeSpan UnmountTime = TimeSpan.FromSeconds(30);

    private readonly FuseSession _session;
    private readonly string _device;
    private readonly bool _isReadOnly;

    // guards: an unmount under way; a second one must not hit a filesystem mounted here since
    private readonly Lock _unmountLock = new();

    /// <param name="device">The mount's device as /proc/self/mountinfo shows it: "0:57".</param>
    /// <param name="isReadOnly">Whether the kernel refuses every change.</param>
    public FuseMount(FuseSession session, string mountPoint, string device, bool isReadOnly)
    {
        _isReadOnly = isReadOnly;
        _session = session;
        MountPoint = mountPoint;
        _device = device;
    }

    public string MountPoint { get; }

    public IReadOnlyDictionary<string, long> RequestCounts => _session.RequestCounts;

    public void WriteOut()
    {
        if (_isReadOnly || _session.HasEnded)
            return;
        PageCache.WriteOut(MountPoint);
        _session.WaitForRequestsUnderWay();
    }

    public void WaitForUnmount() => _session.WaitForEnd(Timeout.InfiniteTimeSpan);

    public void Unmount(bool lazy)
    {
        lock (_unmountLock)
        {
            if (_session.HasEnded)
                return;
            MountEntry? top = MountTable.FindTop(MountPoint);
            if (top is not null && top.Device != _device && MountTable.HasDevice(_device))
                throw new MountException(
                    $"{MountPoint} is covered by another mount ({top.Type}). Unmount that one first.",
                    MountFailure.StillInUse);
            // Gone from here already (by hand, or lazily): the session ends with the last open file.
            if (top is not null && top.Device == _device)
                Detach.Unmount(MountPoint, lazy);
            if (!lazy)
                _session.WaitForEnd(UnmountTime);
        }
    }

    public void Dispose()
    {
        if (!_session.HasEnded)
            Unmount(lazy: true);
    }
}
