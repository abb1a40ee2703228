namespace Hartfs.Fuse;

/// <summary>A flag threads can wait for. Needs no disposal, so it may outlive whoever made it.</summary>
internal sealed class Latch
{
    // guards: _isSet
    private readonly object _monitor = new();
    private volatile bool _isSet;

    public bool IsSet => _isSet;

    public void Set()
    {
        lock (_monitor)
        {
            _isSet = true;
            Monitor.PulseAll(_monitor);
        }
    }

    public void Reset() => _isSet = false;

    /// <summary>Waits until the flag is set or the time is over.</summary>
    /// <returns>Whether it is set.</returns>
    public bool Wait(TimeSpan timeout)
    {
        long deadline = timeout == Timeout.InfiniteTimeSpan
            ? long.MaxValue : Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        lock (_monitor)
        {
            while (!_isSet)
            {
                long left = deadline - Environment.TickCount64;
                if (left <= 0)
                    return false;
                Monitor.Wait(_monitor, (int)Math.Min(left, int.MaxValue));
            }
            return true;
        }
    }
}
