using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Chunking;
using Hartfs.Storage.Index;
using Hartfs.Storage.Packs;

namespace Hartfs.Core;

/// <summary>What an opened volume is put together from.</summary>
internal sealed record VolumeParts
{
    public required string Directory { get; init; }

    public required VolumeSettings Settings { get; init; }

    public required Superblock Superblock { get; init; }

    public required MetadataStore Metadata { get; init; }

    public required IBlockStore Store { get; init; }

    public required PackStore Packs { get; init; }

    public required FingerprintIndex Index { get; init; }

    public required ChunkerParameters Chunking { get; init; }

    public string? RecoveryReport { get; init; }

    /// <summary>Null when opened for reading.</summary>
    public VolumeLock? Lock { get; init; }
}
