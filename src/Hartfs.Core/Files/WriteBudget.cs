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
    private int _waiterCount;

    /// <summary>Bytes in use.</summary>
    public long UsedBytes => Volatile.Read(ref _used);

    /// <summary>Whether a writer waits: then what is dirty must be drained, however little it is.</summary>
    public bool HasWaiters => Volatile.Read(ref _waiterCount) > 0;

    /// <summary>Called when a writer begins to wait; wakes whoever drains. Must not block.</summary>
    public Action? Waiting { get; set; }

    /// <summary>The limit.</summary>
    public long BytesMax => bytesMax;

    /// <summary>Takes bytes, waiting until they are there. Never call it while holding a lock or the gate.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="refusal">Asked while waiting: what became of the volume. Anything but None ends the wait.</param>
    public FsError Reserve(long bytes, Func<FsError> refusal)
    {
        lock (_lock)
        {
            if (_used > 0 && _used + bytes > bytesMax && WaitForRoom(bytes, refusal) is var error &&
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
            if (bytes < 0)
                Monitor.PulseAll(_lock);
        }
    }

    private FsError WaitForRoom(long bytes, Func<FsError> refusal)
    {
        _waiterCount++;
        try
        {
            Waiting?.Invoke();
            while (_used > 0 && _used + bytes > bytesMax)
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
