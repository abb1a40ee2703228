using Hartfs.Format;

namespace Hartfs.Metadata;

/// <summary>How a metadata store is opened. Every limit holds at any size.</summary>
public sealed record MetadataSettings
{
    /// <summary>Nothing is written, not even recovery.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>
    /// The volume whose checksums every page must have; null: whatever the file says of itself, as of volumes from
    /// before there were checksums.
    /// </summary>
    public VolumeId? Sealed { get; init; }

    /// <summary>Bytes of memory for database pages.</summary>
    public long CacheBytesMax { get; init; } = 64 << 20;

    /// <summary>
    /// Bytes of write-ahead log above which <see cref="MetadataStore.CheckpointIfNeeded"/> acts; 0: no room is kept
    /// in it.
    /// </summary>
    public long LogBytesMax { get; init; } = 32 << 20;
}
