using System.Net.Sockets;
using Hartfs.Cli.Control;
using Hartfs.Cli.Output;
using Hartfs.Core;
using Hartfs.Core.Mounting;
using Microsoft.Extensions.Logging;

namespace Hartfs.Cli.Mounting;

/// <summary>The life of a mount in this process: open, mount, answer, unmount, close.</summary>
internal sealed class MountSession
{
    private readonly MountPlan _plan;
    private readonly Volume _volume;
    private readonly IMount _mount;
    private readonly ILogger _logger;
    private readonly DateTimeOffset _since = TimeProvider.System.GetUtcNow();

    private MountSession(MountPlan plan, Volume volume, IMount mount, ILogger logger)
    {
        _plan = plan;
        _volume = volume;
        _mount = mount;
        _logger = logger;
    }

    /// <summary>The version of this build.</summary>
    public static string ProductVersion { get; } =
        typeof(MountSession).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>
    /// Mounts and returns when the mount is gone and the volume closed. <paramref name="onReady"/> is called once,
    /// when the mount answers; false from it ends the mount at once. Throws <see cref="VolumeException"/>,
    /// <see cref="MountException"/> or <see cref="CommandFailure"/>.
    /// </summary>
    public static void Run(MountPlan plan, ILoggerFactory loggers, Func<bool> onReady)
    {
        ILogger logger = loggers.CreateLogger("Hartfs.Cli");
        VolumeSettings settings = plan.Options.ToSettings(
            $"the mount on {plan.MountPoint} (process {Environment.ProcessId})");
        using Volume volume = Volume.Open(plan.Volume, settings, loggers);
        if (volume.RecoveryReport is { } report)
            Log.Recovered(logger, report);
        MountOptions options = plan.Options.ToMountOptions(plan.Volume, plan.MountPoint, plan.IsTraced);
        using IMount mount = MountDrivers.ForThisSystem(loggers).Mount(volume.FileSystem, options);
        new MountSession(plan, volume, mount, logger).Serve(onReady);
        volume.Dispose();
        Log.Unmounted(logger, plan.MountPoint);
    }

    private void Serve(Func<bool> onReady)
    {
        using ControlServer? control = StartControl();
        using var signals = new UnmountSignals(_mount, _volume, _logger);
        Log.Mounted(_logger, _plan.Volume, _plan.MountPoint, Environment.ProcessId);
        if (!onReady())
            _mount.Unmount(lazy: true);
        _mount.WaitForUnmount();
    }

    private ControlServer? StartControl()
    {
        try
        {
            return ControlServer.Start(_plan.Volume, Answer, _logger);
        }
        catch (Exception failure) when (failure is SocketException or IOException or UnauthorizedAccessException)
        {
            Log.NoControlSocket(_logger, _plan.Volume, failure.Message);
            return null;
        }
    }

    private ControlResponse Answer(ControlRequest request)
    {
        switch (request.Verb)
        {
            case ControlVerbs.Stats:
                // Should the commit fail, the figures are those of the last one that did not.
                if (request.Fresh == true)
                    _volume.Commit();
                return new ControlResponse { Ok = true, Stats = MakeStats() };
            case ControlVerbs.Status:
                return new ControlResponse { Ok = true, Status = MakeStatus() };
            case ControlVerbs.Commit:
                FsError error = _volume.Commit();
                return error == FsError.None
                    ? new ControlResponse { Ok = true }
                    : ControlResponse.Failed(ExitCode.IoFailure, $"not everything could be made durable: {error}.");
            case ControlVerbs.Unmount:
                _mount.Unmount(request.Lazy == true);
                return new ControlResponse { Ok = true };
            default:
                return ControlResponse.Failed(ExitCode.Usage, $"unknown verb '{request.Verb}'.");
        }
    }

    private StatsReport MakeStats() => StatsReport.From(_plan.Volume, _volume.GetStatistics()) with
    {
        MountPoint = _plan.MountPoint,
        Requests = _mount.RequestCounts,
    };

    private MountStatus MakeStatus() => new(
        Environment.ProcessId, _plan.Volume, _plan.MountPoint, _since, _plan.OptionTexts, ProductVersion);
}
