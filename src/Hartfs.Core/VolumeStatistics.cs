using Hartfs.Core.Integrity;
using Hartfs.Format;

namespace Hartfs.Core;

/// <summary>The savings waterfall and counters of a volume. All figures are bytes or counts.</summary>
public sealed record VolumeStatistics
{
    public required long FileCount { get; init; }
    public required long DirectoryCount { get; init; }
    public required long OtherInodeCount { get; init; }

    /// <summary>Sum of the sizes of regular files.</summary>
    public required long LogicalBytes { get; init; }

    /// <summary>Of them, bytes that are not holes or fills.</summary>
    public required long DataBytes { get; init; }

    /// <summary>Plain bytes of the chunks stored: after dedup.</summary>
    public required long UniqueBytes { get; init; }

    /// <summary>Stored bytes of their blocks, headers and directories included: after compression.</summary>
    public required long CompressedBytes { get; init; }

    /// <summary>Bytes of all packs, headers and directories included.</summary>
    public required long PackBytes { get; init; }

    /// <summary>Bytes of metadata.sqlite.</summary>
    public required long MetadataBytes { get; init; }

    /// <summary>Bytes of its write-ahead log: up to some 32 MiB while mounted, 0 afterwards.</summary>
    public long MetadataLogBytes { get; init; }

    /// <summary>Bytes of the fingerprint index on disk.</summary>
    public required long IndexBytes { get; init; }

    /// <summary>Bytes of the parity beside sealed packs.</summary>
    public long ParityBytes { get; init; }

    /// <summary>Bytes of the copies of the metadata.</summary>
    public long CopyBytes { get; init; }

    public required long PackCount { get; init; }
    public required long ChunkCount { get; init; }
    public required IReadOnlyList<ContentClassStatistics> Classes { get; init; }

    public required long DirtyBytes { get; init; }
    public required long BlockCacheHits { get; init; }
    public required long BlockCacheMisses { get; init; }

    /// <summary>Chunks written that were known already.</summary>
    public required long DuplicateChunks { get; init; }

    /// <summary>Reads that failed their checksum since the volume was opened.</summary>
    public required long CorruptReads { get; init; }

    /// <summary>Blocks known to be damaged and not healed yet, whenever they were found.</summary>
    public long DamagedBlocks { get; init; }

    /// <summary>Damaged chunks put back since the volume was opened.</summary>
    public long HealedChunks { get; init; }

    /// <summary>When the metadata was copied last, nanoseconds since 1970-01-01 UTC; 0: never.</summary>
    public long CopyTime { get; init; }

    /// <summary>When the volume was scrubbed; null where that is not known.</summary>
    public ScrubStatus? Scrub { get; init; }

    /// <summary>
    /// Bytes on disk that nothing refers to, as far as they are known; null until a collection has looked.
    /// </summary>
    public long? DeadBytes { get; init; }

    /// <summary>Everything the volume keeps on disk.</summary>
    public long StoredBytes =>
        PackBytes + ParityBytes + MetadataBytes + MetadataLogBytes + CopyBytes + IndexBytes;
}

/// <summary>What one content class holds.</summary>
public sealed record ContentClassStatistics(
    ContentClass Class, long ChunkCount, long UniqueBytes, long CompressedBytes);
