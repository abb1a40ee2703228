using System.Diagnostics;
using Hartfs.Core.Files;

namespace Hartfs.Core.Commit;

/// <summary>A moment at which the metadata alone is the whole tree: what snapshots and rollbacks need.</summary>
internal sealed partial class Committer
{
    // What may be left for the moment itself: about two milliseconds of work, and no less than one write of a driver.
    private const long RestBytesMax = 1 << 20;
    private const int RestFilesMax = 32;
    private const int RestInodesMax = 256;
    private const int RoundsMax = 64;
    private const int AttemptsMax = 16;

    /// <summary>
    /// Runs a change of the metadata at one moment at which every byte acknowledged so far is named by an extent, none
    /// of them inline, and every inode's row is up to date. Nothing becomes durable: <see cref="Commit"/> does that.
    /// </summary>
    /// <param name="recall">The caller's.</param>
    /// <param name="change">Called with the gate closed and the tree lock held; must be short.</param>
    /// <param name="pause">How long changes had to wait.</param>
    public FsError StandStill(InlineRecall recall, Action change, out TimeSpan pause)
    {
        TimeSpan stood = default;
        FsError error;
        lock (_lock)
        {
            error = _fatal != FsError.None ? _fatal : Guard(() =>
            {
                pipeline.RetryFailed();
                if (pipeline.WaitIdle() is var failure && failure != FsError.None)
                    return failure;
                recall.RecallAll(writer);
                budget.Narrow(RestBytesMax);
                try
                {
                    stood = ApproachAndChange(recall, change);
                }
                finally
                {
                    budget.Widen();
                }

                return FsError.None;
            });
        }

        pause = stood;
        return error;
    }

    private TimeSpan ApproachAndChange(InlineRecall recall, Action change)
    {
        for (int attempt = 1; ; attempt++)
        {
            Approach();
            lock (gate.BulkWork)
            {
                // Whoever had it may have let much come meanwhile.
                if (attempt == AttemptsMax || IsRestSmall() || pipeline.Failure != FsError.None)
                    return ChangeStandingStill(recall, change);
            }
        }
    }

    // Drains and stores with the gate open until the rest is small. Writers slow down meanwhile; whoever makes files
    // faster than they can be stored costs a longer pause, not an endless one.
    private void Approach()
    {
        for (int round = 0; round < RoundsMax && pipeline.Failure == FsError.None; round++)
        {
            for (int count = queue.Count; count > 0; count--)
                lock (gate.BulkWork)
                    using (gate.EnterChange())
                        if (!queue.DrainNext(writer, streamBytesMin: long.MaxValue))
                            break;
            StoreNodes();
            // A full queue would make the rest wait for the encoders. More comes while it is waited for, so that only
            // then the rest is known.
            pipeline.WaitIdle();
            if (IsRestSmall())
                return;
        }
    }

    private bool IsRestSmall()
    {
        if (budget.UsedBytes > RestBytesMax || queue.Count > RestFilesMax)
            return false;
        lock (treeLock)
            return nodes.DirtyCount <= RestInodesMax;
    }

    // In steps, so that nobody waits long for the tree lock.
    private void StoreNodes()
    {
        int steps;
        lock (treeLock)
            steps = nodes.DirtyCount / RestInodesMax + 1;
        for (bool isMore = true; isMore && steps > 0; steps--)
            lock (treeLock)
                isMore = nodes.StoreSome(RestInodesMax);
    }

    private TimeSpan ChangeStandingStill(InlineRecall recall, Action change)
    {
        long start = Stopwatch.GetTimestamp();
        using (gate.Close())
        {
            while (queue.DrainNext(writer, streamBytesMin: long.MaxValue))
            {
            }

            recall.RecallRest(writer);
            lock (treeLock)
            {
                nodes.StoreAll();
                change();
            }
        }

        return Stopwatch.GetElapsedTime(start);
    }
}
