using Microsoft.Extensions.Logging;

namespace Hartfs.Metadata;

/// <summary>What this plane logs: ids 2000 to 2999.</summary>
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Debug, "Metadata opened: {Path}, {Pages} pages, SQLite {Version}")]
    public static partial void Opened(ILogger logger, string path, long pages, string version);

    [LoggerMessage(2001, LogLevel.Information, "Metadata log of {Bytes} bytes left by a crash was taken in: {Path}")]
    public static partial void Recovered(ILogger logger, string path, long bytes);

    [LoggerMessage(2002, LogLevel.Error, "Metadata commit failed: {Reason}")]
    public static partial void CommitFailed(ILogger logger, string reason);

    [LoggerMessage(2003, LogLevel.Warning, "Metadata could not be checkpointed: {Reason}")]
    public static partial void CheckpointFailed(ILogger logger, string reason);

    [LoggerMessage(2004, LogLevel.Error, "Metadata damaged: {Reason}. hartfs check lists what is, hartfs recover " +
        "rebuilds the metadata")]
    public static partial void Damaged(ILogger logger, string reason);

    [LoggerMessage(2005, LogLevel.Information, "Metadata have no checksums, an earlier version made them: {Path}. " +
        "hartfs recover --force makes metadata that have")]
    public static partial void NotSealed(ILogger logger, string path);
}
