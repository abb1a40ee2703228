using System.Collections.Frozen;
using System.Runtime.InteropServices;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Storage.BlockStores;

namespace Hartfs.Core.Collection;

/// <summary>
/// One collection: prune, look, condemn, look again, move. The packs that are to go stop being originals of duplicates
/// before the second look: what is dead then stays dead, and what lives is known (native-notes/concurrency.md).
/// </summary>
internal sealed class CollectionRun(
    CollectionContext context, GarbageCollector collector, CollectionOptions options, CollectionPace pace)
{
    /// <summary>The index is purged when it has this part more entries than there are chunks ...</summary>
    private const int IndexExcessShare = 4;

    /// <summary>... and so many.</summary>
    private const int IndexExcessMin = 1024;

    private const int IndexEntriesPerStep = 1024;

    private const int OpenPackShareMin = 4;

    private long _prunedRows;
    private CollectionPlan _plan = new();

    public CollectionResult Execute()
    {
        using var compactor = new PackCompactor(context, pace);
        FsError error;
        Exception? failure = null;
        try
        {
            error = Execute(compactor);
        }
        catch (OperationCanceledException)
        {
            error = FsError.Interrupted;
        }
        catch (IOException full) when (DiskFull.Is(full))
        {
            (error, failure) = (FsError.OutOfSpace, full);
        }
        catch (Exception broken) when (broken is IOException or MetadataException)
        {
            (error, failure) = (FsError.IoFailure, broken);
        }

        if (failure is not null)
            Log.CollectionFailed(context.Logger, error, failure);
        else
            Log.Collected(context.Logger, pace.Progress.FreedBytes, compactor.DeletedPacks, compactor.MovedBytes,
                _prunedRows);
        collector.NoteRun(options, compactor, _plan.DeadBytes);
        return new CollectionResult
        {
            Error = error,
            Plan = _plan,
            PrunedRows = _prunedRows,
            DeletedPacks = compactor.DeletedPacks,
            FreedBytes = pace.Progress.FreedBytes,
            MovedBytes = compactor.MovedBytes,
            DamagedPacks = compactor.DamagedPacks.Count,
        };
    }

    private FsError Execute(PackCompactor compactor)
    {
        // What an earlier run gave up is durable before a pack without a name is taken for debris; what is dirty or
        // pending is in no extent or region yet; and dead packs must be known by their whole length.
        FsError error = context.Committer.Commit();
        if (error != FsError.None)
            return error;
        DeleteDebris();
        _prunedRows = collector.Prune(pace);
        long released;
        lock (context.TreeLock)
            released = context.Metadata.State.ReleasedBytes;
        _plan = collector.Look(options, pace);
        IReadOnlyList<PackShare> packs = ChoosePacks();
        if (packs.Count > 0)
            error = Collect(packs, compactor);
        _prunedRows += collector.Prune(pace);
        if (error == FsError.None && compactor.DeletedPacks > 0)
            PurgeIndex();
        if (error == FsError.None)
            lock (context.TreeLock)
                context.Metadata.State.ForgetReleased(released);
        return error == FsError.None && !options.IsBackground ? context.Committer.Commit() : error;
    }

    // The open pack is ended to be collected; by the volume's own collection only when much of a pack is dead in it.
    private IReadOnlyList<PackShare> ChoosePacks()
    {
        PackId open = context.Packs.Position.OpenPack;
        if (_plan.Candidates.All(pack => pack.Pack != open))
            return _plan.Candidates;
        long deadBytes = _plan.Candidates.First(pack => pack.Pack == open).DeadBytes;
        if (options.IsBackground && deadBytes < context.Settings.PackBytesTarget / OpenPackShareMin)
            return [.. _plan.Candidates.Where(pack => pack.Pack != open)];
        // A change: a commit that has flushed the packs must not meet a trailer that it did not flush (I1).
        using (context.Gate.EnterChange())
            context.Packs.SealOpen();
        return _plan.Candidates;
    }

    private FsError Collect(IReadOnlyList<PackShare> packs, PackCompactor compactor)
    {
        // Ended packs are recorded with their final length, and no block of theirs is on its way any more.
        FsError error = context.Committer.Commit();
        if (error != FsError.None)
            return error;
        packs = WithFinalLengths(packs);
        using var runs = new ExternalSorter<MovingRun>(
            context.ScratchStore, context.Settings.Collection.SortBytesMax);
        pace.Progress.Begin("looking again");
        pace.Step();
        context.Ingest.Condemn(packs.Select(pack => pack.Pack).ToFrozenSet());
        try
        {
            Confirm(packs, runs);
            return Move(packs, runs, compactor);
        }
        finally
        {
            context.Ingest.Pardon();
        }
    }

    private List<PackShare> WithFinalLengths(IReadOnlyList<PackShare> packs)
    {
        Dictionary<PackId, long> lengths;
        lock (context.TreeLock)
            lengths = context.Ledger.List().ToDictionary(pack => pack.Id, pack => pack.Length);
        return [.. packs.Where(pack => lengths.ContainsKey(pack.Pack))
            .Select(pack => pack with { Length = lengths[pack.Pack] })];
    }

    // Finds what lives in the packs. With the gate closed once, every duplicate found before they were condemned is
    // named by an extent; later ones are found elsewhere.
    private void Confirm(IReadOnlyList<PackShare> packs, ExternalSorter<MovingRun> runs)
    {
        var ranks = new Dictionary<PackId, int>(packs.Count);
        for (int index = 0; index < packs.Count; index++)
            ranks.Add(packs[index].Pack, index);
        LivenessViews views;
        using (context.Gate.Close())
            lock (context.TreeLock)
                views = collector.BeginReading();
        try
        {
            new LivenessScan(context, pace).Run(views, (in Region region, List<ReferenceRun> live) =>
            {
                if (ranks.TryGetValue(region.Block.Pack, out int rank))
                    AddRuns(runs, rank, region.Block.Offset, live);
            });
        }
        finally
        {
            collector.EndReading();
        }
    }

    private static void AddRuns(ExternalSorter<MovingRun> runs, int rank, long offset, List<ReferenceRun> live)
    {
        for (int index = 0; index < live.Count;)
        {
            long start = live[index].Start;
            long end = live[index++].End;
            while (index < live.Count && live[index].Start == end)
                end = live[index++].End;
            runs.Add(new MovingRun(rank, offset, start, end));
        }
    }

    private FsError Move(IReadOnlyList<PackShare> packs, ExternalSorter<MovingRun> runs, PackCompactor compactor)
    {
        pace.Progress.Begin("moving", packs.Sum(pack => pack.Length), isBytes: true);
        using IEnumerator<MovingRun> sorted = runs.Sorted().GetEnumerator();
        bool isMore = sorted.MoveNext();
        List<MovingRun> ofPack = [];
        for (int rank = 0; rank < packs.Count; rank++)
        {
            ofPack.Clear();
            while (isMore && sorted.Current.Rank == rank)
            {
                ofPack.Add(sorted.Current);
                isMore = sorted.MoveNext();
            }

            FsError error = compactor.Empty(packs[rank], CollectionsMarshal.AsSpan(ofPack));
            if (error != FsError.None)
                return error;
        }

        return compactor.Settle();
    }

    // Entries of chunks that are gone cost a look at a place that is not there, and room.
    private void PurgeIndex()
    {
        long chunkCount = 0;
        lock (context.TreeLock)
            foreach (ContentClass contentClass in Enum.GetValues<ContentClass>())
                chunkCount += context.Metadata.State.GetClass(contentClass).Chunks;
        if (context.Index.EntryCount <= chunkCount + chunkCount / IndexExcessShare + IndexExcessMin)
            return;
        pace.Progress.Begin("purging the index", context.Index.EntryCount);
        int count = 0;
        context.Index.Purge(glyph =>
        {
            if (++count % IndexEntriesPerStep == 0)
            {
                pace.Progress.Add(IndexEntriesPerStep);
                pace.Step();
            }

            // In this order: a block is pending until the codex names it.
            return context.Pipeline.TryRead(glyph, [], out _) || context.Codex.TryFind(glyph, out _);
        }, pace.Cancel);
    }

    // Packs that were begun and are not named: a crash, or a disk that refused to delete, left them.
    private void DeleteDebris()
    {
        IReadOnlySet<PackId> named;
        PackId nextPack;
        lock (context.TreeLock)
            (named, nextPack) = (Volume.ListNamedPacks(context.Metadata), context.Metadata.State.NextPack);
        Volume.DeletePacksBut(named, nextPack, context.Packs, context.Logger);
    }
}
