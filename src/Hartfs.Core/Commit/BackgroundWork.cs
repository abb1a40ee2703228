using Hartfs.Core.Files;
using Hartfs.Core.Ingest;
using Hartfs.Metadata;
using Hartfs.Storage.Index;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Commit;

/// <summary>
/// The thread that drains dirty files by size, commits by age, recalls inline bytes into packs and keeps the
/// fingerprint index in order.
/// </summary>
internal sealed class BackgroundWork : IDisposable
{
    /// <summary>Files with fewer dirty bytes are drained whole, larger ones up to the last certain cut.</summary>
    private const long StreamBytesMin = 4 << 20;

    private readonly MetadataStore _metadata;
    private readonly Lock _treeLock;
    private readonly Committer _committer;
    private readonly CommitGate _gate;
    private readonly DrainQueue _queue;
    private readonly WriteBudget _budget;
    private readonly FileWriter _writer;
    private readonly InlineRecall _recall;
    private readonly PackStore _packs;
    private readonly BlockPipeline _pipeline;
    private readonly FingerprintIndex _index;
    private readonly VolumeSettings _settings;
    private readonly ILogger _logger;
    private readonly long _lowWaterBytes;
    private readonly CancellationTokenSource _stop = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly Thread _thread;
    private long _committedAt;

    public BackgroundWork(MetadataStore metadata, Lock treeLock, Committer committer, CommitGate gate,
        DrainQueue queue, WriteBudget budget, FileWriter writer, InlineRecall recall, PackStore packs,
        BlockPipeline pipeline, FingerprintIndex index, VolumeSettings settings, ILogger logger)
    {
        _metadata = metadata;
        _treeLock = treeLock;
        _committer = committer;
        _gate = gate;
        _queue = queue;
        _budget = budget;
        _writer = writer;
        _recall = recall;
        _packs = packs;
        _pipeline = pipeline;
        _index = index;
        _settings = settings;
        _logger = logger;
        _committedAt = settings.Time.GetTimestamp();
        _lowWaterBytes = Math.Min(16 << 20, settings.DirtyBytesMax / 4);
        _budget.Waiting = () => _wake.Set();
        _thread = new Thread(Run) { IsBackground = true, Name = "hartfs-background" };
        _thread.Start();
    }

    /// <summary>Called after a write: wakes the thread when there is enough to drain.</summary>
    public void NoteDirty()
    {
        if (_budget.UsedBytes > _lowWaterBytes)
            _wake.Set();
    }

    /// <summary>Ends the thread; nothing is drained or committed any more.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _wake.Set();
        _thread.Join();
        _budget.Waiting = null;
        _stop.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        TimeSpan tick = _settings.CommitInterval / 5;
        while (!_stop.IsCancellationRequested)
        {
            _wake.WaitOne(tick);
            try
            {
                DrainBySize();
                KeepIndex();
                _committer.TrimIfLarge();
                if (!IsCommitDue())
                    continue;
                if (_committer.Commit() is var error && error != FsError.None)
                    Log.BackgroundCommitFailed(_logger, error);
                _committedAt = _settings.Time.GetTimestamp();
                RecallInline();
            }
            catch (OperationCanceledException)
            {
                // Closing: a merge that was given up is done again some other time.
            }
            catch (Exception failure) when (failure is IOException or MetadataException)
            {
                Log.BackgroundWorkFailed(_logger, failure);
            }
            catch (Exception failure)
            {
                // A bug: whatever it left half done must not become durable.
                _committer.Stop(failure, FsError.IoFailure);
            }
        }
    }

    private void DrainBySize()
    {
        while (!_stop.IsCancellationRequested && (_budget.UsedBytes > _lowWaterBytes || _budget.HasWaiters))
        {
            // With a disk that takes nothing, what is dirty stays dirty, and writers wait or are refused.
            if (_pipeline.Failure != FsError.None || IsWorkDue())
                return;
            lock (_gate.BulkWork)
                using (_gate.EnterChange())
                    if (!_queue.DrainNext(_writer, StreamBytesMin))
                        return;
        }
    }

    // A writer that is faster than the drain must not keep commits and checkpoints away.
    private bool IsWorkDue() => IsCommitDue() || _index.PendingCount >= _settings.Thresholds.IndexPendingMax;

    private bool IsCommitDue() =>
        _settings.Time.GetElapsedTime(_committedAt) >= _settings.CommitInterval || IsTransactionLarge();

    private bool IsTransactionLarge()
    {
        lock (_treeLock)
            return _metadata.PendingChanges > _settings.Thresholds.PendingChangesMax;
    }

    private void RecallInline()
    {
        long bytes;
        lock (_treeLock)
            bytes = _metadata.Inline.TotalBytes;
        if (bytes > _settings.Thresholds.InlineRecallBytes)
            _recall.RecallAll(_writer);
    }

    private void KeepIndex()
    {
        if (_index.PendingCount >= _settings.Thresholds.IndexPendingMax)
            _index.Checkpoint(_packs.Position.ToIndexPosition());
        _index.MergeIfNeeded(_stop.Token);
    }
}
