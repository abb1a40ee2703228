using Microsoft.Extensions.Logging;

namespace Hartfs.Core;

/// <summary>A volume: one directory with superblock, metadata and packs. Owns both stores and the commit.</summary>
public sealed class Volume : IDisposable
{
    /// <summary>The directory, as a full path.</summary>
    public string Directory => throw new NotImplementedException();

    /// <summary>The live tree.</summary>
    public FileSystem FileSystem => throw new NotImplementedException();

    /// <summary>What recovery did when the volume was opened after a crash; null after a clean unmount.</summary>
    public string? RecoveryReport => throw new NotImplementedException();

    /// <summary>Makes a volume in a directory that is empty or missing. Throws <see cref="VolumeException"/>.</summary>
    public static void Create(string directory, VolumeParameters parameters) => throw new NotImplementedException();

    /// <summary>Opens a volume, recovers it where needed, and locks it. Throws <see cref="VolumeException"/>.</summary>
    public static Volume Open(string directory, VolumeSettings settings, ILoggerFactory loggers) =>
        throw new NotImplementedException();

    /// <summary>Makes everything acknowledged so far durable.</summary>
    public FsError Commit() => throw new NotImplementedException();

    /// <summary>Figures for <c>hartfs stats</c>; cheap, any thread.</summary>
    public VolumeStatistics GetStatistics() => throw new NotImplementedException();

    /// <summary>Commits, seals, checkpoints, unlocks.</summary>
    public void Dispose() => throw new NotImplementedException();
}

/// <summary>What a volume is made with; fixed for its life, kept in the superblock.</summary>
public sealed record VolumeParameters
{
    /// <summary>Average bytes of a chunk of compressible data: a power of two from 1 KiB to 64 KiB.</summary>
    public int ChunkBytesAverage { get; init; } = 8 << 10;

    /// <summary>Plain bytes of a block: a power of two from 64 KiB to 1 MiB.</summary>
    public int BlockBytes { get; init; } = 256 << 10;

    /// <summary>zstd level of new blocks, 1 to 19.</summary>
    public int CompressionLevel { get; init; } = 3;
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

    /// <summary>Age at which dirty data is committed.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Threads that encode and decode blocks. 0: one per processor.</summary>
    public int WorkerCount { get; init; }

    /// <summary>Bytes of the backing disk never used, so that deleting and unmounting always work (I8).</summary>
    public long ReservedBytes { get; init; } = 64 << 20;

    /// <summary>Who opens the volume, told to whoever is refused: a mount point or a command.</summary>
    public string Holder { get; init; } = "";

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
