using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Cli.Output;

/// <summary>
/// What <c>hartfs stats --json</c> prints and the control socket answers. Names and meanings stay; fields may be
/// added. All figures are bytes or counts.
/// </summary>
internal sealed record StatsReport
{
    public required string Volume { get; init; }

    /// <summary>Where the volume is mounted; absent when it is not.</summary>
    public string? MountPoint { get; init; }

    /// <summary>Sum of the sizes of all files.</summary>
    public required long LogicalBytes { get; init; }

    public required long AfterHolesBytes { get; init; }

    public required long AfterDedupBytes { get; init; }

    public required long AfterCompressionBytes { get; init; }

    /// <summary>Everything on disk: packs, parity, metadata, their copies, index.</summary>
    public required long StoredBytes { get; init; }

    /// <summary>Of the packs, what is not payload.</summary>
    public required long PackOverheadBytes { get; init; }

    /// <summary>Of the packs, what nothing refers to; absent before a collection has looked.</summary>
    public long? DeadBytes { get; init; }

    public required long MetadataBytes { get; init; }

    /// <summary>The log of the metadata: room in use while mounted, given back by unmounting.</summary>
    public long MetadataLogBytes { get; init; }

    public required long IndexBytes { get; init; }

    /// <summary>Parity beside the packs.</summary>
    public long ParityBytes { get; init; }

    /// <summary>Copies of the metadata.</summary>
    public long MetadataCopyBytes { get; init; }

    /// <summary>Written but not stored yet.</summary>
    public required long DirtyBytes { get; init; }

    public required CountsReport Counts { get; init; }

    public required IReadOnlyList<ClassReport> Classes { get; init; }

    public required CacheReport Cache { get; init; }

    /// <summary>Chunks written that were there already, since the volume was opened.</summary>
    public required long DuplicateChunks { get; init; }

    /// <summary>Reads that failed their checksum since the volume was opened.</summary>
    public required long CorruptReads { get; init; }

    /// <summary>Blocks known to be damaged and not healed yet, whenever they were found.</summary>
    public long DamagedBlocks { get; init; }

    /// <summary>The end of the last whole scrub, ISO 8601, UTC; absent when there was none.</summary>
    public string? ScrubFinished { get; init; }

    /// <summary>Damaged blocks that it came by.</summary>
    public long ScrubDamaged { get; init; }

    /// <summary>When the metadata was copied last, ISO 8601, UTC; absent when it never was.</summary>
    public string? MetadataCopied { get; init; }

    /// <summary>Stored bytes verified by a scrub that is under way or was stopped.</summary>
    public long? ScrubDoneBytes { get; init; }

    /// <summary>Requests answered by the mount, by name.</summary>
    public IReadOnlyDictionary<string, long>? Requests { get; init; }

    public static StatsReport From(string volume, VolumeStatistics figures) => new()
    {
        Volume = volume,
        LogicalBytes = figures.LogicalBytes,
        AfterHolesBytes = figures.DataBytes,
        AfterDedupBytes = figures.UniqueBytes,
        AfterCompressionBytes = figures.CompressedBytes,
        StoredBytes = figures.StoredBytes,
        PackOverheadBytes = figures.PackBytes - figures.CompressedBytes,
        MetadataBytes = figures.MetadataBytes,
        MetadataLogBytes = figures.MetadataLogBytes,
        IndexBytes = figures.IndexBytes,
        ParityBytes = figures.ParityBytes,
        MetadataCopyBytes = figures.CopyBytes,
        DirtyBytes = figures.DirtyBytes,
        Counts = new CountsReport(figures.FileCount, figures.DirectoryCount, figures.OtherInodeCount,
            figures.ChunkCount, figures.PackCount),
        Classes =
        [
            .. figures.Classes.Select(row =>
                new ClassReport(row.Class, row.ChunkCount, row.UniqueBytes, row.CompressedBytes)),
        ],
        Cache = new CacheReport(figures.BlockCacheHits, figures.BlockCacheMisses),
        DuplicateChunks = figures.DuplicateChunks,
        CorruptReads = figures.CorruptReads,
        DeadBytes = figures.DeadBytes,
        DamagedBlocks = figures.DamagedBlocks,
        MetadataCopied = TimeText(figures.CopyTime),
        ScrubFinished = TimeText(figures.Scrub?.FinishedTime ?? 0),
        ScrubDamaged = figures.Scrub?.DamagedCount ?? 0,
        ScrubDoneBytes = figures.Scrub is { BegunTime: not 0 } scrub ? scrub.DoneBytes : null,
    };

    /// <summary>Nanoseconds since 1970-01-01 UTC as text, to the second; null for 0.</summary>
    public static string? TimeText(long nanoseconds) => nanoseconds == 0
        ? null
        : DateTime.UnixEpoch.AddTicks(nanoseconds / 100)
            .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>How many of what.</summary>
internal sealed record CountsReport(
    long Files, long Directories, long Others, long Chunks, long Packs);

/// <summary>What one content class holds.</summary>
internal sealed record ClassReport(ContentClass Class, long Chunks, long UniqueBytes, long CompressedBytes);

/// <summary>Decoded blocks asked for since the volume was opened.</summary>
internal sealed record CacheReport(long Hits, long Misses);
