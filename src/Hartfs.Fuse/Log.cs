using Hartfs.Fuse.Protocol;
using Microsoft.Extensions.Logging;

namespace Hartfs.Fuse;

/// <summary>Messages 4000 to 4999.</summary>
internal static partial class Log
{
    [LoggerMessage(4000, LogLevel.Information, "Mounted on {MountPoint}: protocol 7.{Minor}, {Flags}")]
    public static partial void Mounted(ILogger logger, string mountPoint, uint minor, FuseInitFlags flags);

    [LoggerMessage(4001, LogLevel.Information, "{MountPoint} is unmounted")]
    public static partial void Unmounted(ILogger logger, string mountPoint);

    [LoggerMessage(4002, LogLevel.Critical, "Request failed, answered EIO: {Request}")]
    public static partial void RequestFailed(ILogger logger, string request, Exception exception);

    [LoggerMessage(4003, LogLevel.Warning, "A malformed request of {Length} bytes was dropped")]
    public static partial void MalformedMessage(ILogger logger, int length);

    [LoggerMessage(4004, LogLevel.Warning, "Unanswered for {Seconds} s: {Opcode} of inode {NodeId}")]
    public static partial void SlowRequest(ILogger logger, long seconds, FuseOpcode opcode, ulong nodeId);

    [LoggerMessage(4005, LogLevel.Error, "The kernel refused the reply to request {Unique}, errno {Errno}")]
    public static partial void ReplyRefused(ILogger logger, ulong unique, int errno);

    [LoggerMessage(4006, LogLevel.Error, "Reading from /dev/fuse failed, errno {Errno}: the mount ends")]
    public static partial void DeviceFailed(ILogger logger, int errno);

    [LoggerMessage(4007, LogLevel.Warning, "No further request thread could be started")]
    public static partial void ReaderNotStarted(ILogger logger, Exception exception);

    [LoggerMessage(4008, LogLevel.Debug, "{Setting} of the mount not set: {Reason}")]
    public static partial void NotTuned(ILogger logger, string setting, string reason);

    [LoggerMessage(4009, LogLevel.Warning, "{MountPoint} was left behind by a daemon that died; it is unmounted now")]
    public static partial void StaleMountCleared(ILogger logger, string mountPoint);

    [LoggerMessage(4010, LogLevel.Error, "INIT is refused with {Errno}: the kernel speaks no protocol 7.31 or newer")]
    public static partial void ProtocolRefused(ILogger logger, Errno errno);

    [LoggerMessage(4011, LogLevel.Warning, "auto_unmount is off: {Reason}")]
    public static partial void NoUnmountGuard(ILogger logger, string reason);

    [LoggerMessage(4012, LogLevel.Trace, "{Text}")]
    public static partial void Trace(ILogger logger, string text);
}
