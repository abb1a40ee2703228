namespace Hartfs.Metadata.Tables;

/// <summary>
/// The places of a name in its directory, a part of the format: 16 + (31-bit hash of the folded name &lt;&lt; 16) +
/// sequence. All spellings of a name share one range of 65,536 cookies.
/// </summary>
internal static class NameCookie
{
    /// <summary>Cookies below are never used: 0 to 2 mean the start of a listing, "." and "..".</summary>
    public const long Reserved = 16;

    /// <summary>Names that one hash has room for.</summary>
    public const int SequenceCount = 1 << 16;

    private const int HashBits = 31;
    private const ulong FnvOffset = 0xCBF29CE484222325;
    private const ulong FnvPrime = 0x100000001B3;
    private const ulong FinalMultiplier = 0x9E3779B97F4A7C15;

    /// <summary>The first cookie of the range for a name.</summary>
    public static long First(ReadOnlySpan<byte> name)
    {
        Span<byte> folded = stackalloc byte[NameFolding.FoldedBytesMax];
        return FirstOfFolded(folded[..NameFolding.Fold(name, folded)]);
    }

    /// <summary>The first cookie of the range for a name folded already.</summary>
    public static long FirstOfFolded(ReadOnlySpan<byte> folded)
    {
        // FNV-1a with a last multiplication, whose upper bits depend on every byte.
        ulong hash = FnvOffset;
        foreach (byte value in folded)
            hash = (hash ^ value) * FnvPrime;
        hash = (hash ^ (hash >> 32)) * FinalMultiplier;
        return Reserved + ((long)(hash >> (64 - HashBits)) << 16);
    }
}
