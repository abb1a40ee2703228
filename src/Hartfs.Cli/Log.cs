using Microsoft.Extensions.Logging;

namespace Hartfs.Cli;

/// <summary>Everything the command line logs. Ids 6000 to 6999.</summary>
internal static partial class Log
{
    [LoggerMessage(6000, LogLevel.Information, "Mounted {Volume} on {MountPoint}, process {ProcessId}")]
    public static partial void Mounted(ILogger logger, string volume, string mountPoint, int processId);

    [LoggerMessage(6001, LogLevel.Information, "{Volume} is closed")]
    public static partial void Closed(ILogger logger, string volume);

    [LoggerMessage(6002, LogLevel.Warning, "Recovery after a crash: {Report}")]
    public static partial void Recovered(ILogger logger, string report);

    [LoggerMessage(6003, LogLevel.Information, "{Signal}: unmounting {MountPoint}")]
    public static partial void SignalUnmounts(ILogger logger, string signal, string mountPoint);

    [LoggerMessage(6004, LogLevel.Warning, "{Signal}: still in use: {Reason}. A second detaches at once")]
    public static partial void SignalRefused(ILogger logger, string signal, string reason);

    [LoggerMessage(6005, LogLevel.Warning,
        "No control socket in {Volume}: {Reason}. stats and unmount work without it")]
    public static partial void NoControlSocket(ILogger logger, string volume, string reason);

    [LoggerMessage(6006, LogLevel.Debug, "Control connection ended: {Reason}")]
    public static partial void ControlConnectionEnded(ILogger logger, string reason);

    [LoggerMessage(6007, LogLevel.Error, "Control request {Verb} failed")]
    public static partial void ControlRequestFailed(ILogger logger, string verb, Exception exception);

    [LoggerMessage(6009, LogLevel.Critical, "The command failed unexpectedly")]
    public static partial void Unexpected(ILogger logger, Exception exception);

    [LoggerMessage(6010, LogLevel.Error, "The command failed: {Reason}")]
    public static partial void Failed(ILogger logger, string reason);

    [LoggerMessage(6011, LogLevel.Error, "Control socket stopped accepting")]
    public static partial void ControlStopped(ILogger logger, Exception exception);

    [LoggerMessage(6030, LogLevel.Information, "Snapshot {Id} is mounted on {MountPoint}")]
    public static partial void SnapshotMounted(ILogger logger, long id, string mountPoint);

    [LoggerMessage(6033, LogLevel.Information, "Unmounted {MountPoint}")]
    public static partial void MountEnded(ILogger logger, string mountPoint);

    [LoggerMessage(6031, LogLevel.Warning, "The snapshot policy could not be kept; it is tried again: {Reason}")]
    public static partial void PolicyFailed(ILogger logger, string reason, Exception? failure);

    [LoggerMessage(6032, LogLevel.Information, "The snapshot policy deleted {Count} snapshots")]
    public static partial void PolicyDeleted(ILogger logger, int count);
}
