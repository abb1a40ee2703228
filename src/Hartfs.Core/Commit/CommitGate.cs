namespace Hartfs.Core.Commit;

/// <summary>
/// Changes pass through side by side; a commit closes the gate, waits for those inside, and finds the volume standing
/// still at one moment. Not reentrant. Taken before every other lock.
/// </summary>
internal sealed class CommitGate : IDisposable
{
    private readonly ReaderWriterLockSlim _lock = new(LockRecursionPolicy.NoRecursion);

    /// <summary>
    /// Held around long passages (drains of some MiB), taken before the gate. Who must close the gate within
    /// milliseconds takes it first, and so waits for them before anybody else has to.
    /// </summary>
    public Lock BulkWork { get; } = new();

    /// <summary>Enters with a change; leave by disposing.</summary>
    public Passage EnterChange()
    {
        _lock.EnterReadLock();
        return new Passage(_lock);
    }

    /// <summary>Enters with a change that can also be left out: false while a commit has the gate closed.</summary>
    public bool TryEnterChange() => _lock.TryEnterReadLock(0);

    /// <summary>Leaves after <see cref="TryEnterChange"/>.</summary>
    public void ExitChange() => _lock.ExitReadLock();

    /// <summary>Keeps all changes out; open again by disposing.</summary>
    public Closure Close()
    {
        _lock.EnterWriteLock();
        return new Closure(_lock);
    }

    public void Dispose() => _lock.Dispose();

    internal readonly ref struct Passage(ReaderWriterLockSlim gate)
    {
        public void Dispose() => gate.ExitReadLock();
    }

    internal readonly ref struct Closure(ReaderWriterLockSlim gate)
    {
        public void Dispose() => gate.ExitWriteLock();
    }
}
