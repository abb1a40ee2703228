using System.Buffers.Binary;

namespace Hartfs.Storage.Chunking;

/// <summary>A run in which one pattern of eight bytes repeats.</summary>
/// <param name="Start">Index of its first byte; the length of the data when there is no run.</param>
/// <param name="End">Index behind its last byte.</param>
/// <param name="Pattern">The eight bytes, little-endian, anchored at file offsets that are multiples of eight.</param>
internal readonly record struct RepeatRun(int Start, int End, ulong Pattern)
{
    public int Length => End - Start;
}

/// <summary>
/// Finds runs of one repeated pattern. A run is noticed when it covers a whole page of the file, and then taken to
/// its true ends: where it begins and ends depends on the content, not on its place in the file.
/// </summary>
internal static class RepeatScanner
{
    /// <summary>Bytes of the aligned page that a run must cover to be noticed.</summary>
    public const int PageBytes = 4096;

    private const int PatternBytes = sizeof(ulong);

    /// <summary>The first run of at least <paramref name="runBytesMin"/> bytes at or behind an index.</summary>
    public static RepeatRun Find(ReadOnlySpan<byte> data, int from, long fileOffset, int runBytesMin)
    {
        int page = FirstPage(from, fileOffset);
        while (page <= data.Length - PageBytes)
        {
            if (!IsRepeat(data.Slice(page, PageBytes)))
            {
                page += PageBytes;
                continue;
            }

            RepeatRun run = Extend(data, from, page);
            if (run.Length >= runBytesMin || run.End == data.Length)
                return run;

            page = FirstPage(run.End, fileOffset);
        }

        return new RepeatRun(data.Length, data.Length, 0);
    }

    /// <summary>Index of the first byte at or behind <paramref name="from"/> that begins a page of the file.</summary>
    public static int FirstPage(int from, long fileOffset) =>
        from + (int)(-(fileOffset + from) & (PageBytes - 1));

    private static bool IsRepeat(ReadOnlySpan<byte> page)
    {
        // Nearly every page of ordinary content is told by its first sixteen bytes.
        ulong first = BinaryPrimitives.ReadUInt64LittleEndian(page);
        return first == BinaryPrimitives.ReadUInt64LittleEndian(page[PatternBytes..])
            && page[PatternBytes..].SequenceEqual(page[..^PatternBytes]);
    }

    private static RepeatRun Extend(ReadOnlySpan<byte> data, int from, int page)
    {
        int end = page + PageBytes;
        end += data[end..].CommonPrefixLength(data[(end - PatternBytes)..]);
        int start = page;
        while (start > from && data[start - 1] == data[start - 1 + PatternBytes])
            start--;

        return new RepeatRun(start, end, BinaryPrimitives.ReadUInt64LittleEndian(data[page..]));
    }
}
