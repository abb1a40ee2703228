using System.Globalization;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Integrity;
using Hartfs.Storage;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Packs;
using Hartfs.Storage.Parity;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Integrity;

/// <summary>
/// Rebuilds the metadata of a volume: names from the newest copy that is whole, places of content from the packs
/// themselves. Nothing that is there is changed before the new database is complete, and it is kept beside it then.
/// </summary>
public sealed class VolumeRecovery
{
    private const string NewSuffix = ".recovered";

    private readonly string _directory;
    private readonly RecoveryOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly TimeProvider _time;
    private readonly IProgress<MaintenanceProgress>? _progress;
    private readonly CancellationToken _cancel;
    private int _unusableCopyCount;

    private VolumeRecovery(string directory, RecoveryOptions options, ILoggerFactory loggers, TimeProvider time,
        IProgress<MaintenanceProgress>? progress, CancellationToken cancel)
    {
        _directory = directory;
        _options = options;
        _loggers = loggers;
        _time = time;
        _progress = progress;
        _cancel = cancel;
    }

    /// <summary>
    /// Rebuilds. Throws <see cref="VolumeException"/>, or <see cref="OperationCanceledException"/>: the volume is then
    /// as it was.
    /// </summary>
    public static RecoveryReport Run(string directory, RecoveryOptions options, ILoggerFactory loggers,
        TimeProvider time, IProgress<MaintenanceProgress>? progress, CancellationToken cancel)
    {
        directory = Path.GetFullPath(directory);
        if (!Directory.Exists(directory))
            throw new VolumeException(VolumeFailure.NotAVolume, $"{directory} does not exist");
        using VolumeLock held = VolumeLock.Take(directory, "hartfs recover");
        try
        {
            return new VolumeRecovery(directory, options, loggers, time, progress, cancel).Run();
        }
        catch (MetadataException failure)
        {
            throw new VolumeException(VolumeFailure.DamagedMetadata,
                $"the metadata of {directory} could not be rebuilt: {failure.Message}. Nothing was changed", failure);
        }
        catch (IOException failure)
        {
            throw new VolumeException(DiskFull.Is(failure) ? VolumeFailure.OutOfSpace : VolumeFailure.IoFailure,
                $"the metadata of {directory} could not be rebuilt: {failure.Message}. Nothing was changed", failure);
        }
    }

    private string MetadataPath => VolumeLayout.MetadataPath(_directory);

    private string NewPath => MetadataPath + NewSuffix;

    private long Now => (_time.GetUtcNow().Ticks - DateTime.UnixEpoch.Ticks) * 100;

    private RecoveryReport Run()
    {
        using var store = new LocalBlockStore(_directory);
        SuperblockLoad load = SuperblockFile.Load(_directory);
        VolumeId volume = load.Reading.Superblock?.Volume ?? FindVolume(store);
        DeleteNew();
        try
        {
            if (!_options.Force && CanBeUsed(load.Reading.Superblock?.SealedBy))
                return load.Reading.Superblock is null
                    ? RestoreSuperblocks(store, volume)
                    : throw new VolumeException(VolumeFailure.NotNeeded,
                        $"the metadata of {_directory} can be used: there is nothing to recover. hartfs check looks " +
                        "for what else may be wrong; --force rebuilds them all the same");
            CopyHead? head = Restore(store, volume, load.Reading.Superblock);
            Superblock superblock = load.Reading.Superblock ?? head!.Value.Superblock;
            RecoveryReport report = Rebuild(store, superblock, head);
            RequireComplete();
            // Before the metadata change: should it fail, they have not.
            if (load.Reading.Superblock is null || load.OtherCopyFault is not null)
                SuperblockFile.Save(_directory, superblock);
            return report with { KeptFiles = Switch() };
        }
        catch
        {
            DeleteNew();
            throw;
        }
    }

