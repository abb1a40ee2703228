namespace Hartfs.Fuse;

/// <summary>
/// Bounds what the kernel remembers, and with it the table of references: it keeps every inode it was ever told of
/// until memory runs short. Above the limit the inodes told first are offered back to it (NOTIFY_PRUNE, Linux 6.19);
/// it lets go of those not in use and sends FORGET for them.
/// </summary>
internal sealed class FuseLookupLimit
{
    /// <summary>Look-ups outstanding before inodes are offered back. A million costs Core some 20 MB.</summary>
    public const int LookupsMaxDefault = 2 << 20;

    private readonly long _lookupsMax;
    private readonly Action _exceeded;

    // The inodes told, oldest overwritten first. Racing writers may hide one another's entry: an inode less to offer.
    private readonly ulong[] _ring;
    private long _head;
    private long _tail;
    private long _outstanding;
    private int _isExceeded;

    /// <param name="lookupsMax">A power of two.</param>
    /// <param name="exceeded">Called when the limit is passed, on a request thread; not again until
    /// <see cref="Rearm"/>.</param>
    public FuseLookupLimit(int lookupsMax, Action exceeded)
    {
        _lookupsMax = lookupsMax;
        _exceeded = exceeded;
        _ring = GC.AllocateUninitializedArray<ulong>(lookupsMax);
    }

    /// <summary>Notes that the kernel was told of an inode.</summary>
    public void Add(ulong nodeId)
    {
        long position = Interlocked.Increment(ref _head) - 1;
        _ring[position & (_lookupsMax - 1)] = nodeId;
        if (Interlocked.Increment(ref _outstanding) > _lookupsMax && Volatile.Read(ref _isExceeded) == 0 &&
            Interlocked.Exchange(ref _isExceeded, 1) == 0)
            _exceeded();
    }

    /// <summary>Notes that the kernel gave look-ups back.</summary>
    public void Remove(ulong count) => Interlocked.Add(ref _outstanding, -(long)count);

    /// <summary>Takes the inodes told first. One caller at a time.</summary>
    /// <returns>How many; 0 when enough was given back, or none is left to offer.</returns>
    public int TakeOldest(Span<ulong> nodeIds)
    {
        // A sixteenth below the limit, so that it is not passed again by the next look-up.
        if (Volatile.Read(ref _outstanding) <= _lookupsMax - (_lookupsMax / 16))
            return 0;
        long head = Volatile.Read(ref _head);
        _tail = Math.Max(_tail, head - _lookupsMax);
        int count = (int)Math.Min(nodeIds.Length, head - _tail);
        for (int i = 0; i < count; i++)
            nodeIds[i] = _ring[_tail++ & (_lookupsMax - 1)];
        return count;
    }

    /// <summary>Lets the limit report again.</summary>
    public void Rearm() => Volatile.Write(ref _isExceeded, 0);
}
