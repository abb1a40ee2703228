using Hartfs.Core.Commit;
using Hartfs.Storage.BlockStores;

namespace Hartfs.Core;

/// <summary>
/// Room for more: on the backing disk above the reserve, and below the volume's own limit. Asked for at most a few
/// times a second.
/// </summary>
/// <param name="reservedBytes">Bytes of the backing disk that are never used, the ballast included.</param>
/// <param name="limit">What the volume may still grow by.</param>
internal sealed class FreeSpace(
    IBlockStore store, long reservedBytes, Ballast ballast, Func<long> limit, TimeProvider time)
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
                    _bytes = Math.Min(store.FreeBytes - reservedBytes + ballast.HeldBytes, limit());
                    _askedAt = time.GetTimestamp();
                }

                return _bytes;
            }
        }
    }
}