    // With the log of a crash beside it the database is what both say together: looked at in a copy, where SQLite may
    // move the one into the other.
    private bool CanBeUsed(VolumeId? sealedBy)
    {
        var log = new FileInfo(MetadataPath + "-wal");
        if (!log.Exists || log.Length == 0)
            return MetadataStore.IsWhole(MetadataPath, sealedBy);
        try
        {
            if (!File.Exists(MetadataPath))
                return false;
            File.Copy(MetadataPath, NewPath);
            File.Copy(log.FullName, NewPath + "-wal");
            using MetadataStore copy = MetadataStore.Open(NewPath, new MetadataSettings { Sealed = sealedBy },
                _loggers.CreateLogger<MetadataStore>());
            using CancellationTokenRegistration interrupt = _cancel.Register(copy.Interrupt);
            return copy.FindPageFaults(1).Count == 0;
        }
        catch (MetadataException)
        {
            _cancel.ThrowIfCancellationRequested();
            return false;
        }
        finally
        {
            DeleteNew();
        }
    }

    // The metadata are whole and newer than any copy of them: only the superblock is taken from one.
    private RecoveryReport RestoreSuperblocks(LocalBlockStore store, VolumeId volume)
    {
        using var copies = new MetadataCopies(store, volume, _loggers.CreateLogger<MetadataCopies>());
        foreach (CopyInfo copy in copies.List())
        {
            try
            {
                CopyHead head = copies.Read(copy.Number, (_, _) => { }, _cancel);
                SuperblockFile.Save(_directory, head.Superblock);
                return new RecoveryReport
                {
                    IsSuperblockOnly = true,
                    NamesTime = head.Time,
                    UnusableCopyCount = _unusableCopyCount,
                    FileCount = 0,
                    PackCount = 0,
                    BlockCount = 0,
                    DamagedBlockCount = 0,
                    LostFileCount = 0,
                    LostBytes = 0,
                    LostFolder = null,
                    Missing = [],
                    Contradictions = [],
                    KeptFiles = [],
                };
            }
            catch (CorruptDataException failure)
            {
                Log.CopyUnusable(_loggers.CreateLogger<VolumeRecovery>(), failure);
                _unusableCopyCount++;
            }
        }

        throw NoSuperblock();
    }

    private VolumeException NoSuperblock() => new(VolumeFailure.DamagedSuperblock,
        $"both superblocks of {_directory} are damaged and no copy of the metadata is left that holds one: " +
        "put a superblock back from a backup");

    // Both superblocks are gone: every pack says whose it is, and a copy of the metadata has the superblock.
    private VolumeId FindVolume(LocalBlockStore store)
    {
        byte[] bytes = new byte[PackHeader.Size];
        foreach (SegmentInfo segment in store.List("copies/").Concat(store.List("packs/")))
        {
            if (store.ReadAt(segment.Name, 0, bytes) == bytes.Length && PackHeader.TryRead(bytes, out PackHeader found))
                return found.Volume;
        }

        throw new VolumeException(VolumeFailure.NotAVolume,
            $"{_directory} has neither a superblock nor a pack: it is no volume, or nothing is left of it");
    }

    private CopyHead? Restore(LocalBlockStore store, VolumeId volume, Superblock? superblock)
    {
        using var copies = new MetadataCopies(store, volume, _loggers.CreateLogger<MetadataCopies>());
        foreach (CopyInfo copy in copies.List())
        {
            _cancel.ThrowIfCancellationRequested();
            try
            {
                CopyHead head = RestoreTo(copies, copy.Number);
                if (MetadataStore.IsWhole(NewPath, volume: null))
                {
                    MetadataStore.AddChecksums(NewPath, volume);
                    return head;
                }
            }
            catch (CorruptDataException failure)
            {
                Log.CopyUnusable(_loggers.CreateLogger<VolumeRecovery>(), failure);
            }

            _unusableCopyCount++;
            DeleteNew();
        }

        if (superblock is null)
            throw NoSuperblock();
        if (!_options.WithoutNames)
            throw new VolumeException(VolumeFailure.DamagedMetadata,
                $"{_directory} has no usable copy of its metadata: put metadata.sqlite back from a backup, or let " +
                "hartfs recover --without-names put all content under /lost+found");
        Volume.CreateMetadata(NewPath, volume, default, Now);
        return null;
    }

