using Hartfs.Core.Reading;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Tables;
using Hartfs.Storage;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Integrity;

/// <summary>
/// Verifies every stored block, pack by pack: checksums, decoding, fingerprints. What it finds damaged it mends where
/// it can, and otherwise remembers. How far it came is kept in the metadata.
/// </summary>
internal sealed class Scrubber : IDisposable
{
    /// <summary>Bytes after which the place is noted.</summary>
    private const long NoteBytes = 32 << 20;

    private const int RemarksMax = 20;

    private readonly MetadataStore _metadata;
    private readonly Lock _treeLock;
    private readonly PackStore _packs;
    private readonly Codex _codex;
    private readonly BlockMender _mender;
    private readonly DamageSearch _search;
    private readonly VolumeSettings _settings;
    private readonly ILogger _logger;
    private readonly BlockVerifier _verifier;
    private readonly HashSet<long> _verified = []; // blocks of the pack at hand
    private readonly List<string> _remarks = [];
    private RateLimit _limit = new(0);
    private IProgress<MaintenanceProgress>? _progress;
    private long _totalBytes;
    private long _blockCount;
    private long _bytes;
    private long _notedBytes;
    private long _damagedCount;
    private long _healedCount;
    private long _readableCount;
    private long _remarkCount;
    private PackId _atPack;
    private long _atOffset;

    public Scrubber(MetadataStore metadata, Lock treeLock, PackStore packs, Codex codex, BlockMender mender,
        DamageSearch search, VolumeSettings settings, ILogger logger)
    {
        _metadata = metadata;
        _treeLock = treeLock;
        _packs = packs;
        _codex = codex;
        _mender = mender;
        _search = search;
        _settings = settings;
        _logger = logger;
        _verifier = new BlockVerifier(packs);
    }

    /// <summary>Goes on where the last scrub stopped. A cancellation ends it in order, with what was found.</summary>
    public ScrubReport Run(ScrubOptions options, IProgress<MaintenanceProgress>? progress, CancellationToken cancel)
    {
        _limit = new RateLimit(options.BytesPerSecondMax);
        _progress = progress;
        bool isComplete = false;
        try
        {
            Begin(options.FromStart);
            ScrubPacks(cancel);
            isComplete = true;
        }
        catch (OperationCanceledException)
        {
            // The report says that it is not complete.
            if (_atPack.Value > 0)
                Note(_atPack, _atOffset);
        }

        if (isComplete)
            Finish();
        return new ScrubReport
        {
            IsComplete = isComplete,
            BlockCount = _blockCount,
            Bytes = _bytes,
            DamagedCount = _damagedCount,
            HealedCount = _healedCount,
            Ranges = FindRanges(cancel),
            Remarks = ListRemarks(),
            OpenRemarkCount = _remarkCount,
        };
    }

    public void Dispose() => _verifier.Dispose();

    private List<string> ListRemarks()
    {
        if (_readableCount > 0)
            _remarks.Insert(0, $"of {_readableCount} damaged blocks only the list of chunks is, and there was no way "
                + "to store them anew: their files can be read; scrub again when the volume can be written");
        if (_remarkCount > _remarks.Count)
            _remarks.Add($"and {_remarkCount - _remarks.Count} more packs");
        return _remarks;
    }

    // Looks at every region and name: whoever has cancelled, such as a volume that is being closed, does not wait.
    private IReadOnlyList<DamagedRange> FindRanges(CancellationToken cancel)
    {
        if (_codex.DamagedCount == 0 || cancel.IsCancellationRequested)
            return [];
        try
        {
            return _search.FindFiles(_search.FindRegions(_codex.ListDamaged(), cancel), cancel);
        }
        catch (OperationCanceledException)
        {
            return [];
        }
    }

    private void Begin(bool fromStart)
    {
        lock (_treeLock)
        {
            VolumeState state = _metadata.State;
            if (state.ScrubBegunTime == 0 || fromStart)
            {
                state.ScrubBegunTime = Now;
                (state.ScrubPack, state.ScrubOffset, state.ScrubDoneBytes, state.ScrubFoundCount) = (default, 0, 0, 0);
            }

            _totalBytes = _metadata.Packs.List().Where(pack => pack.Id.Value >= state.ScrubPack.Value)
                .Sum(pack => pack.Id == state.ScrubPack ? pack.Length - state.ScrubOffset : pack.Length);
        }
    }

    private void Finish()
    {
        lock (_treeLock)
        {
            VolumeState state = _metadata.State;
            state.ScrubFinishedTime = Now;
            state.ScrubDamagedCount = state.ScrubFoundCount;
            (state.ScrubPack, state.ScrubOffset, state.ScrubBegunTime) = (default, 0, 0);
        }
    }

