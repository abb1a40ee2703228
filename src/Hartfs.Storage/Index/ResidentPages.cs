using Hartfs.Storage.BlockStores;

namespace Hartfs.Storage.Index;

/// <summary>
/// A section of a run that is kept in memory as far as the budget allows, read part by part when first asked for.
/// What the budget refuses is read from the store each time. Thread-safe.
/// </summary>
internal sealed class ResidentPages
{
    private const int PagesPerPart = 16; // 64 KiB: one read fills it, and it stays off the large object heap

    private readonly IBlockStore _store;
    private readonly string _segment;
    private readonly MemoryBudget _budget;
    private readonly long _firstPage;
    private readonly long _pageCount;
    private readonly byte[]?[] _parts;
    private volatile bool _isReleased;

    public ResidentPages(IBlockStore store, string segment, MemoryBudget budget, long firstPage, long pageCount)
    {
        (_store, _segment, _budget) = (store, segment, budget);
        (_firstPage, _pageCount) = (firstPage, pageCount);
        _parts = new byte[]?[(pageCount + PagesPerPart - 1) / PagesPerPart];
    }

    /// <summary>
    /// A page of the section; empty when it is damaged. <paramref name="scratch"/> receives it when it is not kept.
    /// </summary>
    /// <exception cref="IOException">The store failed.</exception>
    public ReadOnlySpan<byte> Read(long page, Span<byte> scratch)
    {
        int part = (int)(page / PagesPerPart);
        byte[]? pages = Volatile.Read(ref _parts[part]) ?? Load(part);
        if (pages is not null)
            return pages.AsSpan((int)(page % PagesPerPart) * IndexPage.Bytes, IndexPage.Bytes);

        bool isIntact = IndexRun.ReadPage(_store, _segment, _firstPage + page, scratch);
        return isIntact ? scratch[..IndexPage.Bytes] : default;
    }

    /// <summary>Forgets what is kept, for good, and gives its bytes back to the budget.</summary>
    public void Release()
    {
        _isReleased = true;
        for (int part = 0; part < _parts.Length; part++)
        {
            if (Interlocked.Exchange(ref _parts[part], null) is { } pages)
                _budget.GiveBack(pages.Length);
        }
    }

    private byte[]? Load(int part)
    {
        long first = (long)part * PagesPerPart;
        int bytes = (int)long.Min(PagesPerPart, _pageCount - first) * IndexPage.Bytes;
        if (_isReleased || !_budget.TryTake(bytes))
            return null;

        byte[] pages = new byte[bytes];
        bool isKept = false;
        try
        {
            // A part with a damaged page is not kept: its other pages are read one by one.
            isKept = IndexRun.ReadPages(_store, _segment, _firstPage + first, pages) == bytes / IndexPage.Bytes;
            if (isKept && Interlocked.CompareExchange(ref _parts[part], pages, null) is { } earlier)
            {
                isKept = false;
                return earlier;
            }
        }
        finally
        {
            if (!isKept)
                _budget.GiveBack(bytes);
        }

        if (_isReleased)
            Release();
        return isKept ? pages : null;
    }
}
