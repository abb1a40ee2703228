using System.Diagnostics;

namespace Hartfs.Core.Integrity;

/// <summary>Slows work down to so many bytes a second. One thread.</summary>
/// <param name="bytesPerSecond">0: no limit.</param>
internal sealed class RateLimit(long bytesPerSecond)
{
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);

    private readonly long _begin = Stopwatch.GetTimestamp();
    private long _bytes;

    /// <summary>Counts bytes; waits until they may have been used. Ends with the cancellation.</summary>
    public void Use(long bytes, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (bytesPerSecond <= 0)
            return;
        _bytes += bytes;
        TimeSpan due = TimeSpan.FromSeconds((double)_bytes / bytesPerSecond);
        while (due - Stopwatch.GetElapsedTime(_begin) is var wait && wait > TimeSpan.Zero)
        {
            cancel.WaitHandle.WaitOne(wait < PauseMax ? wait : PauseMax);
            cancel.ThrowIfCancellationRequested();
        }
    }
}
