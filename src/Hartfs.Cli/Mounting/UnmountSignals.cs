using System.Runtime.InteropServices;
using Hartfs.Core;
using Hartfs.Core.Mounting;
using Microsoft.Extensions.Logging;

namespace Hartfs.Cli.Mounting;

/// <summary>
/// SIGTERM and SIGINT unmount with everything written out. If files are still in use, the first one makes durable
/// what was written and waits; the second one detaches. SIGHUP (a closed terminal) counts like SIGTERM.
/// </summary>
internal sealed class UnmountSignals : IDisposable
{
    private readonly Volume _volume;
    private readonly ILogger _logger;
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Lock _lock = new(); // guards: _mount, _early
    private IMount? _mount;
    private PosixSignal? _early;
    private int _count;

    /// <summary>Catches signals from now on; one that comes before the mount is there waits for it.</summary>
    public UnmountSignals(Volume volume, ILogger logger)
    {
        _volume = volume;
        _logger = logger;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle),
        ];
    }

    /// <summary>Says what to unmount.</summary>
    public void Attach(IMount mount)
    {
        PosixSignal? early;
        lock (_lock)
        {
            _mount = mount;
            early = _early;
        }

        if (early is { } signal)
            Unmount(mount, signal);
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        IMount? mount;
        lock (_lock)
        {
            mount = _mount;
            if (mount is null)
                _early = context.Signal;
        }

        if (mount is not null)
            Unmount(mount, context.Signal);
    }

    private void Unmount(IMount mount, PosixSignal signal)
    {
        bool isLazy = Interlocked.Increment(ref _count) > 1;
        Log.SignalUnmounts(_logger, signal.ToString(), mount.MountPoint);
        try
        {
            mount.Unmount(isLazy);
        }
        catch (MountException failure)
        {
            Log.SignalRefused(_logger, signal.ToString(), failure.Message);
            _volume.Commit();
        }
    }
}
