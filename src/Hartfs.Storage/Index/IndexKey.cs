namespace Hartfs.Storage.Index;

/// <summary>
/// What the index knows of a fingerprint: 48 bits. Among a thousand million entries one look-up in 280,000 meets a
/// false one, which the caller's comparison of whole fingerprints sorts out.
/// </summary>
internal static class IndexKey
{
    /// <summary>Bytes of a key in a run.</summary>
    public const int Bytes = 6;

    /// <summary>All bits of a key.</summary>
    public const ulong Mask = (1UL << Bits) - 1;

    private const int Bits = 8 * Bytes;

    // Odd; the golden ratio. Persisted behaviour.
    private const ulong Factor = 0x9E3779B97F4A7C15;

    /// <summary>The key of a fingerprint's prefix. Keys of any prefixes are spread evenly.</summary>
    public static ulong Of(ulong prefix)
    {
        prefix = (prefix ^ (prefix >> 32)) * Factor;
        return (prefix ^ (prefix >> 32)) >> (64 - Bits);
    }

    /// <summary>Maps a key to one of <paramref name="count"/> places in key order.</summary>
    public static long Scale(ulong key, long count) => (long)Math.BigMul(key << (64 - Bits), (ulong)count, out _);
}
