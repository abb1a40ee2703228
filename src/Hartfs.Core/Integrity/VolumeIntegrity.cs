using Hartfs.Core.Reading;
using Hartfs.Metadata;
using Hartfs.Storage.Chunking;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Integrity;

/// <summary>What keeps a volume whole: scrub, check, repair. One of them at a time; the volume stays in use.</summary>
public sealed class VolumeIntegrity : IDisposable
{
    private readonly Volume _volume;
    private readonly PackStore _packs;
    private readonly Codex _codex;
    private readonly Healer _healer;
    private readonly ChunkerParameters _chunking;
    private readonly ILoggerFactory _loggers;
    private readonly DamageSearch _search;

    private readonly CancellationTokenSource _closing = new();

    // guards: that one piece of work runs at a time
    private readonly Lock _work = new();

    internal VolumeIntegrity(Volume volume, PackStore packs, Codex codex, Healer healer, ChunkerParameters chunking,
        ILoggerFactory loggers)
    {
        _volume = volume;
        _packs = packs;
        _codex = codex;
        _healer = healer;
        _chunking = chunking;
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
        return scrubber.Run(options, progress, both.Token);
    }

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
    }

    private BlockMender NewMender() =>
        new(_codex, _volume.Gate, _healer, _search, _chunking, _loggers.CreateLogger<BlockMender>());

    private Work Begin()
    {
        if (!_work.TryEnter())
            throw new VolumeException(VolumeFailure.InUse,
                $"{_volume.Directory} is being scrubbed, checked or repaired already: wait until that has ended");
        return new Work(_work);
    }

    private readonly ref struct Work(Lock held)
    {
        public void Dispose() => held.Exit();
    }
}
