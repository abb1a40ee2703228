using Hartfs.Format;

namespace Hartfs.Storage.Chunking;

/// <summary>
/// Where content is cut. Persisted in the superblock, because equal bytes are found again only when they are cut
/// alike. All lengths are bytes.
/// </summary>
/// <param name="Min">Shortest chunk, but for the last one before a run or the end of the data.</param>
/// <param name="Max">Longest chunk of compressible content.</param>
/// <param name="LargeMin">Shortest group of chunks that is judged, and stored as one chunk when incompressible.</param>
/// <param name="LargeMax">Longest such group; <see cref="Limits.ChunkBytesMax"/> at most.</param>
/// <param name="RunBytesMin">Shortest run of one pattern that becomes a piece of its own; a multiple of 4096.</param>
public readonly record struct ChunkerParameters(int Min, int Max, int LargeMin, int LargeMax, int RunBytesMin)
{
    /// <summary>8 KiB on average, 64 KiB for what does not compress.</summary>
    public static readonly ChunkerParameters Default = FromAverages(8 << 10, 64 << 10);

    /// <summary>Average length of a chunk of compressible content.</summary>
    public int Average => (Min + Max) / 2;

    /// <summary>Average length of a chunk of incompressible content.</summary>
    public int LargeAverage => (LargeMin + LargeMax) / 2;

    /// <summary>
    /// Bytes from which on <see cref="Cutter.Cut"/> always consumes some, even when more data follows.
    /// </summary>
    public int BytesMin => (2 * LargeMax) + (2 * RunBytesMin) + (2 * RepeatScanner.PageBytes);

    /// <summary>The parameters for two averages.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The averages contradict each other or the limits.</exception>
    public static ChunkerParameters FromAverages(int average, int largeAverage)
    {
        ChunkerParameters parameters = new(
            average / 2, average + (average / 2), largeAverage / 2, largeAverage + (largeAverage / 2), 4096);
        parameters.Validate();
        return parameters;
    }

    /// <summary>Refuses parameters that the cutter cannot follow, as a damaged superblock may hold.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A length is out of range.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Min, 256);
        ArgumentOutOfRangeException.ThrowIfLessThan(Max, Min + 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(LargeMin, Max);
        ArgumentOutOfRangeException.ThrowIfLessThan((long)LargeMax, (long)LargeMin + Max);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(LargeMax, Limits.ChunkBytesMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(RunBytesMin, RepeatScanner.PageBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RunBytesMin, Limits.ChunkBytesMax);
        ArgumentOutOfRangeException.ThrowIfNotEqual(RunBytesMin % RepeatScanner.PageBytes, 0);
    }
}
