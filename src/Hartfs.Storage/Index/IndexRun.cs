using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Microsoft.Extensions.Logging;

namespace Hartfs.Storage.Index;

/// <summary>
/// An immutable sorted run of entries. Looking up costs no read when the filter is in memory and knows better, else
/// one page. Thread-safe.
/// </summary>
internal sealed class IndexRun
{
    private readonly IBlockStore _store;
    private readonly ILogger _logger;
    private readonly ResidentPages _fences;
    private readonly ResidentPages _filter;
    private volatile bool _isRetired;
    private int _damageCount;

    public IndexRun(IBlockStore store, string segment, IndexRunFooter footer, MemoryBudget budget, ILogger logger)
    {
        (_store, _logger, Segment, Footer) = (store, logger, segment, footer);
        _fences = new ResidentPages(store, segment, budget, footer.DataPages, footer.FencePages);
        _filter = new ResidentPages(
            store, segment, budget, footer.DataPages + footer.FencePages, footer.FilterPages);
    }

    public string Segment { get; }

    public IndexRunFooter Footer { get; }

    /// <summary>Bytes on disk.</summary>
    public long DiskBytes => Footer.PageCount * IndexPage.Bytes;

    /// <summary>Whether another run took this one's place, so that a failed look-up is to be repeated there.</summary>
    public bool IsRetired => _isRetired;

    /// <summary>Gives the memory back; the segment may be deleted now.</summary>
    public void Retire()
    {
        _isRetired = true;
        _filter.Release();
        _fences.Release();
    }

    /// <summary>
    /// The glyph of a key, none when it is not here. What cannot be read counts as not here: the chunk is then
    /// stored a second time, which costs space but never correctness.
    /// </summary>
    /// <param name="key">What to look for.</param>
    /// <param name="scratch">Room for one page.</param>
    public Glyph Find(ulong key, Span<byte> scratch)
    {
        try
        {
            long block = IndexKey.Scale(key, Footer.FilterBlocks);
            ReadOnlySpan<byte> filter = _filter.Read(block / IndexFilter.BlocksPerPage, scratch);
            if (filter.IsEmpty)
                ReportDamage("filter");
            else if (!IndexFilter.MayHold(
                filter.Slice((int)(block % IndexFilter.BlocksPerPage) * IndexFilter.BlockBytes, IndexFilter.BlockBytes),
                key))
                return Glyph.None;

            long page = FindPage(key, scratch);
            if (page < 0)
                return Glyph.None;

            if (ReadPage(_store, Segment, page, scratch))
                return IndexEntries.Find(scratch, Footer.EntriesOf(page), key, Footer);

            ReportDamage("data");
        }
        catch (IOException failure)
        {
            if (!_isRetired)
                IndexLog.RunUnreadable(_logger, failure, Segment);
        }

        return Glyph.None;
    }

    /// <summary>Reads one page; false when it is damaged or behind the end.</summary>
    public static bool ReadPage(IBlockStore store, string segment, long page, Span<byte> buffer) =>
        ReadPages(store, segment, page, buffer[..IndexPage.Bytes]) == 1;

    /// <summary>Fills the buffer with pages and returns how many of them, from the first, are intact.</summary>
    public static int ReadPages(IBlockStore store, string segment, long page, Span<byte> buffer)
    {
        int filled = 0;
        while (filled < buffer.Length)
        {
            int count = store.ReadAt(segment, (page * IndexPage.Bytes) + filled, buffer[filled..]);
            if (count == 0)
                break;
            filled += count;
        }

        int intact = 0;
        while ((intact + 1) * IndexPage.Bytes <= filled
            && IndexPage.IsIntact(buffer.Slice(intact * IndexPage.Bytes, IndexPage.Bytes), page + intact))
            intact++;

        return intact;
    }

    /// <summary>The last data page whose first key is not above the key; -1 when there is none.</summary>
    private long FindPage(ulong key, Span<byte> scratch)
    {
        // Keys are spread evenly: the page is near its place in proportion, and doubling steps bracket it.
        long low = -1;
        long high = Footer.DataPages;
        long guess = IndexKey.Scale(key, Footer.DataPages);
        for (long step = 1; low + 1 < high; step *= 2)
        {
            if (!TryReadFence(guess, scratch, out ulong fence))
                return -1;
            if (fence <= key)
            {
                low = guess;
                if (high < Footer.DataPages || guess + step >= high)
                    break;
                guess += step;
            }
            else
            {
                high = guess;
                if (low >= 0 || guess - step <= low)
                    break;
                guess -= step;
            }
        }

        while (low + 1 < high)
        {
            long middle = low + ((high - low) / 2);
            if (!TryReadFence(middle, scratch, out ulong fence))
                return -1;
            if (fence <= key)
                low = middle;
            else
                high = middle;
        }

        return low;
    }

    private bool TryReadFence(long index, Span<byte> scratch, out ulong fence)
    {
        ReadOnlySpan<byte> page = _fences.Read(index / IndexFences.PerPage, scratch);
        fence = page.IsEmpty ? 0 : IndexFences.Read(page, (int)(index % IndexFences.PerPage));
        if (page.IsEmpty)
            ReportDamage("fence");
        return !page.IsEmpty;
    }

    private void ReportDamage(string section)
    {
        // Once a run: every look-up may come by here.
        if (!_isRetired && Interlocked.Increment(ref _damageCount) == 1)
            IndexLog.PageDamaged(_logger, Segment, section);
    }
}
