using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Snapshots;
using Hartfs.Metadata.Tables;

namespace Hartfs.Core.Collection;

/// <summary>
/// Brings back the room of what neither the live tree nor a snapshot refers to: old versions of rows are pruned,
/// packs in which little lives are emptied and deleted. A plan first, then its execution, while the volume is in use.
/// One at a time; whoever asks has precedence over the volume's own.
/// </summary>
public sealed class GarbageCollector : IDisposable
{
    private const int RowsPerStep = 256;
    private const int WaitMs = 50;

    private readonly CollectionContext _context;

    // guards: one collection at a time; taken before every other lock
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly HashSet<PackId> _damagedPacks = [];
    private readonly AutomaticCollection? _automatic;
    private CancellationTokenSource? _background;
    private SnapshotFigures? _figures;
    private long _deadBytes = -1;

    internal GarbageCollector(CollectionContext context)
    {
        _context = context;
        if (!context.Settings.ReadOnly && context.Settings.Collection.IsAutomatic)
            _automatic = new AutomaticCollection(context, this);
    }

    /// <summary>
    /// Bytes on disk that nothing refers to, as far as the last look found and they were not collected since; null
    /// before the first one.
    /// </summary>
    public long? DeadBytes => Volatile.Read(ref _deadBytes) is >= 0 and var bytes ? bytes : null;

    /// <summary>Whether the last automatic collection left packs for the next one.</summary>
    internal bool IsMoreToDo { get; private set; }

    /// <summary>Finds out what a collection would do; works on volumes opened for reading too.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled, or the volume is being closed.</exception>
    public CollectionPlan Plan(CollectionOptions options, IProgress<MaintenanceProgress>? progress = null,
        CancellationToken cancel = default) => Alone(options, progress, pace => Look(options, pace), cancel);

    /// <summary>
    /// Collects. Expected failures are in the result: what was done by then stays done. Cancelled: Interrupted.
    /// </summary>
    public CollectionResult Run(CollectionOptions options, IProgress<MaintenanceProgress>? progress = null,
        CancellationToken cancel = default)
    {
        if (_context.Settings.ReadOnly)
            return new CollectionResult { Error = FsError.ReadOnly };
        try
        {
            return Alone(options, progress,
                pace => new CollectionRun(_context, this, options, pace).Execute(), cancel);
        }
        catch (OperationCanceledException)
        {
            return new CollectionResult { Error = FsError.Interrupted };
        }
    }

    /// <summary>
    /// What each snapshot costs. Found out anew when the tree or the snapshots have changed since and the figures are
    /// older than a time: that looks at every reference of the volume.
    /// </summary>
    /// <param name="ageMax">Zero for figures of this moment; data not yet drained is in none.</param>
    /// <param name="cancel">Gives it up.</param>
    /// <exception cref="OperationCanceledException">It was given up, or the volume is being closed.</exception>
    public SnapshotFigures GetSnapshotFigures(TimeSpan ageMax, CancellationToken cancel = default)
    {
        if (TryGetFresh(ageMax) is { } known)
            return known;
        var options = new CollectionOptions();
        Alone(options, null, pace => TryGetFresh(ageMax) is null ? Look(options, pace) : null, cancel);
        return _figures!;
    }

    /// <summary>
    /// Says that there is something to collect: a snapshot was deleted. The volume's own collection begins soon; does
    /// nothing where that is switched off.
    /// </summary>
    public void RequestCollection() => _automatic?.Request();

    /// <summary>Stops whatever runs; the volume is being closed.</summary>
    public void Dispose()
    {
        _closing.Cancel();
        _automatic?.Dispose();
        lock (_lock)
        {
        }
    }

    /// <summary>Prunes everything that no snapshot needs. Returns how many rows that was.</summary>
    internal long Prune(CollectionPace pace)
    {
        pace.Progress.Begin("pruning");
        long count = 0;
        PruneCursor cursor = default;
        while (!cursor.IsDone)
        {
            int deleted;
            lock (_context.TreeLock)
                deleted = _context.Metadata.PastRows.Prune(ref cursor, RowsPerStep);
            count += deleted;
            pace.Progress.Add(deleted);
            pace.Step();
        }

        lock (_context.TreeLock)
            if (count > 0)
                _context.Metadata.Inline.DeleteUnreferenced();
        return count;
    }

