namespace Hartfs.Cli.Mounting;

/// <summary>Requests at work on a volume, so that it is not closed beneath them.</summary>
internal sealed class VolumeUses : IDisposable
{
    // guards: everything below
    private readonly object _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private int _count;
    private bool _isClosing;

    /// <summary>Cancelled when the volume is about to be closed.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>Begins a use; the result ends it. Throws <see cref="CommandFailure"/> when it is too late.</summary>
    public Use Begin()
    {
        lock (_lock)
        {
            if (_isClosing)
                throw new CommandFailure(ExitCode.NotMounted, "the volume is being unmounted.");
            _count++;
            return new Use(this);
        }
    }

    /// <summary>Lets nothing more begin, cancels what is under way and waits for its end.</summary>
    public void Close()
    {
        lock (_lock)
            _isClosing = true;
        _closing.Cancel();
        lock (_lock)
            while (_count > 0)
                Monitor.Wait(_lock);
    }

    public void Dispose() => _closing.Dispose();

    private void End()
    {
        lock (_lock)
        {
            _count--;
            Monitor.PulseAll(_lock);
        }
    }

    internal readonly struct Use(VolumeUses uses) : IDisposable
    {
        public void Dispose() => uses.End();
    }
}
