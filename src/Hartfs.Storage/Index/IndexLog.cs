using Microsoft.Extensions.Logging;

namespace Hartfs.Storage.Index;

/// <summary>What the fingerprint index reports.</summary>
internal static partial class IndexLog
{
    [LoggerMessage(1100, LogLevel.Information,
        "Index run {Segment} was not finished; the chunks it was to list are read from the packs again.")]
    public static partial void RunUnfinished(ILogger logger, string segment);

    [LoggerMessage(1101, LogLevel.Warning,
        "Index run {Segment} is damaged and is not used; the chunks it listed are read from the packs again.")]
    public static partial void RunDamaged(ILogger logger, string segment);

    [LoggerMessage(1102, LogLevel.Warning,
        "A {Section} page of index run {Segment} is damaged; chunks it lists are not recognised as duplicates.")]
    public static partial void PageDamaged(ILogger logger, string segment, string section);

    [LoggerMessage(1103, LogLevel.Warning,
        "Index run {Segment} cannot be read; chunks it lists are not recognised as duplicates.")]
    public static partial void RunUnreadable(ILogger logger, Exception failure, string segment);

    [LoggerMessage(1104, LogLevel.Warning, "Index run {Segment} cannot be deleted yet.")]
    public static partial void RunNotDeleted(ILogger logger, Exception failure, string segment);

    [LoggerMessage(1105, LogLevel.Debug, "Index run {Segment}: {EntryCount} entries from {RunCount} runs.")]
    public static partial void RunsMerged(ILogger logger, string segment, long entryCount, int runCount);

    [LoggerMessage(1106, LogLevel.Debug, "Index run {Segment}: {EntryCount} new entries.")]
    public static partial void RunWritten(ILogger logger, string segment, long entryCount);
}
