using Hartfs.Core.Files;
using Hartfs.Core.Ingest;
using Hartfs.Metadata;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Commit;

/// <summary>
/// The commit: with the gate closed, all dirty data goes into packs, the packs are flushed, then one transaction
/// makes the state of this moment the volume's (I1, I2).
/// </summary>
internal sealed partial class Committer(
    MetadataStore metadata, Lock treeLock, NodeTable nodes, CommitGate gate, DrainQueue queue, WriteBudget budget,
    BlockPipeline pipeline, PackStore packs, PackLedger ledger, FileWriter writer, Ballast ballast, ILogger logger)
{
    /// <summary>Up to this many dirty bytes a commit takes the short way: through the metadata alone.</summary>
    private const long InlineBytesMax = 64 << 10;

    /// <summary>Inline bytes above which a commit does not add to them.</summary>
    private const long InlineTotalBytesMax = 16 << 20;

    /// <summary>Dirty bytes above which a commit drains before it closes the gate.</summary>
    private const long DrainBeforehandBytes = 1 << 20;

    /// <summary>Bytes appended to packs above which a commit flushes before it closes the gate.</summary>
    private const long FlushBeforehandBytes = 4 << 20;

    /// <summary>What writers may add while such a commit drains and flushes.</summary>
    private const long NarrowBytes = 8 << 20;

    private const int DrainRoundsMax = 4;

    // guards: the order of commits, and the writer; taken before the gate
    private readonly Lock _lock = new();
    private long _begunCount;
    private long _doneCount;
    private volatile FsError _fatal;

    /// <summary>Why the volume takes no changes any more; None while it does.</summary>
    public FsError Fatal => _fatal;

    /// <summary>
    /// Makes everything acknowledged before the call durable. Callers that arrive while a commit runs share the next.
    /// </summary>
    public FsError Commit(bool allowInline = true)
    {
        long ticket = Interlocked.Read(ref _begunCount) + 1;
        lock (_lock)
        {
            if (_doneCount >= ticket && allowInline)
                return FsError.None;
            if (_fatal != FsError.None)
                return _fatal;
            long number = Interlocked.Increment(ref _begunCount);
            ballast.GiveUpWhenShort();
            FsError error = Attempt(allowInline);
            if (error == FsError.OutOfSpace && _fatal == FsError.None && ballast.GiveUp())
                error = Attempt(allowInline);
            if (error == FsError.None)
                _doneCount = number;
            return error;
        }
    }

    /// <summary>Commits, then does something while the volume still stands still, under the tree lock.</summary>
    public FsError CommitThen(Action action)
    {
        lock (_lock)
        {
            if (_fatal != FsError.None)
                return _fatal;
            long number = Interlocked.Increment(ref _begunCount);
            FsError error = Attempt(allowInline: false, action);
            if (error == FsError.None)
                _doneCount = number;
            return error;
        }
    }

    private FsError Attempt(bool allowInline, Action? then = null) => Guard(() =>
    {
        // What a disk refused before is tried before more is drained: memory must not fill with it.
        pipeline.RetryFailed();
        FsError error = pipeline.WaitIdle();
        if (error != FsError.None)
            return error;
        if (budget.UsedBytes > DrainBeforehandBytes)
            budget.Narrow(NarrowBytes);
        try
        {
            DrainBeforehand();
            using (gate.Close())
            {
                error = CommitStandingStill(allowInline);
                if (error == FsError.None && then is not null)
                    lock (treeLock)
                        then();
            }
        }
        finally
        {
            budget.Widen();
        }

        if (error == FsError.None)
        {
            lock (treeLock)
                metadata.CheckpointIfNeeded(ballast.LogBytesMax);
            ballast.Take();
        }

        return error;
    });

    // What a failure means for the volume.
    private FsError Guard(Func<FsError> work)
    {
        try
        {
            metadata.ThrowIfFailed();
            return work();
        }
        catch (MetadataException failure)
        {
            return Stop(failure, failure.Kind == MetadataFailure.DiskFull ? FsError.OutOfSpace : FsError.IoFailure);
        }
        catch (FlushFailedException failure)
        {
            return Stop(failure.InnerException!, FsError.IoFailure);
        }
        catch (IOException failure) when (DiskFull.Is(failure))
        {
            Log.CommitOutOfSpace(logger, failure);
            return FsError.OutOfSpace;
        }
        catch (IOException failure)
        {
            return Stop(failure, FsError.IoFailure);
        }
    }

    /// <summary>Drops clean inodes when reading has gathered too many.</summary>
    public void TrimIfLarge()
    {
        lock (treeLock)
            if (!nodes.IsLarge)
                return;
        using (gate.Close())
            lock (treeLock)
                nodes.Trim();
    }

    /// <summary>Ends all changes: the state on disk stays that of the last commit.</summary>
    public FsError Stop(Exception failure, FsError error)
    {
        _fatal = error;
        Log.VolumeStopped(logger, failure);
        return error;
    }

    // Most of the work is done with the gate open, so that writers stand still only for the rest. Each round has less
    // to drain and to flush than the one before, and so less that comes meanwhile.
    private void DrainBeforehand()
    {
        for (int round = 0; round < DrainRoundsMax && pipeline.Failure == FsError.None
            && (budget.UsedBytes > DrainBeforehandBytes || packs.UnflushedBytes > FlushBeforehandBytes); round++)
        {
            for (int count = queue.Count; count > 0; count--)
                using (gate.EnterChange())
                    if (!queue.DrainNext(writer, streamBytesMin: long.MaxValue))
                        break;
            pipeline.WaitIdle();
            FlushPacks();
        }

        StoreNodes();
    }

    // After a failed flush the kernel may have dropped what it could not write, whatever the error was: no later
    // success can be believed.
    private void FlushPacks()
    {
        try
        {
            packs.Flush();
        }
        catch (IOException failure)
        {
            throw new FlushFailedException(failure);
        }
    }

    private FsError CommitStandingStill(bool allowInline)
    {
        if (!HasChanges())
            return FsError.None;
        if (allowInline && CanGoInline())
        {
            while (queue.StoreNextInline(writer))
            {
            }
        }
        else
        {
            while (queue.DrainNext(writer, streamBytesMin: long.MaxValue))
            {
            }

            pipeline.SealAll();
            FsError error = pipeline.WaitIdle();
            if (error != FsError.None)
                return error;
            FlushPacks();
        }

        lock (treeLock)
        {
            nodes.StoreAll();
            ledger.Record();
            metadata.State.NextGlyph = pipeline.NextGlyph;
            metadata.Commit();
            nodes.Trim();
        }

        return FsError.None;
    }

    private bool HasChanges()
    {
        lock (treeLock)
            if (nodes.DirtyCount > 0 || metadata.PendingChanges > 0)
                return true;
        return queue.Count > 0 || pipeline.HasPending;
    }

    private bool CanGoInline()
    {
        if (budget.UsedBytes > InlineBytesMax * 4 || pipeline.HasPending || packs.HasUnflushed)
            return false;
        long bytes = queue.SumDataBytes();
        lock (treeLock)
            return bytes <= InlineBytesMax && metadata.Inline.TotalBytes + bytes <= InlineTotalBytesMax;
    }

    private sealed class FlushFailedException(IOException failure) : Exception(failure.Message, failure);
}
