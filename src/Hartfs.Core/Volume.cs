using System.Collections.Concurrent;
using Hartfs.Core.Collection;
using Hartfs.Core.Commit;
using Hartfs.Core.Files;
using Hartfs.Core.Ingest;
using Hartfs.Core.Integrity;
using Hartfs.Core.Reading;
using Hartfs.Core.Snapshots;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Chunking;
using Hartfs.Storage.Index;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core;

/// <summary>A volume: one directory with superblock, metadata and packs. Owns both stores and the commit.</summary>
public sealed partial class Volume : IDisposable
{
    /// <summary>Writers kept for the next copy or seek; each has a buffer of some MiB.</summary>
    private const int IdleWritersMax = 4;

    private const long BallastBytesMax = 32 << 20;

    private readonly VolumeLock? _lock;
    private readonly IBlockStore _store;
    private readonly PackStore _packs;
    private readonly FingerprintIndex _index;
    private readonly BlockCache _cache;
    private readonly Codex _codex;
    private readonly BlockPipeline _pipeline;
    private readonly BlockReader _blocks;
    private readonly ChunkIngest _ingest;
    private readonly Healer _healer;
    private readonly ChunkerParameters _chunking;
    private readonly ConcurrentBag<FileWriter> _idleWriters = [];
    private readonly Committer _committer;
    private readonly BackgroundWork? _background;
    private readonly Ballast _ballast;
    private readonly Upkeep? _upkeep;
    private readonly FreeSpace _freeSpace;
    private readonly PackLedger _ledger;
    private readonly ILogger _logger;
    private bool _isClosed;

    private Volume(VolumeParts parts, ILoggerFactory loggers)
    {
        Directory = parts.Directory;
        Settings = parts.Settings;
        Metadata = parts.Metadata;
        RecoveryReport = parts.RecoveryReport;
        _lock = parts.Lock;
        _store = parts.Store;
        _packs = parts.Packs;
        _index = parts.Index;
        _chunking = parts.Chunking;
        _logger = loggers.CreateLogger<Volume>();
        int workerCount = Settings.WorkerCount > 0 ? Settings.WorkerCount : Math.Max(2, Environment.ProcessorCount);

        Nodes = new NodeTable(Metadata, Settings.ReadOnly);
        Budget = new WriteBudget(Settings.DirtyBytesMax);
        _ballast = new Ballast(_store, Settings.ReadOnly ? 0 : Math.Min(BallastBytesMax, Settings.ReservedBytes / 2),
            loggers.CreateLogger<Ballast>());
        _ballast.Take();
        _freeSpace = new FreeSpace(_store, Settings.ReservedBytes, _ballast, GetRoomBelowLimit, Settings.Time);
        _ledger = new PackLedger(Metadata, _packs, parts.Superblock.ParityPercent);
        _codex = new Codex(Metadata, TreeLock, Settings.Time, Settings.ReadOnly);
        _cache = new BlockCache(Settings.BlockCacheBytesMax);
        _pipeline = new BlockPipeline(_packs, _codex, Metadata.State.NextGlyph, parts.Superblock.BlockBytes,
            parts.Superblock.CodecLevel, workerCount, loggers.CreateLogger<BlockPipeline>());
        _blocks = new BlockReader(_cache, _pipeline, _codex, _packs, loggers.CreateLogger<BlockReader>());
        _healer = new Healer(_codex, _packs, parts.Superblock.CodecLevel, loggers.CreateLogger<Healer>());
        _ingest = new ChunkIngest(_pipeline, _index, _packs, _codex, _healer, loggers.CreateLogger<ChunkIngest>());
        Reader = new FileReader(Metadata, TreeLock, _blocks, _pipeline, new ReadFailures(
            _codex, new PathSearch(Metadata, TreeLock, Nodes), loggers.CreateLogger<FileReader>()));
        _committer = new Committer(Metadata, TreeLock, Nodes, Gate, Queue, Budget, _pipeline, _packs, _ledger,
            NewWriter(), _ballast, loggers.CreateLogger<Committer>());
        Refusal = () => Fatal != FsError.None ? Fatal : _pipeline.Failure;
        FileSystem = new FileSystem(this);
        Integrity = new VolumeIntegrity(this, parts, _committer, _codex, _healer, loggers);
        Snapshots = new SnapshotSet(this, _committer, new InlineRecall(Metadata, TreeLock, Nodes, Gate, Budget),
            loggers.CreateLogger<SnapshotSet>());
        Tree = new VolumeTree(this);
        if (!Settings.ReadOnly)
            _background = new BackgroundWork(Metadata, TreeLock, _committer, Gate, Queue, Budget, NewWriter(),
                new InlineRecall(Metadata, TreeLock, Nodes, Gate, Budget), _packs, _pipeline, _index, Settings,
                loggers.CreateLogger<BackgroundWork>());
        Collection = new GarbageCollector(new CollectionContext
        {
            Settings = Settings,
            Metadata = Metadata,
            TreeLock = TreeLock,
            Gate = Gate,
            Committer = _committer,
            Budget = Budget,
            Ledger = _ledger,
            Store = _store,
            Packs = _packs,
            Codex = _codex,
            Ingest = _ingest,
            Pipeline = _pipeline,
            Index = _index,
            BlockBytes = parts.Superblock.BlockBytes,
            Level = parts.Superblock.CodecLevel,
            Logger = loggers.CreateLogger<GarbageCollector>(),
        });
        if (!Settings.ReadOnly)
            _upkeep = new Upkeep(this, loggers.CreateLogger<Upkeep>());
    }

