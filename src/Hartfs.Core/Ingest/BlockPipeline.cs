using Hartfs.Core.Reading;
using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Ingest;

/// <summary>
/// Takes chunks into open blocks, one per content class; full blocks are encoded and appended to packs by worker
/// threads. Bytes are readable from here until their region is in the codex.
/// </summary>
internal sealed class BlockPipeline : IDisposable
{
    private readonly PackStore _packs;
    private readonly Codex _codex;
    private readonly ILogger _logger;
    private readonly int _blockBytes;
    private readonly int _level;
    private readonly int _queueCountMax;
    private readonly Thread[] _workers;

    // guards: everything below
    private readonly object _lock = new();
    private readonly GlyphAllocator _glyphs;
    private readonly PendingBlock?[] _open = new PendingBlock?[byte.MaxValue + 1];
    private readonly List<PendingBlock> _pending = [];
    private readonly Queue<PendingBlock> _queue = new();
    private readonly Queue<PendingBlock> _failed = new();
    private readonly Queue<Action> _background = new();
    private int _inFlightCount;
    private FsError _failure;
    private bool _isStopping;

    public BlockPipeline(PackStore packs, Codex codex, Glyph nextGlyph, int blockBytes, int level, int workerCount,
        ILogger logger)
    {
        _packs = packs;
        _codex = codex;
        _glyphs = new GlyphAllocator(nextGlyph);
        _blockBytes = blockBytes;
        _level = level;
        _logger = logger;
        _queueCountMax = workerCount * 2 + 2;
        _workers = new Thread[workerCount];
        for (int index = 0; index < workerCount; index++)
        {
            _workers[index] = new Thread(Work) { IsBackground = true, Name = $"hartfs-block-{index}" };
            _workers[index].Start();
        }
    }

    /// <summary>The first glyph never handed out.</summary>
    public Glyph NextGlyph
    {
        get
        {
            lock (_lock)
                return _glyphs.Next;
        }
    }

    /// <summary>
    /// What stopped the last block from reaching its pack; None when all did. Retried at every commit.
    /// </summary>
    public FsError Failure
    {
        get
        {
            lock (_lock)
                return _failure;
        }
    }

    /// <summary>
    /// Adds a chunk of at most <see cref="Limits.ChunkBytesMax"/> bytes. Waits when the workers are behind.
    /// </summary>
    public Glyph Append(ReadOnlySpan<byte> bytes, in Fingerprint fingerprint, ContentClass contentClass)
    {
        lock (_lock)
        {
            ref PendingBlock? open = ref _open[(int)contentClass];
            if (open is not null &&
                (open.Length + bytes.Length > open.Capacity || !_glyphs.HasRoom(contentClass, bytes.Length)))
                Seal(ref open);

            Glyph glyph = _glyphs.Allocate(contentClass, bytes.Length);
            if (open is null)
            {
                open = new PendingBlock(glyph, contentClass, Math.Max(_blockBytes, bytes.Length));
                _pending.Add(open);
            }

            open.Append(bytes, fingerprint);
            if (open.Length >= _blockBytes)
                Seal(ref open);
            return glyph;
        }
    }

    /// <summary>Hands every open block to the workers.</summary>
    public void SealAll()
    {
        lock (_lock)
        {
            for (int index = 0; index < _open.Length; index++)
                if (_open[index] is not null)
                    Seal(ref _open[index]);
        }
    }

    /// <summary>Tries blocks again that failed to reach their pack.</summary>
    public void RetryFailed()
    {
        lock (_lock)
        {
            if (_failed.Count == 0)
                return;
            _failure = FsError.None;
            while (_failed.TryDequeue(out PendingBlock? block))
                _queue.Enqueue(block);
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits until no block is queued or being encoded.</summary>
    public FsError WaitIdle()
    {
        lock (_lock)
        {
            while (_queue.Count + _inFlightCount > 0)
                Monitor.Wait(_lock);
            return _failure;
        }
    }

    /// <summary>Whether any byte handed in is not in a pack yet.</summary>
    public bool HasPending
    {
        get
        {
            lock (_lock)
                return _pending.Count > 0;
        }
    }

    /// <summary>Reads bytes that are still pending; false when the glyph is not (or no longer) among them.</summary>
    public bool TryRead(Glyph glyph, Span<byte> target, out int count)
    {
        lock (_lock)
        {
            foreach (PendingBlock block in _pending)
            {
                if (!block.Contains(glyph))
                    continue;
                ReadOnlySpan<byte> from = block.Plain[(int)(glyph - block.Start)..];
                count = Math.Min(from.Length, target.Length);
                from[..count].CopyTo(target);
                return true;
            }
        }

        count = 0;
        return false;
    }

    /// <summary>
    /// Runs work on a worker when there is nothing to encode; dropped when the workers are far behind.
    /// </summary>
    public void TryRunInBackground(Action work)
    {
        lock (_lock)
        {
            if (_background.Count >= _queueCountMax * 4 || _isStopping)
                return;
            _background.Enqueue(work);
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Ends the workers; what is still queued is dropped (the owner has committed, or gives up).</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isStopping = true;
            Monitor.PulseAll(_lock);
        }

        foreach (Thread worker in _workers)
            worker.Join();
    }

    private void Seal(ref PendingBlock? open)
    {
        PendingBlock block = open!;
        open = null;
        while (_queue.Count >= _queueCountMax && !_isStopping)
            Monitor.Wait(_lock);
        _queue.Enqueue(block);
        Monitor.PulseAll(_lock);
    }

    private void Work()
    {
        using var encoder = new BlockEncoder();
        while (true)
        {
            PendingBlock? block = null;
            Action? background = null;
            lock (_lock)
            {
                while (!_queue.TryDequeue(out block) && !_background.TryDequeue(out background))
                {
                    if (_isStopping)
                        return;
                    Monitor.Wait(_lock);
                }

                if (block is not null)
                    _inFlightCount++;
            }

            if (block is null)
            {
                RunInBackground(background!);
                continue;
            }

            FsError result = Store(encoder, block);
            lock (_lock)
            {
                _inFlightCount--;
                if (result == FsError.None)
                {
                    _pending.Remove(block);
                    block.Release();
                }
                else
                {
                    _failed.Enqueue(block);
                    _failure = result;
                }

                Monitor.PulseAll(_lock);
            }
        }
    }

    // What is read ahead is read again by who wants it: only the log needs to know.
    private void RunInBackground(Action work)
    {
        try
        {
            work();
        }
        catch (Exception failure)
        {
            Log.BackgroundWorkFailed(_logger, failure);
        }
    }

    // Data before metadata: the region is named only when the block's bytes are in the pack (flushed before the
    // commit).
    private FsError Store(BlockEncoder encoder, PendingBlock block)
    {
        try
        {
            EncodedBlock encoded = encoder.Encode(block.Plain, block.Chunks, block.Class, _level);
            BlockLocation location = _packs.Append(encoded);
            _codex.Add(new Region(block.Start, block.Length, location, 0), block.Class, block.Chunks.Length);
            return FsError.None;
        }
        catch (Exception failure)
        {
            // Whatever it was, the block is kept: its bytes are promised to whoever wrote them.
            Log.BlockNotStored(_logger, block.Length, failure);
            return failure is IOException io && DiskFull.Is(io) ? FsError.OutOfSpace : FsError.IoFailure;
        }
    }
}
