namespace Hartfs.Benchmarks.Ratio;

/// <summary>What one peer needed for one corpus.</summary>
/// <param name="Corpus">The corpus.</param>
/// <param name="LogicalBytes">Bytes of its files.</param>
/// <param name="Peer">The peer.</param>
/// <param name="StoredBytes">Bytes on disk with the corpus in an otherwise empty store.</param>
/// <param name="SecondCopyBytes">Bytes that a second copy of the same corpus added.</param>
/// <param name="StoreSeconds">Wall seconds until the first copy was stored.</param>
internal sealed record RatioReading(
    string Corpus, long LogicalBytes, string Peer, long StoredBytes, long SecondCopyBytes, double StoreSeconds);
