namespace Hartfs.Core.Collection;

/// <summary>
/// Lets the work go on in small steps: between two of them it can be cancelled, and others come first. In the
/// background three quarters of the time are theirs, and more while writers wait.
/// </summary>
/// <param name="context">Whose clock and writers count.</param>
/// <param name="progress">Told at every step.</param>
/// <param name="isBackground">Whether nobody waits for the result.</param>
/// <param name="cancel">Ends the work at the next step.</param>
internal sealed class CollectionPace(
    CollectionContext context, CollectionProgress progress, bool isBackground, CancellationToken cancel)
{
    private const int RestFactor = 3;
    private const int BusyWaitMs = 20;
    private static readonly TimeSpan WorkMin = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan RestMax = TimeSpan.FromMilliseconds(500);

    private readonly TimeProvider _time = context.Settings.Time;
    private long _resumedAt = context.Settings.Time.GetTimestamp();

    public CollectionProgress Progress => progress;

    public CancellationToken Cancel => cancel;

    /// <summary>To be called between steps, without locks.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Step()
    {
        progress.Report();
        cancel.ThrowIfCancellationRequested();
        if (context.Budget.HasWaiters)
            cancel.WaitHandle.WaitOne(BusyWaitMs);
        TimeSpan worked = _time.GetElapsedTime(_resumedAt);
        if (!isBackground || worked < WorkMin)
            return;
        cancel.WaitHandle.WaitOne(TimeSpan.FromTicks(Math.Min(worked.Ticks * RestFactor, RestMax.Ticks)));
        cancel.ThrowIfCancellationRequested();
        _resumedAt = _time.GetTimestamp();
    }
}
