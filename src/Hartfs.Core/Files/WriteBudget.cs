namespace Hartfs.Core.Files;

/// <summary>
/// The limit on bytes written but not yet in packs (I7). Over it writers wait; a single writer always gets through.
/// </summary>
internal sealed class WriteBudget(long bytesMax)
{
    private static readonly TimeSpan RefusalPeriod = TimeSpan.FromMilliseconds(200);

    // guards: _used
    private readonly object _lock = new();
    private long _used;

    /// <summary>Bytes in use.</summary>
    public long UsedBytes => Volatile.Read(ref _used);

    /// <summary>The limit.</summary>
    public long BytesMax => bytesMax;

    /// <summary>Takes bytes, waiting until they are there. Never call it while holding a lock or the gate.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="refusal">Asked while waiting: what became of the volume. Anything but None ends the wait.</param>
    public FsError Reserve(long bytes, Func<FsError> refusal)
    {
        lock (_lock)
        {
            while (_used > 0 && _used + bytes > bytesMax)
            {
                // A volume that stopped, or a full disk, frees nothing: nobody would wake the waiter.
                if (!Monitor.Wait(_lock, RefusalPeriod) && refusal() is var error && error != FsError.None)
                    return error;
            }

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
}