    /// <summary>The directory, as a full path.</summary>
    public string Directory { get; }

    /// <summary>The live tree.</summary>
    public FileSystem FileSystem { get; }

    /// <summary>Scrub, check, repair.</summary>
    public VolumeIntegrity Integrity { get; }

    /// <summary>The snapshots.</summary>
    public SnapshotSet Snapshots { get; }

    /// <summary>The live tree with the snapshots below it: what a mount shows.</summary>
    public VolumeTree Tree { get; }

    /// <summary>What recovery did when the volume was opened after a crash; null after a clean unmount.</summary>
    public string? RecoveryReport { get; }

    /// <summary>Whether closing has begun.</summary>
    internal bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>Whether the volume is open for reading only.</summary>
    public bool IsReadOnly => Settings.ReadOnly;

    internal VolumeSettings Settings { get; }

    internal MetadataStore Metadata { get; }

    /// <summary>Collects what nothing refers to any more, and knows what snapshots cost.</summary>
    public GarbageCollector Collection { get; }

    /// <summary>Guards the metadata, the node table and every inode's attributes. The innermost lock.</summary>
    internal Lock TreeLock { get; } = new();

    internal CommitGate Gate { get; } = new();

    internal NodeTable Nodes { get; }

    internal DrainQueue Queue { get; } = new();

    internal WriteBudget Budget { get; }

    internal FileReader Reader { get; }

    /// <summary>
    /// Why no change is taken any more; None while changes are. What failed metadata takes could not be kept.
    /// </summary>
    internal FsError Fatal => _committer.Fatal is not FsError.None and var fatal
        ? fatal
        : Metadata.IsFailed ? FsError.IoFailure : FsError.None;

    /// <summary>Why a writer must not go on waiting; made once, because writers ask on every write.</summary>
    internal Func<FsError> Refusal { get; }

    internal long FreeBytes => _freeSpace.Bytes;

    /// <summary>Makes everything acknowledged so far durable.</summary>
    public FsError Commit() => Settings.ReadOnly ? FsError.None : _committer.Commit();

    /// <summary>Whether this many more bytes can be taken in without touching the reserve.</summary>
    internal bool HasRoom(long bytes) =>
        _pipeline.Failure != FsError.OutOfSpace && _freeSpace.Bytes >= bytes + Budget.UsedBytes;

    internal void NoteDirty() => _background?.NoteDirty();

