using Hartfs.Core.Commit;
using Hartfs.Core.Ingest;
using Hartfs.Core.Files;
using Hartfs.Core.Reading;
using Hartfs.Metadata;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Index;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Collection;

/// <summary>The parts of a volume that a collection works with.</summary>
internal sealed record CollectionContext
{
    public required VolumeSettings Settings { get; init; }

    public required MetadataStore Metadata { get; init; }

    public required Lock TreeLock { get; init; }

    public required CommitGate Gate { get; init; }

    public required Committer Committer { get; init; }

    public required WriteBudget Budget { get; init; }

    public required PackLedger Ledger { get; init; }

    public required IBlockStore Store { get; init; }

    /// <summary>Where sorting may spill to; null: not into the volume, which is opened for reading.</summary>
    public IBlockStore? ScratchStore => Settings.ReadOnly ? null : Store;

    public required PackStore Packs { get; init; }

    public required Codex Codex { get; init; }

    public required ChunkIngest Ingest { get; init; }

    public required BlockPipeline Pipeline { get; init; }

    public required FingerprintIndex Index { get; init; }

    /// <summary>Plain bytes of a new block.</summary>
    public required int BlockBytes { get; init; }

    /// <summary>zstd level of new blocks.</summary>
    public required int Level { get; init; }

    public required ILogger Logger { get; init; }
}
