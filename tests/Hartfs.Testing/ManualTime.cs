namespace Hartfs.Testing;

/// <summary>
/// A clock that stands still until told: the wall time of a test. Timers and timestamps stay the system's.
/// </summary>
public sealed class ManualTime : TimeProvider
{
    private long _ticks = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;

    /// <summary>Nanoseconds since 1970-01-01 UTC.</summary>
    public long Nanoseconds => (Volatile.Read(ref _ticks) - DateTimeOffset.UnixEpoch.UtcTicks) * 100;

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _ticks), TimeSpan.Zero);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
}
