using System.Net.Sockets;
using Hartfs.Cli.Commands;
using Hartfs.Cli.Control;
using Hartfs.Cli.Copying;
using Hartfs.Cli.Output;
using Hartfs.Cli.Snapshots;
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
    private readonly VolumeMounts _mounts;
    private readonly ILogger _logger;
    private readonly DateTimeOffset _since = TimeProvider.System.GetUtcNow();
    private readonly ManualResetEventSlim _closed = new();
    private readonly VolumeUses _uses = new();
    private FsError _closeError;

    private MountSession(MountPlan plan, Volume volume, VolumeMounts mounts, ILogger logger)
    {
        _plan = plan;
        _volume = volume;
        _mounts = mounts;
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
        using var mounts = new VolumeMounts(volume, loggers);
        mounts.Mount(plan);
        using var session = new MountSession(plan, volume, mounts, logger);
        using ControlServer? control = session.StartControl();
        Log.Mounted(logger, plan.Volume, plan.MountPoint, Environment.ProcessId);
        if (!onReady())
            mounts.Unmount(lazy: true);
        signals.Attach(mounts);
        mounts.WaitForUnmount();
        control?.Stop();
        session._uses.Close();
        FsError error = volume.Commit();
        volume.Dispose();
        session.TellClosed(error);
        control?.WaitForAnswers(AnswerTime);
        if (error != FsError.None)
            throw new CommandFailure(ExitCode.IoFailure, NotDurable(error));
        Log.Closed(logger, plan.Volume);
    }

    public void Dispose()
    {
        _closed.Dispose();
        _uses.Dispose();
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

    private ControlResponse Answer(ControlRequest request, ControlExchange exchange)
    {
        // It waits for the volume to be closed, which waits for all others.
        if (request.Verb == ControlVerbs.Unmount)
            return Unmount(request.Mount?.MountPoint, request.Lazy == true);
        // So does whoever waits for the end of a mount.
        if (request is { Verb: ControlVerbs.AwaitUnmount, Mount: { } awaited })
        {
            _mounts.WaitFor(awaited.MountPoint);
            return new ControlResponse { Ok = true };
        }

        using VolumeUses.Use use = _uses.Begin();
        exchange.CancelWith(_uses.Closing);
        return AnswerOpen(request, exchange);
    }

    private ControlResponse AnswerOpen(ControlRequest request, ControlExchange exchange)
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
            case ControlVerbs.Gc:
                return GcCommand.Answer(_plan.Volume, _volume, request, exchange, exchange.Cancellation);
            case ControlVerbs.Check or ControlVerbs.Repair:
                return AnswerIntegrity(request, exchange);
            case ControlVerbs.Copy:
                return _volume.Integrity.CopyMetadata(exchange.Cancellation)
                    ? new ControlResponse { Ok = true }
                    : ControlResponse.Failed(ExitCode.Failure, "the metadata changed too much meanwhile.");
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
            case ControlVerbs.Snapshot when request.Snapshot is { } wanted:
                return DoSnapshot(wanted, exchange);
            case ControlVerbs.Mount when request.Mount is { } beside:
                IReadOnlyList<string> options = beside.Options ?? [];
                _mounts.Mount(new MountPlan(_plan.Volume, beside.MountPoint, MountOptionList.Parse(options), options,
                    IsTraced: false)
                {
                    Snapshot = beside.Snapshot,
                });
                return new ControlResponse { Ok = true, Status = MakeStatus() };
            default:
                return ControlResponse.Failed(ExitCode.Usage, $"unknown verb '{request.Verb}'.");
        }
    }

    private ControlResponse AnswerIntegrity(ControlRequest request, ControlExchange exchange)
    {
        if (request.Verb == ControlVerbs.Check)
        {
            var check = new CheckOptions
            {
                Repair = request.Repair == true,
                FromPass = request.FromPass ?? 0,
                IsMounted = true,
            };
            return new ControlResponse
            {
                Ok = true,
                Check = CheckOutcome.From(
                    _plan.Volume, _volume.Integrity.Check(check, exchange, exchange.Cancellation)),
            };
        }

        var repair = new RepairOptions
        {
            Sources = request.Sources ?? [],
            ZeroDamaged = request.ZeroDamaged == true,
        };
        return new ControlResponse
        {
            Ok = true,
            Repair = RepairResult.From(
                _plan.Volume, _volume.Integrity.Repair(repair, exchange, exchange.Cancellation)),
        };
    }

    /// <summary>Ends the waiting of whoever asked for the unmount.</summary>
    private void TellClosed(FsError error)
    {
        _closeError = error;
        _closed.Set();
    }

    private ControlResponse DoSnapshot(SnapshotRequest request, ControlExchange exchange)
    {
        var work = new SnapshotWork(_volume, _mounts.WriteOut, part => exchange.Send(new ControlResponse
        {
            Ok = true,
            Progress = new MaintenanceProgress("listing", 0, 0, IsBytes: false, FindingCount: 0),
            Snapshot = part,
        }), exchange, exchange.Cancellation);
        return new ControlResponse { Ok = true, Snapshot = work.Do(request) };
    }

    private ControlResponse Unmount(string? mountPoint, bool isLazy)
    {
        if (!_mounts.TryUnmount(mountPoint ?? _mounts.MountPoint, isLazy))
            return ControlResponse.Failed(ExitCode.NotMounted, $"nothing is mounted on {mountPoint} any more.");
        if (!isLazy && _mounts.MountPoints is { Count: > 0 } remaining)
        {
            FsError error = _volume.Commit();
            return error == FsError.None
                ? new ControlResponse { Ok = true, Remaining = remaining }
                : ControlResponse.Failed(ExitCode.IoFailure, NotDurable(error));
        }

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
        MountPoint = _mounts.MountPoint,
        Requests = _mounts.RequestCounts,
    };

    private MountStatus MakeStatus()
    {
        MountPlan plan = _mounts.Plan;
        return new MountStatus(
            Environment.ProcessId, _plan.Volume, plan.MountPoint, _since, plan.OptionTexts, ProductVersion)
        {
            OtherMountPoints = [.. _mounts.MountPoints.Where(each => each != plan.MountPoint)],
        };
    }
}
