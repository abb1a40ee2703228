using Hartfs.Storage.BlockStores;

namespace Hartfs.Core;

/// <summary>Room on the backing disk above the reserve, asked for at most a few times a second.</summary>
internal sealed class FreeSpace(IBlockStore store, long reservedBytes, TimeProvider time)
{
    private static readonly TimeSpan AgeMax = TimeSpan.FromMilliseconds(100);

    // guards: both fields
    private readonly Lock _lock = new();
    private long _askedAt = long.MinValue;
    private long _bytes;

    /// <summary>Bytes that may still be used; negative when the reserve is being eaten.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                if (_askedAt == long.MinValue || time.GetElapsedTime(_askedAt) > AgeMax)
                {
                    _bytes = store.FreeBytes - reservedBytes;
                    _askedAt = time.GetTimestamp();
                }

                return _bytes;
            }
        }
    }
}
