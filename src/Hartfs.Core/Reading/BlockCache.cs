using Hartfs.Format;

namespace Hartfs.Core.Reading;

/// <summary>
/// Decoded blocks by glyph: limited in bytes, one load per block however many readers want it, and resistant to
/// scans: a block enters a small queue and reaches the main one only when it is used again (S3-FIFO, SOSP 2023).
/// </summary>
internal sealed class BlockCache(long bytesMax)
{
    private const int CountMax = 16 << 10;
    private const int SmallShare = 10;
    private const int UseCountMax = 3;

    // guards: everything below, and the fields of the blocks
    private readonly object _lock = new();
    private readonly List<CachedBlock> _byStart = [];
    private readonly Queue<CachedBlock> _small = new();
    private readonly Queue<CachedBlock> _main = new();
    private long _smallBytes;
    private long _mainBytes;
    private long _hitCount;
    private long _missCount;

    /// <summary>Reads answered from the cache.</summary>
    public long HitCount => Volatile.Read(ref _hitCount);

    /// <summary>Reads that had to decode.</summary>
    public long MissCount => Volatile.Read(ref _missCount);

    /// <summary>Copies from a cached block; false when there is none with this glyph.</summary>
    public bool TryRead(Glyph glyph, Span<byte> target, out int count)
    {
        CachedBlock? block;
        lock (_lock)
        {
            block = Find(glyph);
            while (block is { IsLoading: true })
            {
                Monitor.Wait(_lock);
                block = Find(glyph);
            }

            if (block is null)
            {
                _missCount++;
                count = 0;
                return false;
            }

            _hitCount++;
            block.PinCount++;
        }

        count = Copy(block, glyph, target);
        return true;
    }

    /// <summary>Whether a block with this glyph is there or on its way.</summary>
    public bool Contains(Glyph glyph)
    {
        lock (_lock)
            return Find(glyph) is not null;
    }

    /// <summary>
    /// Claims the load of a region's block. Null: somebody else has it, or is loading it. Otherwise the caller fills
    /// <see cref="CachedBlock.Buffer"/> and calls <see cref="Complete"/> or <see cref="Abandon"/>.
    /// </summary>
    public CachedBlock? TryBeginLoad(in Region region)
    {
        lock (_lock)
        {
            if (Find(region.Start) is not null)
                return null;
            var block = new CachedBlock(region.Start, region.Length);
            _byStart.Insert(IndexBehind(region.Start), block);
            _small.Enqueue(block);
            _smallBytes += block.Buffer.Length;
            Evict();
            return block;
        }
    }

    /// <summary>The block's bytes are there.</summary>
    public void Complete(CachedBlock block)
    {
        lock (_lock)
        {
            block.IsLoading = false;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>The load failed: readers that wait try for themselves.</summary>
    public void Abandon(CachedBlock block)
    {
        lock (_lock)
        {
            _byStart.Remove(block);
            block.IsLoading = false;
            Monitor.PulseAll(_lock);
        }
    }

    private int Copy(CachedBlock block, Glyph glyph, Span<byte> target)
    {
        int from = (int)(glyph - block.Start);
        int count = Math.Min(block.Length - from, target.Length);
        block.Buffer.AsSpan(from, count).CopyTo(target);
        lock (_lock)
        {
            block.PinCount--;
            if (from != block.LastEnd)
                block.UseCount = Math.Min(block.UseCount + 1, UseCountMax);
            block.LastEnd = from + count;
        }

        return count;
    }

    private void Evict()
    {
        // A full turn without a victim means that everything is pinned or loading: then the limit waits for them.
        int turns = _small.Count + _main.Count * (UseCountMax + 1) + 1;
        while (turns-- > 0 && (_smallBytes + _mainBytes > bytesMax || _byStart.Count > CountMax))
        {
            bool fromSmall = _main.Count == 0 || _smallBytes * SmallShare > bytesMax;
            if (fromSmall)
                EvictSmall();
            else
                EvictMain();
        }
    }

    private void EvictSmall()
    {
        CachedBlock block = _small.Dequeue();
        if (block.IsLoading || block.PinCount > 0)
        {
            _small.Enqueue(block);
            return;
        }

        _smallBytes -= block.Buffer.Length;
        if (block.UseCount > 0 && IsListed(block))
        {
            block.UseCount = 0;
            _main.Enqueue(block);
            _mainBytes += block.Buffer.Length;
        }
        else
        {
            Drop(block);
        }
    }

    private void EvictMain()
    {
        CachedBlock block = _main.Dequeue();
        if (block.PinCount > 0 || block.UseCount > 0)
        {
            block.UseCount = Math.Max(block.UseCount - 1, 0);
            _main.Enqueue(block);
            return;
        }

        _mainBytes -= block.Buffer.Length;
        Drop(block);
    }

    private void Drop(CachedBlock block)
    {
        if (IsListed(block))
            _byStart.RemoveAt(IndexBehind(block.Start) - 1);
        block.Release();
    }

    private bool IsListed(CachedBlock block)
    {
        int index = IndexBehind(block.Start) - 1;
        return index >= 0 && ReferenceEquals(_byStart[index], block);
    }

    private CachedBlock? Find(Glyph glyph)
    {
        int index = IndexBehind(glyph) - 1;
        return index >= 0 && _byStart[index].Contains(glyph) ? _byStart[index] : null;
    }

    // The index of the first block that starts behind the glyph.
    private int IndexBehind(Glyph glyph)
    {
        int low = 0;
        int high = _byStart.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_byStart[middle].Start <= glyph)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