    private long Now => (_settings.Time.GetUtcNow().Ticks - DateTime.UnixEpoch.Ticks) * 100;

    private void ScrubPacks(CancellationToken cancel)
    {
        while (NextPack(out PackRecord pack, out long offset))
        {
            try
            {
                ScrubPack(pack, offset, cancel);
            }
            catch (Exception failure) when (failure is CorruptDataException or IOException)
            {
                // Deleted meanwhile by a collection, or gone, or a part of it is: its blocks are tried one by one.
                if (Knows(pack.Id))
                {
                    Log.PackUnreadable(_logger, pack.Id, failure);
                    ScrubNamed(pack.Id, offset, cancel);
                }
            }

            (_atPack, _atOffset) = (new PackId(pack.Id.Value + 1), 0);
            Note(_atPack, _atOffset);
        }
    }

    private bool NextPack(out PackRecord pack, out long offset)
    {
        lock (_treeLock)
        {
            VolumeState state = _metadata.State;
            bool isFound = _metadata.Packs.TryFindFrom(state.ScrubPack, out pack);
            offset = pack.Id == state.ScrubPack ? state.ScrubOffset : 0;
            return isFound;
        }
    }

    private bool Knows(PackId id)
    {
        lock (_treeLock)
            return _metadata.Packs.Contains(id);
    }

    private void ScrubPack(in PackRecord pack, long from, CancellationToken cancel)
    {
        bool isTorn = false;
        _verified.Clear();
        foreach (ScannedBlock block in _packs.Scan(pack.Id, from, pack.Length))
        {
            cancel.ThrowIfCancellationRequested();
            if (block.Location.Offset == 0)
            {
                Log.PackHeaderBad(_logger, pack.Id);
                continue;
            }

            if (block.Location.StoredLength == 0)
                isTorn = true;
            else
                Verify(block, cancel);
            _blockCount++;
            _bytes += block.Location.StoredLength;
            if (!isTorn)
                (_atPack, _atOffset) = (pack.Id, block.Location.Offset + block.Location.StoredLength);
            if (_bytes - _notedBytes >= NoteBytes)
                Note(_atPack, _atOffset);
            _limit.Use(block.Location.StoredLength, cancel);
            _progress?.Report(new MaintenanceProgress("reading", _bytes, _totalBytes, true, _damagedCount));
        }

        // Behind a header that is damaged the walk lost its way: whatever the metadata names there and a read refuses.
        if (isTorn)
            ScrubNamed(pack.Id, from, cancel);
        if (_packs.FindFault(pack.Id, pack.Length, pack.IsSealed) is { } fault && Knows(pack.Id))
            AddRemark($"pack {pack.Id}: {fault}");
    }

    private void AddRemark(string remark)
    {
        _remarkCount++;
        if (_remarks.Count < RemarksMax)
            _remarks.Add(remark);
    }

    // Blocks that the metadata name and the walk has missed.
    private void ScrubNamed(PackId pack, long from, CancellationToken cancel)
    {
        foreach (Region region in _search.FindRegions(pack, cancel))
        {
            cancel.ThrowIfCancellationRequested();
            if (region.Block.Offset < from || _verified.Contains(region.Block.Offset))
                continue;
            Verify(_verifier.Look(region.Block), cancel);
            _limit.Use(region.Block.StoredLength, cancel);
        }
    }

    private void Verify(ScannedBlock block, CancellationToken cancel)
    {
        BlockLocation location = block.Location;
        _verified.Add(location.Offset);
        if (_verifier.FindFault(block) is { } fault)
            Mend(block, fault, cancel);
        else if (_codex.IsDamaged(location))
            // Its pack was put back from a backup, or the disk gives it back again.
            _codex.RemoveDamaged(location.Pack, location.Offset);
    }

    private void Mend(ScannedBlock block, string fault, CancellationToken cancel)
    {
        Mending result = _mender.Mend(block, _verifier, fault, cancel);
        if (result == Mending.NotInUse)
            return;
        _damagedCount++;
        if (result == Mending.Healed)
            _healedCount++;
        if (result == Mending.Readable)
            _readableCount++;
        lock (_treeLock)
            _metadata.State.ScrubFoundCount++;
    }

    private void Note(PackId pack, long offset)
    {
        lock (_treeLock)
        {
            _metadata.State.ScrubPack = pack;
            _metadata.State.ScrubOffset = offset;
            _metadata.State.ScrubDoneBytes += _bytes - _notedBytes;
            _notedBytes = _bytes;
        }
    }
}