    /// <summary>Drains a file completely. Inside the gate.</summary>
    internal void DrainAll(Node node, FileData data)
    {
        lock (data.DrainLock)
            DrainAllLocked(node, data);
    }

    /// <summary>As <see cref="DrainAll"/>; the caller holds the file's drain lock.</summary>
    internal void DrainAllLocked(Node node, FileData data)
    {
        FileWriter writer = _idleWriters.TryTake(out FileWriter? idle) ? idle : NewWriter();
        writer.DrainAllLocked(node, data);
        if (_idleWriters.Count < IdleWritersMax)
            _idleWriters.Add(writer);
    }

    /// <summary>Figures for <c>hartfs stats</c>; cheap, any thread.</summary>
    public VolumeStatistics GetStatistics()
    {
        List<ContentClassStatistics> classes = [];
        lock (TreeLock)
        {
            foreach (ContentClass contentClass in Enum.GetValues<ContentClass>())
            {
                ClassTotals totals = Metadata.State.GetClass(contentClass);
                if (totals.Chunks > 0)
                    classes.Add(new ContentClassStatistics(contentClass, totals.Chunks, totals.UniqueBytes,
                        totals.CompressedBytes));
            }

            NodeTable.NewInodes unstored = Nodes.CountNew();
            return new VolumeStatistics
            {
                FileCount = Metadata.State.FileCount + unstored.Files,
                DirectoryCount = Metadata.State.DirectoryCount + unstored.Directories,
                OtherInodeCount = Metadata.State.OtherCount + unstored.Others,
                LogicalBytes = Metadata.State.LogicalBytes + unstored.LogicalBytes,
                DataBytes = Metadata.State.DataBytes,
                UniqueBytes = classes.Sum(totals => totals.UniqueBytes),
                CompressedBytes = classes.Sum(totals => totals.CompressedBytes),
                ChunkCount = classes.Sum(totals => totals.ChunkCount),
                Classes = classes,
                PackBytes = Math.Max(_ledger.Bytes, classes.Sum(totals => totals.CompressedBytes)),
                PackCount = _ledger.PackCount,
                MetadataBytes = Metadata.DatabaseBytes,
                MetadataLogBytes = Metadata.LogFileBytes,
                IndexBytes = _index.DiskBytes,
                ParityBytes = _ledger.ParityBytes,
                CopyBytes = Integrity.CopyBytes,
                DirtyBytes = Budget.UsedBytes,
                BlockCacheHits = _cache.HitCount,
                BlockCacheMisses = _cache.MissCount,
                DuplicateChunks = _ingest.DuplicateCount,
                CorruptReads = _codex.CorruptReadCount,
                DeadBytes = Collection.DeadBytes,
                DamagedBlocks = _codex.DamagedCount,
                HealedChunks = _healer.HealedCount,
                CopyTime = Metadata.State.CopyTime,
                Scrub = Integrity.GetScrubStatus(),
            };
        }
    }

    /// <summary>Commits, seals, checkpoints, unlocks.</summary>
    public void Dispose()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        _upkeep?.Dispose();
        Integrity.Dispose();
        Snapshots.Stop();
        Collection.Dispose();
        _background?.Dispose();
        if (!Settings.ReadOnly)
            CloseInOrder();
        _pipeline.Dispose();
        _blocks.Dispose();
        _healer.Dispose();
        _packs.Dispose();
        _index.Dispose();
        lock (TreeLock)
            Metadata.Dispose();
        _store.Dispose();
        Gate.Dispose();
        _lock?.Dispose();
    }

    private long GetRoomBelowLimit()
    {
        if (Settings.StoredBytesMax == 0)
            return long.MaxValue;
        lock (TreeLock)
            return Settings.StoredBytesMax - _ledger.Bytes - _ledger.ParityBytes - Integrity.CopyBytes
                - Metadata.DatabaseBytes - _index.DiskBytes;
    }

    private FileWriter NewWriter() => new(Metadata, TreeLock, Nodes, _ingest, Budget, _chunking);
}
