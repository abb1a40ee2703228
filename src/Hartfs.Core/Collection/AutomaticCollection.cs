namespace Hartfs.Core.Collection;

/// <summary>
/// The thread that collects by itself: when files have given up enough, the last look is long enough ago and nobody
/// writes; or when it is asked for.
/// </summary>
internal sealed class AutomaticCollection : IDisposable
{
    private static readonly TimeSpan TickMax = TimeSpan.FromSeconds(5);

    private readonly CollectionContext _context;
    private readonly CollectionSettings _settings;
    private readonly GarbageCollector _collector;
    private readonly CancellationTokenSource _stop = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly Thread _thread;
    private volatile bool _isRequested;
    private long _endedAt;
    private long _wantedSince;
    private long _changedAt;
    private int _changeCount;
    private bool _isWanted;

    public AutomaticCollection(CollectionContext context, GarbageCollector collector)
    {
        _context = context;
        _settings = context.Settings.Collection;
        _collector = collector;
        _endedAt = _changedAt = context.Settings.Time.GetTimestamp();
        _thread = new Thread(Run) { IsBackground = true, Name = "hartfs-collection" };
        _thread.Start();
    }

    /// <summary>Begins a collection soon, whatever the thresholds say.</summary>
    public void Request()
    {
        _isRequested = true;
        _wake.Set();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _wake.Set();
        _thread.Join();
        _stop.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        TimeSpan tick = _settings.IdleTime / 4 < TickMax ? _settings.IdleTime / 4 : TickMax;
        while (!_stop.IsCancellationRequested)
        {
            _wake.WaitOne(tick);
            if (_stop.IsCancellationRequested || _context.Committer.Fatal != FsError.None || !IsDue())
                continue;
            _isRequested = false;
            try
            {
                CollectionResult result = _collector.Run(new CollectionOptions
                {
                    DeadShareMin = _settings.DeadShareMin,
                    PackBytesMax = _settings.BytesPerRunMax,
                    IsBackground = true,
                }, cancel: _stop.Token);
                // Somebody else's collection or look had precedence: what was due is due still.
                if (result.Error == FsError.Interrupted)
                    _isRequested = true;
            }
            catch (Exception failure)
            {
                // A bug: whatever it left half done must not become durable.
                _context.Committer.Stop(failure, FsError.IoFailure);
            }

            _endedAt = _context.Settings.Time.GetTimestamp();
            _isWanted = false;
        }
    }

    private bool IsDue()
    {
        TimeProvider time = _context.Settings.Time;
        long now = time.GetTimestamp();
        long released;
        lock (_context.TreeLock)
        {
            released = _context.Metadata.State.ReleasedBytes;
            if (_context.Metadata.ChangeCount != _changeCount)
                _changedAt = now;
            _changeCount = _context.Metadata.ChangeCount;
        }

        if (_isRequested)
            return true;
        bool isWanted = (released >= _settings.ReleasedBytesMin || _collector.IsMoreToDo)
            && time.GetElapsedTime(_endedAt, now) >= _settings.Interval;
        if (isWanted && !_isWanted)
            _wantedSince = now;
        _isWanted = isWanted;
        return isWanted && (time.GetElapsedTime(_changedAt, now) >= _settings.IdleTime
            || time.GetElapsedTime(_wantedSince, now) >= _settings.IdlePatience);
    }
}
