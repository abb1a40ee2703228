namespace Hartfs.Storage.Index;

/// <summary>Bytes that the index may keep in memory to spare reads. Thread-safe.</summary>
internal sealed class MemoryBudget(long bytesMax)
{
    private long _usedBytes;

    /// <summary>Bytes taken.</summary>
    public long UsedBytes => Volatile.Read(ref _usedBytes);

    /// <summary>Takes bytes if there are so many left.</summary>
    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _usedBytes, bytes) <= bytesMax)
            return true;

        GiveBack(bytes);
        return false;
    }

    /// <summary>Gives back bytes that were taken.</summary>
    public void GiveBack(int bytes) => Interlocked.Add(ref _usedBytes, -bytes);
}
