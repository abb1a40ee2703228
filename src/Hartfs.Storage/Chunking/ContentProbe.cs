using System.Numerics;
using Hartfs.Format;

namespace Hartfs.Storage.Chunking;

/// <summary>
/// Judges content by a histogram of at most 4 KiB of it. Integers only: the judgement decides how content is cut,
/// so every machine must come to the same one.
/// </summary>
internal static class ContentProbe
{
    private const int SampleBytesMax = 4096;
    private const int SampleRuns = 16;
    private const int Symbols = 256;

    // Fewer bytes say nothing about entropy: 256 symbols need a few occurrences each.
    private const int EntropyBytesMin = 1024;

    // Units of the entropy table: 1/1024 bit.
    private const int BitUnits = 1024;

    // A uniform source seems to lack (symbols - 1) / (2 ln 2) = 184 bits over any sample; its spread is small.
    private const long SampleBiasBits = 184;

    // Content that an order-0 coder shrinks by less than this share (1/64 of 8 bits) is not worth a coder.
    private const long ShrinkShare = 64;

    private static readonly int[] CountLogs = BuildCountLogs();

    /// <summary>The class of a run of bytes.</summary>
    public static ContentClass Classify(ReadOnlySpan<byte> content)
    {
        Span<int> counts = stackalloc int[Symbols];
        int sampled = Sample(content, counts);
        if (sampled >= EntropyBytesMin && IsIncompressible(counts, sampled))
            return ContentClass.Incompressible;

        return IsText(counts, sampled) ? ContentClass.Text : ContentClass.Other;
    }

    private static int Sample(ReadOnlySpan<byte> content, Span<int> counts)
    {
        // Four tables, so that equal neighbours do not wait for each other's store.
        Span<int> tables = stackalloc int[4 * Symbols];
        tables.Clear();
        int sampled = 0;
        if (content.Length <= SampleBytesMax)
        {
            Count(content, tables);
            sampled = content.Length;
        }
        else
        {
            const int RunBytes = SampleBytesMax / SampleRuns;
            for (int run = 0; run < SampleRuns; run++)
            {
                int at = (int)((long)(content.Length - RunBytes) * run / (SampleRuns - 1));
                Count(content.Slice(at, RunBytes), tables);
                sampled += RunBytes;
            }
        }

        for (int symbol = 0; symbol < Symbols; symbol++)
        {
            counts[symbol] = tables[symbol] + tables[Symbols + symbol]
                + tables[(2 * Symbols) + symbol] + tables[(3 * Symbols) + symbol];
        }

        return sampled;
    }

    private static void Count(ReadOnlySpan<byte> run, Span<int> tables)
    {
        Span<int> first = tables[..Symbols];
        Span<int> second = tables.Slice(Symbols, Symbols);
        Span<int> third = tables.Slice(2 * Symbols, Symbols);
        Span<int> fourth = tables.Slice(3 * Symbols, Symbols);
        int at = 0;
        for (; at + 4 <= run.Length; at += 4)
        {
            first[run[at]]++;
            second[run[at + 1]]++;
            third[run[at + 2]]++;
            fourth[run[at + 3]]++;
        }

        for (; at < run.Length; at++)
            first[run[at]]++;
    }

    private static bool IsIncompressible(ReadOnlySpan<int> counts, int sampled)
    {
        // Entropy of the sample in units: n log n - sum of c log c.
        long entropy = CountLogs[sampled];
        foreach (int count in counts)
            entropy -= CountLogs[count];

        long missing = ((long)sampled * 8 * BitUnits) - entropy;
        long tolerated = (SampleBiasBits * BitUnits * 5 / 4) + ((long)sampled * 8 * BitUnits / ShrinkShare);
        return missing <= tolerated;
    }

    /// <summary>Whether the sample has next to no control characters: ASCII, UTF-8 or another byte charset.</summary>
    private static bool IsText(ReadOnlySpan<int> counts, int sampled)
    {
        int controls = counts[127];
        for (int symbol = 0; symbol < 32; symbol++)
        {
            if (symbol is not ('\t' or '\n' or '\r' or '\f'))
                controls += counts[symbol];
        }

        return controls <= sampled / 512;
    }

    /// <summary>count × log2(count) in units, by squaring integers: floating point may differ by machine.</summary>
    private static int[] BuildCountLogs()
    {
        int[] logs = new int[SampleBytesMax + 1];
        for (int count = 2; count < logs.Length; count++)
        {
            int whole = BitOperations.Log2((uint)count);
            ulong mantissa = (ulong)count << (31 - whole);
            long log = whole;
            for (int bit = 0; bit < 16; bit++)
            {
                mantissa = (mantissa * mantissa) >> 31;
                log <<= 1;
                if (mantissa < 1UL << 32)
                    continue;

                mantissa >>= 1;
                log |= 1;
            }

            logs[count] = (int)((count * log * BitUnits) >> 16);
        }

        return logs;
    }
}
