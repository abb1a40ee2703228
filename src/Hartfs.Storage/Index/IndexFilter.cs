
namespace Hartfs.Storage.Index;

/// <summary>
/// A Bloom filter in blocks of one cache line. A key's block is its place in key order, so a filter is written in
/// one pass over sorted keys, and a part of it serves a part of the keys. With seven bits an entry and five probes
/// about 5 % of absent keys pass.
/// </summary>
internal static class IndexFilter
{
    public const int BlockBytes = 64;
    public const int BlockBits = 8 * BlockBytes;

    /// <summary>Blocks in a page; the rest of its payload is zero.</summary>
    public const int BlocksPerPage = IndexPage.PayloadBytes / BlockBytes;

    /// <summary>Bits set for each key.</summary>
    public const int Probes = 5;

    private const int ProbeBits = 9; // log2(BlockBits)

    // Odd, with bits well spread. Persisted behaviour.
    private const ulong Factor = 0xD6E8FEB86659FD93;

    /// <summary>Adds a key to its block.</summary>
    public static void Add(Span<byte> block, ulong key)
    {
        ulong hash = key * Factor;
        for (int probe = 0; probe < Probes; probe++, hash <<= ProbeBits)
        {
            int bit = (int)(hash >> (64 - ProbeBits));
            block[bit >> 3] |= (byte)(1 << (bit & 7));
        }
    }

    /// <summary>False when the key was certainly not added to the block.</summary>
    public static bool MayHold(ReadOnlySpan<byte> block, ulong key)
    {
        ulong hash = key * Factor;
        for (int probe = 0; probe < Probes; probe++, hash <<= ProbeBits)
        {
            int bit = (int)(hash >> (64 - ProbeBits));
            if ((block[bit >> 3] & (1 << (bit & 7))) == 0)
                return false;
        }

        return true;
    }
}