    private CopyHead RestoreTo(MetadataCopies copies, PackId number)
    {
        CopyHead head;
        using (FileStream file = new(NewPath, FileMode.Create, FileAccess.Write))
        {
            head = copies.Read(number, (offset, bytes) =>
            {
                file.Position = offset;
                file.Write(bytes.Span);
                _progress?.Report(new MaintenanceProgress("reading the copy", offset, 0, true, 0));
            }, _cancel);
        }

        DurableFile.Flush(NewPath);
        return head;
    }

    private RecoveryReport Rebuild(LocalBlockStore store, Superblock superblock, CopyHead? head)
    {
        using var packs = new PackStore(store, superblock.Volume, new PackStoreSettings(),
            _loggers.CreateLogger<PackStore>());
        using MetadataStore metadata = MetadataStore.Open(NewPath,
            new MetadataSettings { Sealed = superblock.Volume },
            _loggers.CreateLogger<MetadataStore>());
        long fileCount = head is null ? 0 : metadata.State.FileCount;
        using var codex = new CodexRebuild(metadata, packs, new PackParity(store, superblock.Volume));
        codex.Run(_progress, _cancel);
        var lost = new LostContent(metadata, packs, Now);
        lost.Run(new HashSet<PackId>(packs.List().Select(pack => pack.Pack)), _cancel);
        IReadOnlyList<Violation> violations = FindContradictions(metadata);
        var treeLock = new Lock();
        var search = new DamageSearch(metadata, treeLock, new PathSearch(metadata, treeLock));
        IReadOnlyList<DamagedRange> missing = search.Name(lost.Missing, _cancel);
        metadata.Commit();
        return new RecoveryReport
        {
            NamesTime = head?.Time ?? 0,
            UnusableCopyCount = _unusableCopyCount,
            FileCount = fileCount,
            PackCount = codex.PackCount,
            BlockCount = codex.BlockCount,
            DamagedBlockCount = codex.DamagedCount,
            LostFileCount = lost.FileCount,
            LostBytes = lost.Bytes,
            LostFolder = lost.Folder,
            Missing = missing,
            Contradictions = [.. violations.Select(each => $"{each.Invariant}: {each.Detail}")],
            KeptFiles = [],
        };
    }

    // Looks at every row: nobody who stops waits for the end of it.
    private IReadOnlyList<Violation> FindContradictions(MetadataStore metadata)
    {
        _progress?.Report(new MaintenanceProgress("looking for contradictions", 0, 0, false, 0));
        using CancellationTokenRegistration interrupt = _cancel.Register(metadata.Interrupt);
        try
        {
            return MetadataInvariants.Check(metadata);
        }
        catch (MetadataException)
        {
            _cancel.ThrowIfCancellationRequested();
            throw;
        }
    }

    // Closing the new database moves its log into it, and only logs when the disk fails that: without its log it is the
    // old copy, and what was rebuilt is not in it.
    private void RequireComplete()
    {
        var log = new FileInfo(NewPath + "-wal");
        if (log.Exists && log.Length > 0)
            throw new IOException($"{NewPath} could not be written to its end");
    }

    // The old files leave first; a crash in between leaves a volume whose recovery begins anew.
    private List<string> Switch()
    {
        DurableFile.Flush(NewPath);
        string suffix = ".before-" + DateTime.UnixEpoch.AddTicks(Now / 100)
            .ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        List<string> kept = [];
        try
        {
            foreach (string ending in new[] { "", "-wal", "-shm" })
            {
                string old = MetadataPath + ending;
                if (!File.Exists(old))
                    continue;
                DurableFile.Move(old, old + suffix);
                kept.Add(old + suffix);
            }

            DurableFile.Move(NewPath, MetadataPath);
            return kept;
        }
        catch (IOException)
        {
            foreach (string file in kept)
                DurableFile.Move(file, file[..^suffix.Length]);
            throw;
        }
    }

    private void DeleteNew()
    {
        foreach (string ending in new[] { "", "-wal", "-shm" })
            File.Delete(NewPath + ending);
    }
}
