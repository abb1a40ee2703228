using Hartfs.Core.Collection;

namespace Hartfs.Core;

/// <summary>What a volume is made with; fixed for its life, kept in the superblock.</summary>
public sealed record VolumeParameters
{
    /// <summary>Average bytes of a chunk of compressible data: a power of two from 1 KiB to 32 KiB.</summary>
    public int ChunkBytesAverage { get; init; } = 8 << 10;

    /// <summary>Plain bytes of a block: a power of two from 64 KiB to 1 MiB.</summary>
    public int BlockBytes { get; init; } = 256 << 10;

    /// <summary>zstd level of new blocks, 1 to 19.</summary>
    public int CompressionLevel { get; init; } = 3;

    /// <summary>Parity beside every sealed pack, in percent of it, 0 to 25; 0: none.</summary>
    public int ParityPercent { get; init; }

    /// <summary>Who owns the root directory; by default the caller's numbers are put in by the command line.</summary>
    public Credentials RootOwner { get; init; }
}

/// <summary>Limits and habits of an open volume. Every limit holds at any volume size (I7).</summary>
public sealed record VolumeSettings
{
    public bool ReadOnly { get; init; }

    /// <summary>Bytes written but not yet in packs; above it writers wait.</summary>
    public long DirtyBytesMax { get; init; } = 256 << 20;

    /// <summary>Plain bytes of decoded blocks kept for reading.</summary>
    public long BlockCacheBytesMax { get; init; } = 256 << 20;

    /// <summary>Memory of the fingerprint index.</summary>
    public long IndexBytesMax { get; init; } = 128 << 20;

    /// <summary>Memory of the metadata's page cache.</summary>
    public long MetadataCacheBytesMax { get; init; } = 128 << 20;

    /// <summary>Age at which dirty data is committed.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Threads that encode and decode blocks. 0: one per processor, at least two.</summary>
    public int WorkerCount { get; init; }

    /// <summary>Bytes of a pack at which the next one is begun.</summary>
    public long PackBytesTarget { get; init; } = 64 << 20;

    /// <summary>Bytes of the backing disk never used, so that deleting and unmounting always work (I8).</summary>
    public long ReservedBytes { get; init; } = 64 << 20;

    /// <summary>
    /// Bytes that packs, parity, metadata, their copies and index may have together, without the metadata's log; 0: as
    /// much as the disk has.
    /// </summary>
    public long StoredBytesMax { get; init; }

    /// <summary>When the volume collects what nothing refers to any more.</summary>
    public CollectionSettings Collection { get; init; } = new();

    /// <summary>
    /// Age of the last copy of the metadata at which a changed volume makes another one; also when it is closed. Null:
    /// none are made.
    /// </summary>
    public TimeSpan? MetadataCopyInterval { get; init; }

    /// <summary>Bytes of changes to the metadata at which a copy is made early.</summary>
    public long MetadataCopyBytes { get; init; } = 256 << 20;

    /// <summary>Time from one scrub to the next while the volume is open. Null: only when asked.</summary>
    public TimeSpan? ScrubInterval { get; init; }

    /// <summary>Bytes a second that such a scrub reads at most; 0: no limit.</summary>
    public long ScrubBytesPerSecondMax { get; init; } = 20 << 20;

    /// <summary>Who opens the volume, told to whoever is refused: a mount point or a command.</summary>
    public string Holder { get; init; } = "";

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What the commands use: copies of the metadata, a monthly scrub while mounted.</summary>
    public static VolumeSettings Ordinary { get; } = new()
    {
        MetadataCopyInterval = TimeSpan.FromHours(6),
        ScrubInterval = TimeSpan.FromDays(30),
    };

    internal VolumeThresholds Thresholds { get; init; } = new();
}

/// <summary>Where work becomes due that goes on by itself; settings so that tests come past it often.</summary>
internal sealed record VolumeThresholds
{
    /// <summary>Inline bytes above which they go into packs.</summary>
    public long InlineRecallBytes { get; init; } = 8 << 20;

    /// <summary>New fingerprints above which an index run is written.</summary>
    public int IndexPendingMax { get; init; } = 256 << 10;

    /// <summary>
    /// Changed rows above which a commit comes early, to keep the transaction in memory small.
    /// </summary>
    public long PendingChangesMax { get; init; } = 200_000;

    /// <summary>Bytes of the metadata's log above which it is moved into the database.</summary>
    public long LogBytesMax { get; init; } = 32 << 20;
}