    /// <summary>Looks at all references: what lives in each pack, what each snapshot alone holds.</summary>
    internal CollectionPlan Look(CollectionOptions options, CollectionPace pace)
    {
        pace.Progress.Begin("looking");
        LivenessViews views;
        IReadOnlyList<PackRecord> packs;
        int changeCount;
        long now = _context.Settings.Time.GetTimestamp();
        lock (_context.TreeLock)
        {
            views = BeginReading();
            packs = _context.Ledger.List();
            changeCount = _context.Metadata.ChangeCount;
        }

        try
        {
            var tally = new PackTally(packs, views);
            new LivenessScan(_context, pace).Run(views, tally.Add);
            // What was healed or given up since can be emptied.
            _damagedPacks.IntersectWith(_context.Codex.ListDamaged().Select(place => place.Pack));
            CollectionPlan plan = tally.Plan(options, _damagedPacks.Contains);
            _figures = new SnapshotFigures(plan.Snapshots, now, changeCount);
            Volatile.Write(ref _deadBytes, plan.DeadBytes);
            return plan;
        }
        finally
        {
            EndReading();
        }
    }

    /// <summary>
    /// The views of this moment, kept until <see cref="EndReading"/>. The caller holds the tree lock.
    /// </summary>
    internal LivenessViews BeginReading()
    {
        MetadataStore metadata = _context.Metadata;
        // Of a volume opened for reading nothing changes.
        long epoch = metadata.Epoch;
        if (!_context.Settings.ReadOnly)
            metadata.BeginEpoch();
        return new LivenessViews(metadata.PastRows.ListSnapshots(), epoch);
    }

    internal void EndReading()
    {
        lock (_context.TreeLock)
            if (!_context.Settings.ReadOnly && !_context.Metadata.IsFailed)
                _context.Metadata.ReleaseEpochs();
    }

    /// <summary>Notes how a collection ended.</summary>
    internal void NoteRun(CollectionOptions options, PackCompactor compactor, long deadBytesBefore)
    {
        _damagedPacks.UnionWith(compactor.DamagedPacks);
        IsMoreToDo = options.PackBytesMax < long.MaxValue && compactor.DeletedPacks > 0;
        Volatile.Write(ref _deadBytes, Math.Max(0, deadBytesBefore - compactor.DeletedDeadBytes));
    }

    private T Alone<T>(CollectionOptions options, IProgress<MaintenanceProgress>? listener,
        Func<CollectionPace, T> work, CancellationToken cancel)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancel, _closing.Token);
        EnterAlone(options.IsBackground, linked.Token);
        try
        {
            if (options.IsBackground)
                _background = linked;
            var progress = new CollectionProgress(listener);
            return work(new CollectionPace(_context, progress, options.IsBackground, linked.Token));
        }
        finally
        {
            Interlocked.CompareExchange(ref _background, null, linked);
            _lock.Exit();
        }
    }

    // Who waits for a result does not wait for the volume's own collection, however often that begins anew.
    private void EnterAlone(bool isBackground, CancellationToken cancel)
    {
        do
        {
            cancel.ThrowIfCancellationRequested();
            if (!isBackground)
                StopBackground();
        }
        while (!_lock.TryEnter(WaitMs));
    }

    private void StopBackground()
    {
        try
        {
            Interlocked.Exchange(ref _background, null)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    private SnapshotFigures? TryGetFresh(TimeSpan ageMax)
    {
        if (_figures is not { } figures)
            return null;
        lock (_context.TreeLock)
        {
            if (_context.Metadata.ChangeCount == figures.ChangeCount)
                return figures;
            IReadOnlyList<SnapshotEpoch> snapshots = _context.Metadata.PastRows.ListSnapshots();
            if (!snapshots.Select(snapshot => snapshot.Id).SequenceEqual(figures.Snapshots.Select(figure => figure.Id)))
                return null;
        }

        return _context.Settings.Time.GetElapsedTime(figures.Timestamp) < ageMax ? figures : null;
    }
}

/// <summary>What snapshots cost, and since when that is known.</summary>
/// <param name="Snapshots">Oldest first.</param>
/// <param name="Timestamp">Of the volume's clock when the look began.</param>
/// <param name="ChangeCount">Changes of the metadata by then.</param>
public sealed record SnapshotFigures(IReadOnlyList<SnapshotFigure> Snapshots, long Timestamp, int ChangeCount);
