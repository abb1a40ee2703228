using Hartfs.Core.Collection;
using Hartfs.Core.Ingest;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Tables;
using Hartfs.Storage;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Chunking;
using Hartfs.Storage.Index;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core;

/// <summary>Making, opening, recovering and closing.</summary>
public sealed partial class Volume
{
    /// <summary>
    /// Glyph space skipped after a crash: more than could have been handed out since the last commit, so that blocks
    /// in a pack's unreferenced tail never share a glyph with a later one.
    /// </summary>
    private const long GlyphsSkippedAfterCrash = 1L << 36;

    private const int OrphansPerStep = 4096;

    /// <summary>Changed rows at which recovery commits.</summary>
    private const long RecoveryChangesMax = 16 << 10;

    private const int RootMode = InodeMode.Directory | 0x1ED;

    /// <summary>Makes a volume in a directory that is empty or missing. Throws <see cref="VolumeException"/>.</summary>
    public static void Create(string directory, VolumeParameters parameters, TimeProvider? time = null)
    {
        directory = Path.GetFullPath(directory);
        try
        {
            CreateIn(directory, parameters, time ?? TimeProvider.System);
        }
        catch (MetadataException failure)
        {
            throw new VolumeException(OfCreation(failure.Kind),
                $"{directory} could not be made into a volume: {failure.Message}", failure);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new VolumeException(VolumeFailure.NotPermitted,
                $"{directory} cannot be written to: check its owner and permissions", failure);
        }
        catch (IOException failure)
        {
            throw new VolumeException(DiskFull.Is(failure) ? VolumeFailure.OutOfSpace : VolumeFailure.IoFailure,
                $"{directory} could not be made into a volume: {failure.Message}", failure);
        }
    }

    private static void CreateIn(string directory, VolumeParameters parameters, TimeProvider time)
    {
        if (System.IO.Directory.Exists(directory) && System.IO.Directory.EnumerateFileSystemEntries(directory).Any())
            throw new VolumeException(VolumeFailure.DirectoryNotEmpty,
                $"{directory} is not empty: choose a new directory, or mount it if it is a volume already");
        bool isNew = !System.IO.Directory.Exists(directory);
        List<string> newFolders = [];
        for (string? path = directory; path is not null && !System.IO.Directory.Exists(path);
            path = Path.GetDirectoryName(path))
            newFolders.Add(path);
        System.IO.Directory.CreateDirectory(directory);
        try
        {
            MakeParts(directory, parameters, time);
            // The folder's own name, and of folders above it that were made with it.
            foreach (string folder in newFolders)
                DurableFile.FlushFolder(Path.GetDirectoryName(folder)!);
        }
        catch
        {
            RemoveHalfMade(directory, isNew);
            throw;
        }
    }

    private static void MakeParts(string directory, VolumeParameters parameters, TimeProvider time)
    {
        ChunkerParameters chunking = ChunkerParameters.FromAverages(parameters.ChunkBytesAverage,
            Math.Max(64 << 10, parameters.ChunkBytesAverage * 4));
        long now = (time.GetUtcNow().Ticks - DateTime.UnixEpoch.Ticks) * 100;
        VolumeId id = VolumeId.Create();
        CreateMetadata(VolumeLayout.MetadataPath(directory), id, parameters.RootOwner, now);

        // The superblock comes last: without it the directory is no volume, and nothing half made is opened.
        SuperblockFile.Save(directory, new Superblock
        {
            Volume = id,
            CreationTime = now,
            Features = FeatureSets.OfNewVolumes,
            SmallChunks = new ChunkLengths(chunking.Min, chunking.Average, chunking.Max),
            LargeChunks = new ChunkLengths(chunking.LargeMin, chunking.LargeAverage, chunking.LargeMax),
            RunBytesMin = chunking.RunBytesMin,
            BlockBytes = parameters.BlockBytes,
            CodecLevel = parameters.CompressionLevel,
            ParityPercent = (ushort)parameters.ParityPercent,
        });
    }

