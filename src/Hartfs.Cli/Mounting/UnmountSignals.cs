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
    private readonly IMount _mount;
    private readonly Volume _volume;
    private readonly ILogger _logger;
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    public UnmountSignals(IMount mount, Volume volume, ILogger logger)
    {
        _mount = mount;
        _volume = volume;
        _logger = logger;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle),
        ];
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        bool isLazy = Interlocked.Increment(ref _count) > 1;
        Log.SignalUnmounts(_logger, context.Signal.ToString(), _mount.MountPoint);
        try
        {
            _mount.Unmount(isLazy);
        }
        catch (MountException failure)
        {
            Log.SignalRefused(_logger, context.Signal.ToString(), failure.Message);
            _volume.Commit();
        }
    }
}
