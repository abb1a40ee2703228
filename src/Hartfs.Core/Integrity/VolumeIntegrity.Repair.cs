using Hartfs.Core.Reading;
using Hartfs.Format;
using Hartfs.Storage.BlockStores;

namespace Hartfs.Core.Integrity;

/// <summary>Putting back what is missing.</summary>
public sealed partial class VolumeIntegrity
{
    /// <summary>
    /// Looks for the content of damaged blocks in other files and puts it back; when asked, makes holes of the rest.
    /// With neither it lists what is damaged. Ends early, with a report, when it is cancelled. Throws
    /// <see cref="VolumeException"/>.
    /// </summary>
    public RepairReport Repair(RepairOptions options, IProgress<MaintenanceProgress>? progress,
        CancellationToken cancel)
    {
        if (options.Sources.Count > 0 || options.ZeroDamaged)
            RefuseReadOnly();
        using Work work = Begin();
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(cancel, _closing.Token);
        var run = new RepairRun(progress);
        bool isComplete = false;
        try
        {
            if (options.Sources.Count > 0 && _codex.DamagedCount > 0)
                SearchSources(options.Sources, run, both.Token);
            ForgetUnused(both.Token);
            if (options.ZeroDamaged)
                run.ZeroedBytes = Zero(both.Token);
            isComplete = true;
        }
        catch (OperationCanceledException)
        {
            // The report says that it is not complete.
        }

        CommitRepairs();
        return new RepairReport
        {
            IsComplete = isComplete,
            SourceFileCount = run.FileCount,
            UnreadableCount = run.UnreadableCount,
            HealedBytes = run.HealedBytes,
            ZeroedBytes = run.ZeroedBytes,
            Ranges = isComplete ? ListDamage(both.Token) : [],
        };
    }

    private void RefuseReadOnly()
    {
        if (_volume.Settings.ReadOnly)
            throw new VolumeException(VolumeFailure.NotPermitted,
                $"{_volume.Directory} is open for reading only, and nothing was changed: mount it for writing, or " +
                "unmount it, to repair it");
    }

    private void CommitRepairs()
    {
        FsError error = _volume.Commit();
        if (error != FsError.None)
            throw new VolumeException(error == FsError.OutOfSpace ? VolumeFailure.OutOfSpace : VolumeFailure.IoFailure,
                $"what was repaired in {_volume.Directory} could not be made durable: {error}. Make room, or see to " +
                "the disk, and try again");
    }

    private void SearchSources(IReadOnlyList<string> sources, RepairRun run, CancellationToken cancel)
    {
        List<Region> unlisted = [.. _search.FindRegions(_codex.ListDamaged(), cancel).Where(IsUnlisted)];
        var repair = new ContentRepair(_codex, _volume.Gate, _healer, _index, _chunking, unlisted, cancel);
        foreach (string path in sources.SelectMany(ListFiles))
        {
            cancel.ThrowIfCancellationRequested();
            if (repair.IsDone)
                break;
            try
            {
                using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
                repair.Search(file);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException
                && repair.StoreFailure is null)
            {
                run.UnreadableCount++;
                Log.SourceUnreadable(_logger, path, failure.Message);
            }

            catch (IOException failure)
            {
                throw new VolumeException(DiskFull.Is(failure) ? VolumeFailure.OutOfSpace : VolumeFailure.IoFailure,
                    $"what was found cannot be stored in {_volume.Directory}: {failure.Message}. What was put back " +
                    "so far is kept; make room, or see to the disk, and run the same again", failure);
            }

            run.HealedBytes = repair.HealedBytes;
            run.CountFile();
        }
    }

    // Links are not followed: what they point to is found where it is, or was not meant.
    private static IEnumerable<string> ListFiles(string path)
    {
        if (!System.IO.Directory.Exists(path))
            return [path];
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            IgnoreInaccessible = true,
            AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Device,
        };
        return System.IO.Directory.EnumerateFiles(path, "*", options);
    }

    private bool IsUnlisted(Region region)
    {
        try
        {
            BlockLocation block = region.Block;
            return _packs.Scan(block.Pack, block.Offset, long.MaxValue).FirstOrDefault()?.Directory is null;
        }
        catch (Exception failure) when (failure is Storage.CorruptDataException or IOException)
        {
            return true;
        }
    }

    // Blocks that nothing names any more, because everything in them is elsewhere or was collected.
    private void ForgetUnused(CancellationToken cancel)
    {
        IReadOnlyList<BlockPlace> places = _codex.ListDamaged();
        if (places.Count == 0)
            return;
        HashSet<BlockPlace> named = [.. _search.FindRegions(places, cancel)
            .Select(region => new BlockPlace(region.Block.Pack, region.Block.Offset))];
        using (_volume.Gate.EnterChange())
        {
            foreach (BlockPlace place in places.Where(place => !named.Contains(place)))
                _codex.RemoveDamaged(place.Pack, place.Offset);
        }
    }

    private long Zero(CancellationToken cancel)
    {
        long bytes = 0;
        var done = new HashSet<(InodeNumber, long)>();
        foreach (DamagedRange range in ListDamage(cancel))
        {
            cancel.ThrowIfCancellationRequested();
            // One file may be listed under several names.
            if (range.IsPast || !done.Add((range.Inode, range.Offset)))
                continue;
            // What has been written there since it was listed is not given up.
            if (_volume.FileSystem.GiveUpDamaged(range.Inode, range.Offset, range.Length, _codex, out long zeroed)
                == FsError.None)
                bytes += zeroed;
        }

        return bytes;
    }

    private sealed class RepairRun(IProgress<MaintenanceProgress>? progress)
    {
        public long FileCount { get; private set; }

        public long UnreadableCount { get; set; }

        public long HealedBytes { get; set; }

        public long ZeroedBytes { get; set; }

        public void CountFile()
        {
            FileCount++;
            progress?.Report(new MaintenanceProgress("looking through files", FileCount, 0, false, 0));
        }
    }
}
