using System.Net.Sockets;
using Hartfs.Cli.Control;
using Hartfs.Cli.Copying;
using Hartfs.Cli.Output;
using Hartfs.Core;
using Hartfs.Core.Integrity;
using Hartfs.Core.Mounting;
using Microsoft.Extensions.Logging;

namespace Hartfs.Cli.Mounting;

/// <summary>The life of a mount in this process: open, mount, answer, unmount, close.</summary>
internal sealed class MountSession : IDisposable
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);

    private readonly MountPlan _plan;
    private readonly Volume _volume;
    private readonly IMount _mount;
    private readonly ILogger _logger;
    private readonly DateTimeOffset _since = TimeProvider.System.GetUtcNow();
    private readonly ManualResetEventSlim _closed = new();
    private FsError _closeError;

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
        using var signals = new UnmountSignals(volume, logger);
        MountOptions options = plan.Options.ToMountOptions(plan.Volume, plan.MountPoint, plan.IsTraced);
        using IMount mount = MountDrivers.ForThisSystem(loggers).Mount(volume.Tree, options);
        using var session = new MountSession(plan, volume, mount, logger);
        using ControlServer? control = session.StartControl();
        Log.Mounted(logger, plan.Volume, plan.MountPoint, Environment.ProcessId);
        if (!onReady())
            mount.Unmount(lazy: true);
        signals.Attach(mount);
        mount.WaitForUnmount();
        control?.Stop();
        FsError error = volume.Commit();
        volume.Dispose();
        session.TellClosed(error);
        control?.WaitForAnswers(AnswerTime);
        if (error != FsError.None)
            throw new CommandFailure(ExitCode.IoFailure, NotDurable(error));
        Log.Unmounted(logger, plan.MountPoint);
    }

    public void Dispose() => _closed.Dispose();

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

    private ControlResponse Answer(ControlRequest request, ControlExchange exchange)
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
                    : ControlResponse.Failed(ExitCode.IoFailure, NotDurable(error));
            case ControlVerbs.Scrub:
                var scrub = new ScrubOptions
                {
                    BytesPerSecondMax = request.Rate ?? 0,
                    FromStart = request.FromStart == true,
                };
                return new ControlResponse
                {
                    Ok = true,
                    Scrub = ScrubResult.From(
                        _plan.Volume, _volume.Integrity.Scrub(scrub, exchange, exchange.Cancellation)),
                };
            case ControlVerbs.Unmount:
                return Unmount(request.Lazy == true);
            default:
                return ControlResponse.Failed(ExitCode.Usage, $"unknown verb '{request.Verb}'.");
        }
    }

    /// <summary>Ends the waiting of whoever asked for the unmount.</summary>
    private void TellClosed(FsError error)
    {
        _closeError = error;
        _closed.Set();
    }

    private ControlResponse Unmount(bool isLazy)
    {
        _mount.Unmount(isLazy);

        // A lazy unmount ends when the last file is closed, which may be never.
        if (!isLazy)
            _closed.Wait();
        return _closeError == FsError.None
            ? new ControlResponse { Ok = true }
            : ControlResponse.Failed(ExitCode.IoFailure, NotDurable(_closeError));
    }

    private static string NotDurable(FsError error) =>
        $"not everything could be made durable: {FsErrorText.Describe(error)}. What was committed before is kept.";

    private StatsReport MakeStats() => StatsReport.From(_plan.Volume, _volume.GetStatistics()) with
    {
        MountPoint = _plan.MountPoint,
        Requests = _mount.RequestCounts,
    };

    private MountStatus MakeStatus() => new(
        Environment.ProcessId, _plan.Volume, _plan.MountPoint, _since, _plan.OptionTexts, ProductVersion);
}
