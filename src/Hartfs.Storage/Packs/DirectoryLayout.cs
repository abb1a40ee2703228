using Hartfs.Format;

namespace Hartfs.Storage.Packs;

/// <summary>
/// The bytes of a block's directory: the glyph runs, the chunk lengths, the fingerprints
/// (<c>native-notes/format.md#directory</c>). The first glyph and the number of chunks are in the block's header.
/// </summary>
internal static class DirectoryLayout
{
    /// <summary>Writes a directory; returns its length.</summary>
    public static int Write(Span<byte> destination, ReadOnlySpan<ChunkEntry> chunks)
    {
        int length = WriteRuns(destination, chunks);
        foreach (ref readonly ChunkEntry chunk in chunks)
            length += VarInt.Write(destination[length..], (ulong)chunk.Length);
        foreach (ref readonly ChunkEntry chunk in chunks)
        {
            chunk.Fingerprint.CopyTo(destination[length..]);
            length += Fingerprint.Size;
        }

        return length;
    }

    /// <summary>Reads the directory that belongs to a header. False when it is none, whatever it is.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, in BlockHeader header, out ChunkEntry[] chunks)
    {
        chunks = new ChunkEntry[header.ChunkCount];
        if (source.Length != header.DirectoryLength
            || source.Length <= (long)header.ChunkCount * Fingerprint.Size)
        {
            return false;
        }

        int numbersLength = source.Length - (header.ChunkCount * Fingerprint.Size);
        ReadOnlySpan<byte> numbers = source[..numbersLength];
        ReadOnlySpan<byte> fingerprints = source[numbersLength..];
        // Runs come before lengths: note the gap before each chunk, then add up.
        var gaps = new long[header.ChunkCount];
        return TryReadRuns(ref numbers, header, gaps) && TryReadLengths(numbers, fingerprints, header, gaps, chunks);
    }

    private static int WriteRuns(Span<byte> destination, ReadOnlySpan<ChunkEntry> chunks)
    {
        int runCount = 1;
        for (int i = 1; i < chunks.Length; i++)
        {
            if (!Adjoins(chunks, i))
                runCount++;
        }

        int length = VarInt.Write(destination, (ulong)runCount);
        int first = 0;
        for (int i = 1; i < chunks.Length && runCount > 1; i++)
        {
            if (Adjoins(chunks, i))
                continue;
            length += VarInt.Write(destination[length..], (ulong)(i - first));
            long gap = chunks[i].Start - (chunks[i - 1].Start + chunks[i - 1].Length);
            length += VarInt.Write(destination[length..], VarInt.Fold(gap));
            first = i;
        }

        return length;
    }

    private static bool Adjoins(ReadOnlySpan<ChunkEntry> chunks, int index) =>
        chunks[index].Start == chunks[index - 1].Start + chunks[index - 1].Length;

    // Fills in the gap before each chunk: 0 within a run, the first glyph before the first chunk.
    private static bool TryReadRuns(ref ReadOnlySpan<byte> numbers, in BlockHeader header, Span<long> gaps)
    {
        if (!VarInt.TryRead(ref numbers, out ulong runCount) || runCount == 0 || runCount > (ulong)gaps.Length)
            return false;
        gaps[0] = header.FirstGlyph.Value;
        int index = 0;
        for (ulong run = 1; run < runCount; run++)
        {
            if (!VarInt.TryRead(ref numbers, out ulong chunkCount) || !VarInt.TryRead(ref numbers, out ulong gap)
                || chunkCount == 0 || chunkCount >= (ulong)(gaps.Length - index))
            {
                return false;
            }

            index += (int)chunkCount;
            gaps[index] = VarInt.Unfold(gap);
        }

        return true;
    }

    private static bool TryReadLengths(
        ReadOnlySpan<byte> numbers, ReadOnlySpan<byte> fingerprints, in BlockHeader header,
        ReadOnlySpan<long> gaps, Span<ChunkEntry> chunks)
    {
        long offset = 0;
        long glyph = 0;
        for (int i = 0; i < chunks.Length; i++)
        {
            glyph = unchecked(glyph + gaps[i]);
            if (!VarInt.TryRead(ref numbers, out ulong length) || length == 0
                || length > (ulong)(header.PlainLength - offset)
                || glyph <= 0 || glyph > long.MaxValue - (long)length)
            {
                return false;
            }

            chunks[i] = new ChunkEntry(
                new Glyph(glyph), (int)length, new Fingerprint(fingerprints[(i * Fingerprint.Size)..]));
            offset += (long)length;
            glyph += (long)length;
        }

        return numbers.IsEmpty && offset == header.PlainLength;
    }
}