    // The next attempt finds the directory as this one did.
    private static void RemoveHalfMade(string directory, bool isNew)
    {
        try
        {
            if (isNew)
                System.IO.Directory.Delete(directory, recursive: true);
            else
                foreach (string ours in (string[])[VolumeLayout.MetadataName, SuperblockFile.Name])
                    foreach (string file in System.IO.Directory.EnumerateFiles(directory, ours + "*"))
                        File.Delete(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one worth reporting.
        }
    }

    private static VolumeFailure OfCreation(MetadataFailure kind) => kind switch
    {
        MetadataFailure.DiskFull => VolumeFailure.OutOfSpace,
        MetadataFailure.NotPermitted => VolumeFailure.NotPermitted,
        _ => VolumeFailure.IoFailure,
    };

    /// <summary>Makes the metadata of an empty volume.</summary>
    internal static void CreateMetadata(string path, VolumeId volume, Credentials rootOwner, long now)
    {
        var root = new InodeRecord
        {
            Number = InodeNumber.Root,
            Parent = InodeNumber.Root,
            Mode = RootMode,
            Uid = rootOwner.Uid,
            Gid = rootOwner.Gid,
            LinkCount = 2,
            AccessTime = now,
            ModifyTime = now,
            ChangeTime = now,
            BirthTime = now,
        };
        MetadataStore.Create(path, root, volume);
        var settings = new MetadataSettings { LogBytesMax = 0, Sealed = volume };
        using (MetadataStore metadata = MetadataStore.Open(path, settings,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance))
        {
            metadata.State.CleanShutdown = true;
            metadata.Commit();
        }
    }

    /// <summary>Opens a volume, recovers it where needed, and locks it. Throws <see cref="VolumeException"/>.</summary>
    public static Volume Open(string directory, VolumeSettings settings, ILoggerFactory loggers) =>
        Open(directory, settings, loggers, static store => store);

    /// <summary>As above; a test puts a block store of its own between the volume and its packs.</summary>
    internal static Volume Open(string directory, VolumeSettings settings, ILoggerFactory loggers,
        Func<IBlockStore, IBlockStore> wrapStore)
    {
        directory = Path.GetFullPath(directory);
        try
        {
            return OpenIn(directory, settings, loggers, wrapStore);
        }
        catch (MetadataException failure)
        {
            throw Translate(directory, failure);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new VolumeException(VolumeFailure.NotPermitted,
                $"{directory} cannot be opened: check its owner and permissions", failure);
        }
        catch (IOException failure)
        {
            throw new VolumeException(DiskFull.Is(failure) ? VolumeFailure.OutOfSpace : VolumeFailure.IoFailure,
                $"{directory} cannot be opened: {failure.Message}", failure);
        }
    }

    private static Volume OpenIn(string directory, VolumeSettings settings, ILoggerFactory loggers,
        Func<IBlockStore, IBlockStore> wrapStore)
    {
        ILogger logger = loggers.CreateLogger<Volume>();
        Superblock superblock = LoadSuperblock(directory, settings, logger);
        VolumeLock? volumeLock = settings.ReadOnly
            ? VolumeLock.TakeForReading(directory)
            : VolumeLock.Take(directory, settings.Holder);
        MetadataStore? metadata = null;
        IBlockStore? store = null;
        try
        {
            metadata = MetadataStore.Open(VolumeLayout.MetadataPath(directory), new MetadataSettings
            {
                ReadOnly = settings.ReadOnly,
                Sealed = superblock.SealedBy,
                CacheBytesMax = settings.MetadataCacheBytesMax,
                LogBytesMax = settings.Thresholds.LogBytesMax,
            }, loggers.CreateLogger<MetadataStore>());
            // Rebuilt metadata of a volume from before there were checksums, or a superblock put back from a copy.
            if (metadata.IsSealed && superblock.SealedBy is null && !settings.ReadOnly)
                SuperblockFile.Save(directory, superblock = superblock.WithMetadataChecksums());
            store = wrapStore(new LocalBlockStore(directory));
            VolumeParts parts = Assemble(directory, settings, superblock, metadata, store, loggers) with
            {
                Lock = volumeLock,
            };
            var volume = new Volume(parts, loggers);
            Log.VolumeOpened(logger, directory);
            if (parts.RecoveryReport is { } report)
                Log.VolumeRecovered(logger, directory, report);
            return volume;
        }
        catch
        {
            metadata?.Dispose();
            store?.Dispose();
            volumeLock?.Dispose();
            throw;
        }
    }

    private static VolumeParts Assemble(string directory, VolumeSettings settings, Superblock superblock,
        MetadataStore metadata, IBlockStore store, ILoggerFactory loggers)
    {
        var packs = new PackStore(store, superblock.Volume,
            new PackStoreSettings { PackBytesTarget = settings.PackBytesTarget }, loggers.CreateLogger<PackStore>());
        FingerprintIndex index = FingerprintIndex.Open(store, settings.IndexBytesMax,
            loggers.CreateLogger<FingerprintIndex>());
        string? report = settings.ReadOnly
            ? null
            : Recover(metadata, store, packs, index, loggers.CreateLogger<Volume>());
        return new VolumeParts
        {
            Directory = directory,
            Settings = settings,
            Superblock = superblock,
            Metadata = metadata,
            Store = store,
            Packs = packs,
            Index = index,
            Chunking = new ChunkerParameters(superblock.SmallChunks.Min, superblock.SmallChunks.Max,
                superblock.LargeChunks.Min, superblock.LargeChunks.Max, superblock.RunBytesMin),
            RecoveryReport = report,
        };
    }

    // Brings the parts to the state of the last commit. Bounded: nothing here looks at every chunk or file.
    private static string? Recover(MetadataStore metadata, IBlockStore store, PackStore packs, FingerprintIndex index,
        ILogger logger)
    {
        VolumeState state = metadata.State;
        bool wasClean = state.CleanShutdown;
        packs.Resume(state.NextPack, wasClean ? state.OpenPack : default, state.OpenPackLength);
        foreach (SnapshotRecord snapshot in metadata.Snapshots.List())
            if (snapshot.Kind == SnapshotKind.Momentary)
                metadata.Snapshots.Delete(snapshot.Id);
        int orphans = 0;
        foreach (InodeNumber orphan in metadata.Inodes.ListOrphans())
        {
            RemoveOrphan(metadata, orphan);
            orphans++;
        }

        int blocks = CompleteIndex(metadata, packs, index, logger);
        if (!wasClean)
            state.NextGlyph += GlyphsSkippedAfterCrash;
        state.CleanShutdown = false;
        metadata.Commit();
        foreach (SegmentInfo scratch in store.List(ScratchSegment.Folder))
            store.Delete(scratch.Name);
        if (!wasClean)
            DeletePacksBut(ListNamedPacks(metadata), state.NextPack, packs, logger);
        return wasClean
            ? null
            : $"back at the last commit; {orphans} deleted files cleared away, {blocks} blocks indexed again";
    }

    // An orphan may be the top of a large tree: neither the transaction nor the log grows with it. Ended early, it is
    // done at the next opening.
    private static void RemoveOrphan(MetadataStore metadata, InodeNumber orphan)
    {
        bool isMore;
        do
        {
            isMore = LooseTree.Remove(metadata, orphan, OrphansPerStep);
            if (metadata.PendingChanges < RecoveryChangesMax)
                continue;
            metadata.Commit();
            metadata.CheckpointIfNeeded();
        }
        while (isMore);
    }

    /// <summary>
    /// Deletes packs that nothing names, but for those with a number that was not given out by the last commit: they
    /// may be newer than the metadata, and go when the metadata has passed them.
    /// </summary>
    /// <param name="named">What the metadata names.</param>
    /// <param name="nextPack">The first number not given out by the last commit.</param>
    internal static void DeletePacksBut(
        IReadOnlySet<PackId> named, PackId nextPack, PackStore packs, ILogger logger)
    {
        foreach (PackId pack in packs.ListNumbers())
        {
            if (pack.Value >= nextPack.Value || named.Contains(pack))
                continue;
            try
            {
                packs.Delete(pack);
            }
            catch (IOException failure)
            {
                Log.PackNotDeleted(logger, pack, failure);
            }
        }
    }

    /// <summary>The packs that the metadata names.</summary>
    internal static IReadOnlySet<PackId> ListNamedPacks(MetadataStore metadata) =>
        new HashSet<PackId>([.. metadata.Packs.List().Select(pack => pack.Id), metadata.State.OpenPack]);

    // Adds the fingerprints of blocks written since the index was last saved, from the packs' own directories.
    private static int CompleteIndex(MetadataStore metadata, PackStore packs, FingerprintIndex index, ILogger logger)
    {
        int count = 0;
        IndexPosition from = index.Position;
        foreach (var pack in metadata.Packs.List())
        {
            if (pack.Id.Value < from.Pack.Value)
                continue;
            try
            {
                long offset = pack.Id == from.Pack ? from.Offset : 0;
                foreach (ScannedBlock block in packs.Scan(pack.Id, offset, pack.Length))
                {
                    if (block.Directory is null)
                        continue;
                    foreach (ChunkEntry entry in block.Directory.Chunks)
                        index.Add(entry.Fingerprint.Prefix, entry.Start);
                    count++;
                    if (index.IsCheckpointDue)
                        index.Checkpoint(new IndexPosition(pack.Id,
                            block.Location.Offset + block.Location.StoredLength));
                }
            }
            catch (Exception failure) when (failure is CorruptDataException or IOException)
            {
                Log.IndexIncomplete(logger, failure);
            }
        }

        return count;
    }

    private void CloseInOrder()
    {
        FsError error = _committer.Commit(allowInline: false);
        if (error != FsError.None)
        {
            Log.LastCommitFailed(_logger, Directory, error);
            return;
        }

        try
        {
            _packs.Close(seal: _packs.Position.Length > Settings.PackBytesTarget / 2);
            FinishIndex();
            lock (TreeLock)
            {
                _ledger.Record();
                foreach (InodeNumber orphan in Metadata.Inodes.ListOrphans())
                    if (Metadata.Entries.IsEmpty(orphan) && Nodes.TryGet(orphan, out Files.Node node))
                        FileSystem.Discard(node);
                Metadata.State.CleanShutdown = true;
                Metadata.Commit();
            }

            Integrity.WriteMissingParityAtClose();
            Integrity.CopyMetadataAtClose();
            _ballast.Close();
        }
        catch (Exception failure) when (failure is IOException or MetadataException)
        {
            // Everything acknowledged is durable; the next opening does what is missing here.
            Log.BackgroundWorkFailed(_logger, failure);
        }
    }

    private void FinishIndex()
    {
        if (_index.PendingCount == 0)
            return;
        _index.Checkpoint(_packs.Position.ToIndexPosition());
    }

    private static Superblock LoadSuperblock(string directory, VolumeSettings settings, ILogger logger)
    {
        if (!System.IO.Directory.Exists(directory))
            throw new VolumeException(VolumeFailure.NotAVolume,
                $"{directory} does not exist: make a volume with hartfs create {directory}");
        SuperblockLoad load = SuperblockFile.Load(directory);
        if (load.Reading.Superblock is not { } superblock)
            throw Refuse(directory, load.Reading);
        if (superblock.Features.UnknownReadOnlyCompatible != 0 && !settings.ReadOnly)
            throw new VolumeException(VolumeFailure.NewerFormat,
                $"{directory} uses features this program lacks: mount it read-only (-o ro), or use a newer hartfs");
        if (load.OtherCopyFault is { } fault)
        {
            if (!settings.ReadOnly)
                SuperblockFile.Save(directory, superblock);
            Log.SuperblockDamaged(logger, directory, fault, settings.ReadOnly
                ? "the other is used"
                : "it was made anew from the other");
        }

        return superblock;
    }

    private static VolumeException Refuse(string directory, SuperblockReading reading) => reading.Fault switch
    {
        SuperblockFault.NewerVersion or SuperblockFault.UnknownFeature => new VolumeException(
            VolumeFailure.NewerFormat, $"{directory} has a newer format ({reading.Reason}): use a newer hartfs"),
        SuperblockFault.Damaged => new VolumeException(VolumeFailure.DamagedSuperblock,
            $"both copies of the superblock of {directory} are damaged ({reading.Reason}): " +
            $"hartfs recover {directory} puts one back from a copy of the metadata; the data is untouched"),
        _ when System.IO.Directory.Exists(Path.Combine(directory, "packs")) => new VolumeException(
            VolumeFailure.DamagedSuperblock, $"{directory} has packs and no superblock: " +
            $"hartfs recover {directory} puts one back from a copy of the metadata; the data is untouched"),
        _ => new VolumeException(VolumeFailure.NotAVolume,
            $"{directory} is not a Hartfs volume: check the path, or make one with hartfs create"),
    };

    private static VolumeException Translate(string directory, MetadataException failure) => failure.Kind switch
    {
        MetadataFailure.Locked => new VolumeException(VolumeFailure.InUse,
            $"the metadata of {directory} is locked by another process: end it and try again", failure),
        MetadataFailure.DiskFull => new VolumeException(VolumeFailure.OutOfSpace,
            $"there is no room beside {directory}: free some and try again", failure),
        MetadataFailure.NeedsRecovery => new VolumeException(VolumeFailure.Other,
            $"{directory} was not closed in order and can only be recovered by a writable mount: mount it once " +
            "without -o ro", failure),
        MetadataFailure.NewerSchema => new VolumeException(VolumeFailure.NewerFormat, failure.Message, failure),
        _ => new VolumeException(VolumeFailure.DamagedMetadata,
            $"the metadata of {directory} cannot be used: {failure.Message}. The packs are untouched; " +
            $"hartfs recover {directory} rebuilds them from a copy beside the packs", failure),
    };
}
