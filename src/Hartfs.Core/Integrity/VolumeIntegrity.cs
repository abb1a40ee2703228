using System.Diagnostics;
using Hartfs.Core.Commit;
using Hartfs.Core.Reading;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Storage;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Chunking;
using Hartfs.Storage.Index;
using Hartfs.Storage.Packs;
using Hartfs.Storage.Parity;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Integrity;

/// <summary>What keeps a volume whole: scrub, check, repair. One of them at a time; the volume stays in use.</summary>
public sealed partial class VolumeIntegrity : IDisposable
{
    /// <summary>Bytes of changes below which there is no copy: opening and closing write some, too.</summary>
    private const long ChangedBytesMin = 20 << 10;

    private static readonly TimeSpan CopyIntervalMin = TimeSpan.FromMinutes(10);

    // The volume's own scrub ends after the block at hand, or after the parity of one pack.
    private static readonly TimeSpan OwnScrubPatience = TimeSpan.FromSeconds(30);

    private readonly Volume _volume;
    private readonly Committer _committer;
    private readonly Superblock _superblock;
    private readonly PackStore _packs;
    private readonly IBlockStore _store;
    private readonly FingerprintIndex _index;
    private readonly PackParity _parity;
    private readonly MetadataCopies _copies;
    private readonly ILogger _logger;
    private readonly Codex _codex;
    private readonly Healer _healer;
    private readonly ChunkerParameters _chunking;
    private readonly ILoggerFactory _loggers;
    private readonly DamageSearch _search;

    private readonly CancellationTokenSource _closing = new();

    // guards: _ownScrub
    private readonly Lock _ownLock = new();
    private CancellationTokenSource? _ownScrub;
    private long _copiedLogBytes;

    // guards: that one piece of work runs at a time
    private readonly Lock _work = new();

    internal VolumeIntegrity(Volume volume, VolumeParts parts, Committer committer, Codex codex, Healer healer,
        ILoggerFactory loggers)
    {
        _volume = volume;
        _committer = committer;
        _superblock = parts.Superblock;
        _packs = parts.Packs;
        _store = parts.Store;
        _index = parts.Index;
        _parity = new PackParity(parts.Store, parts.Superblock.Volume);
        _copies = new MetadataCopies(parts.Store, parts.Superblock.Volume, loggers.CreateLogger<MetadataCopies>());
        _copiedLogBytes = parts.RecoveryReport is null ? 0 : -ChangedBytesMin;
        _logger = loggers.CreateLogger<VolumeIntegrity>();
        _codex = codex;
        _healer = healer;
        _chunking = parts.Chunking;
        _loggers = loggers;
        _search = new DamageSearch(volume.Metadata, volume.TreeLock,
            new PathSearch(volume.Metadata, volume.TreeLock, volume.Nodes));
    }

    /// <summary>
    /// Verifies every stored block, beginning where an earlier scrub was stopped. Ends early, with a report, when it
    /// is cancelled. Throws <see cref="VolumeException"/> when other work of this kind is under way.
    /// </summary>
    public ScrubReport Scrub(ScrubOptions options, IProgress<MaintenanceProgress>? progress, CancellationToken cancel)
    {
        using Work work = Begin();
        // What was acknowledged before is scrubbed too. Should it fail, the state of the last commit is.
        _volume.Commit();
        using var scrubber = new Scrubber(_volume.Metadata, _volume.TreeLock, _packs, _codex, NewMender(), _search,
            _volume.Settings, _loggers.CreateLogger<Scrubber>());
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(cancel, _closing.Token);
        ScrubReport report = scrubber.Run(options, progress, both.Token);
        try
        {
            return report.IsComplete ? ScrubTheRest(report, both.Token) : report;
        }
        catch (OperationCanceledException)
        {
            // Every block has been verified; parity that is missing is made by and by.
            return report;
        }
    }

