namespace Hartfs.Core.Files;

/// <summary>
/// The limit on bytes written but not yet in packs (I7). Over it writers wait; a single writer always gets through.
/// </summary>
internal sealed class WriteBudget(long bytesMax)
{
    private static readonly TimeSpan RefusalPeriod = TimeSpan.FromMilliseconds(200);

    // guards: everything below
    private readonly object _lock = new();
    private long _used;
    private long _limit = bytesMax;
    private long _narrowBytes;
    private int _waiterCount;

    /// <summary>Bytes in use.</summary>
    public long UsedBytes => Volatile.Read(ref _used);

    /// <summary>Whether a writer waits: then what is dirty must be drained, however little it is.</summary>
    public bool HasWaiters => Volatile.Read(ref _waiterCount) > 0;

    /// <summary>Called when a writer begins to wait; wakes whoever drains. Must not block.</summary>
    public Action? Waiting { get; set; }

    /// <summary>The limit.</summary>
    public long BytesMax { get; } = bytesMax;

    /// <summary>Takes bytes, waiting until they are there. Never call it while holding a lock or the gate.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="refusal">Asked while waiting: what became of the volume. Anything but None ends the wait.</param>
    public FsError Reserve(long bytes, Func<FsError> refusal)
    {
        lock (_lock)
        {
            if (_used > 0 && _used + bytes > _limit && WaitForRoom(bytes, refusal) is var error &&
                error != FsError.None)
                return error;
            _used += bytes;
            return FsError.None;
        }
    }

    /// <summary>Corrects the use without waiting: a release, or memory that turned out larger than reserved.</summary>
    public void Adjust(long bytes)
    {
        if (bytes == 0)
            return;
        lock (_lock)
        {
            _used += bytes;
            if (bytes >= 0)
                return;
            if (_narrowBytes > 0)
                _limit = Math.Max(_narrowBytes, _limit + bytes / 2);
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>
    /// Makes writers go at half the speed of the drain until next to nothing is dirty, so that a moment without dirty
    /// bytes is near and nobody stood still for it. Ends with <see cref="Widen"/>.
    /// </summary>
    /// <param name="restBytes">How low the limit may go.</param>
    public void Narrow(long restBytes)
    {
        lock (_lock)
        {
            _narrowBytes = Math.Min(restBytes, BytesMax);
            _limit = Math.Clamp(_used, _narrowBytes, BytesMax);
        }
    }

    /// <summary>Gives writers the whole budget again.</summary>
    public void Widen()
    {
        lock (_lock)
        {
            _narrowBytes = 0;
            _limit = BytesMax;
            Monitor.PulseAll(_lock);
        }
    }

    private FsError WaitForRoom(long bytes, Func<FsError> refusal)
    {
        _waiterCount++;
        try
        {
            Waiting?.Invoke();
            while (_used > 0 && _used + bytes > _limit)
            {
                // A volume that stopped, or a full disk, frees nothing: nobody would wake the waiter.
                if (!Monitor.Wait(_lock, RefusalPeriod) && refusal() is var error && error != FsError.None)
                    return error;
            }

            return FsError.None;
        }
        finally
        {
            _waiterCount--;
        }
    }
}