    private ScrubReport ScrubTheRest(ScrubReport report, CancellationToken cancel)
    {
        List<string> open = [];
        foreach ((string run, string fault) in FingerprintIndex.FindFaults(_store, cancel))
            open.Add($"{run}: {fault}");
        foreach (CopyInfo copy in _copies.List().Where(copy => copy.IsComplete))
        {
            try
            {
                _copies.Read(copy.Number, (_, _) => { }, cancel);
                if (_copies.FindFault(copy) is { } fault)
                    open.Add($"copy {copy.Number}: {fault}");
            }
            catch (Exception failure) when (failure is CorruptDataException or IOException)
            {
                // Two newer ones may have taken its place.
                if (_copies.List().Any(each => each.Number == copy.Number))
                    open.Add($"copy {copy.Number}: {failure.Message}");
            }
        }

        List<string> parity = ScrubParity(cancel, out bool isWhole);
        return report with
        {
            Remarks = [.. report.Remarks, .. open, .. parity],
            OpenRemarkCount = report.OpenRemarkCount + open.Count + (isWhole ? 0 : 1),
        };
    }

    /// <summary>
    /// A scrub that the volume begins by itself: it stops for whoever asks for other such work, and is gone on with
    /// later. Null: there is such work under way.
    /// </summary>
    internal ScrubReport? ScrubByItself(ScrubOptions options, CancellationToken cancel)
    {
        if (!_work.TryEnter())
            return null;
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            lock (_ownLock)
                _ownScrub = stop;
            return Scrub(options, null, stop.Token);
        }
        finally
        {
            lock (_ownLock)
                _ownScrub = null;
            _work.Exit();
        }
    }

    /// <summary>Bytes of the copies of the metadata.</summary>
    internal long CopyBytes => _copies.Bytes;

    /// <summary>When the volume was scrubbed.</summary>
    public ScrubStatus GetScrubStatus()
    {
        lock (_volume.TreeLock)
        {
            VolumeState state = _volume.Metadata.State;
            return new ScrubStatus(state.ScrubFinishedTime, state.ScrubDamagedCount, state.ScrubBegunTime,
                state.ScrubDoneBytes);
        }
    }

    /// <summary>
    /// Writes a copy of the metadata as of now beside the packs, and deletes all but the newest two. False when the
    /// metadata changed too much meanwhile: then there is none. Throws <see cref="IOException"/>.
    /// </summary>
    /// <exception cref="MetadataException">The metadata are damaged: the older copies stay.</exception>
    public bool CopyMetadata(CancellationToken cancel)
    {
        return Freeze() is { } file && CopyFrozen(file, cancel);
    }

    /// <summary>Copies the metadata of a volume that is being closed, when it changed since the last copy.</summary>
    internal void CopyMetadataAtClose()
    {
        MetadataFile? file;
        lock (_volume.TreeLock)
        {
            if (_volume.Settings.MetadataCopyInterval is null || ChangedBytes < ChangedBytesMin)
                return;
            file = _volume.Metadata.TryFreeze(_volume.TreeLock);
        }

        try
        {
            if (file is not null)
                CopyFrozen(file, CancellationToken.None);
        }
        catch (Exception failure) when (failure is IOException or MetadataException)
        {
            // The volume is as it was without it.
            Log.UpkeepFailed(_logger, failure);
        }

        // So that stats know when it was.
        lock (_volume.TreeLock)
            _volume.Metadata.Commit();
    }

    /// <summary>Whether enough has changed, and enough time has passed, for a copy.</summary>
    internal bool IsCopyDue()
    {
        if (_volume.Settings.MetadataCopyInterval is not { } interval)
            return false;
        lock (_volume.TreeLock)
        {
            TimeSpan age = TimeSpan.FromTicks((Now - _volume.Metadata.State.CopyTime) / 100);
            // A clock that jumped back makes the last copy look as if it came from the future.
            bool isOld = age > interval || age < TimeSpan.Zero;
            return ChangedBytes >= ChangedBytesMin
                && (isOld || (age > CopyIntervalMin && ChangedBytes > _volume.Settings.MetadataCopyBytes));
        }
    }

    /// <summary>Whether the last whole scrub is old enough, or one was stopped half-way.</summary>
    internal bool IsScrubDue
    {
        get
        {
            if (_volume.Settings.ScrubInterval is not { } interval)
                return false;
            ScrubStatus status = GetScrubStatus();
            long since = Math.Max(status.FinishedTime, _superblock.CreationTime);
            TimeSpan age = TimeSpan.FromTicks((Now - since) / 100);
            return status.BegunTime != 0 || age > interval || age < -interval;
        }
    }

    private long ChangedBytes => _volume.Metadata.WrittenLogBytes - _copiedLogBytes;

    private long Now => (_volume.Settings.Time.GetUtcNow().Ticks - DateTime.UnixEpoch.Ticks) * 100;

    // The state of this moment, held still in the database file.
    private MetadataFile? Freeze()
    {
        MetadataFile? file = null;
        IOException? failure = null;
        if (_volume.Settings.ReadOnly)
        {
            lock (_volume.TreeLock)
                return _volume.Metadata.TryFreeze(_volume.TreeLock);
        }

        _committer.CommitThen(() =>
        {
            try
            {
                file = _volume.Metadata.TryFreeze(_volume.TreeLock);
            }
            catch (IOException caught)
            {
                // Not the commit's: it is durable.
                failure = caught;
            }
        });
        return failure is null ? file : throw failure;
    }

    private bool CopyFrozen(MetadataFile file, CancellationToken cancel)
    {
        using (file)
        {
            long start = Stopwatch.GetTimestamp();
            long time = Now;
            long written = _volume.Metadata.WrittenLogBytes;
            if (_volume.FreeBytes < file.Length)
                throw DiskFull.Create($"{file.Length} bytes for a copy of the metadata are not to be had");
            if (_copies.Write(file, _superblock, time, cancel) is not { } copy)
            {
                Log.CopyOvertaken(_logger);
                return false;
            }

            Log.MetadataCopied(_logger, file.Length, copy.Bytes, Stopwatch.GetElapsedTime(start).TotalSeconds);
            _copiedLogBytes = written;
            lock (_volume.TreeLock)
                (_volume.Metadata.State.CopyTime, _volume.Metadata.State.LastCopy) = (time, copy.Number);
            return true;
        }
    }

    /// <summary>All that is known to be damaged, by path and offset.</summary>
    public IReadOnlyList<DamagedRange> ListDamage(CancellationToken cancel)
    {
        IReadOnlyList<BlockPlace> places = _codex.ListDamaged();
        return places.Count == 0 ? [] : _search.FindFiles(_search.FindRegions(places, cancel), cancel);
    }

    /// <summary>Ends what is under way, in order. The volume does it when it is closed.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        _work.Enter();
        _work.Exit();
        _copies.Dispose();
    }

    private BlockMender NewMender() =>
        new(_codex, _volume.Gate, _healer, _search, _packs, _parity, _chunking, _volume.Settings.ReadOnly,
            _loggers.CreateLogger<BlockMender>());

    private Work Begin()
    {
        if (!_work.TryEnter() && !(StopOwnScrub() && _work.TryEnter(OwnScrubPatience)))
            throw new VolumeException(VolumeFailure.InUse,
                $"{_volume.Directory} is being scrubbed, checked or repaired already: wait until that has ended, " +
                "or stop it: a scrub goes on where it was stopped");
        return new Work(_work);
    }

    private bool StopOwnScrub()
    {
        lock (_ownLock)
        {
            _ownScrub?.Cancel();
            return _ownScrub is not null;
        }
    }

    private readonly ref struct Work(Lock held)
    {
        public void Dispose() => held.Exit();
    }
}
