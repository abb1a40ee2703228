using System.Diagnostics;
using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Microsoft.Extensions.Logging;

namespace Hartfs.Storage.Index;

/// <summary>
/// Writes one run: entries in ascending key order first; then, from reading them back, the fences and the filter, so
/// that memory does not grow with the run; last the footer, which makes the run valid.
/// </summary>
internal sealed class IndexRunWriter
{
    private const int BufferPages = 64;
    private const int SpillBytes = 16; // entries are written as whole words and may reach behind a page

    private readonly IBlockStore _store;
    private readonly string _segment;
    private readonly ILogger _logger;
    private readonly CancellationToken _cancel;
    private readonly byte[] _buffer = new byte[(BufferPages * IndexPage.Bytes) + SpillBytes];
    private readonly IndexRunFooter _plan;
    private readonly int _entryBytes;
    private readonly int _entriesPerPage;
    private int _bufferCount;
    private int _pageEntries;
    private long _pageNumber;
    private long _entryCount;
    private ulong _lastKey;

    /// <param name="store">Where the run is written.</param>
    /// <param name="segment">A name that is not taken.</param>
    /// <param name="plan">All fields of the footer but the entry count.</param>
    /// <param name="logger">For damage of the run's own pages.</param>
    /// <param name="cancel">Ends the writing between pages; the segment is then debris.</param>
    public IndexRunWriter(
        IBlockStore store, string segment, IndexRunFooter plan, ILogger logger, CancellationToken cancel)
    {
        (_store, _segment, _plan, _logger, _cancel) = (store, segment, plan, logger, cancel);
        (_entryBytes, _entriesPerPage) = (plan.EntryBytes, plan.EntriesPerPage);
    }

    private Span<byte> Page => _buffer.AsSpan(_bufferCount * IndexPage.Bytes, IndexPage.Bytes + SpillBytes);

    /// <summary>Adds an entry whose key is above all earlier ones.</summary>
    public void Add(ulong key, Glyph glyph)
    {
        Debug.Assert(_entryCount == 0 || key > _lastKey, "Entries of a run ascend.");
        _lastKey = key;
        IndexEntries.Write(Page, _pageEntries * _entryBytes, key, glyph.Value - _plan.GlyphBase);
        _entryCount++;
        if (++_pageEntries == _entriesPerPage)
            EndPage(_pageEntries * _entryBytes);
    }

    /// <summary>Completes the run and makes it durable; null when nothing was added.</summary>
    /// <exception cref="OperationCanceledException">Writing was cancelled.</exception>
    public IndexRunFooter? Complete()
    {
        if (_entryCount == 0)
            return null;

        if (_pageEntries > 0)
            EndPage(_pageEntries * _entryBytes);
        Append();
        IndexRunFooter footer = _plan with { EntryCount = _entryCount };
        WriteFences(footer);
        WriteFilter(footer);
        // A footer that outlived one of its pages would vouch for what is not there.
        _store.Flush(_segment);
        footer.Write(Page[..IndexPage.Bytes]);
        _bufferCount++;
        Append();
        _store.Flush(_segment);
        return footer;
    }

    private void WriteFences(IndexRunFooter footer)
    {
        IndexRunCursor entries = new(_store, _segment, footer, _logger);
        int fences = 0;
        long page = 0;
        while (entries.MoveNext())
        {
            if (!entries.IsFirstOfPage)
                continue;

            page++;
            IndexFences.Write(Page, fences, entries.Key);
            if (++fences < IndexFences.PerPage)
                continue;

            EndPage(fences * IndexKey.Bytes);
            fences = 0;
        }

        if (page != footer.DataPages)
            throw new IOException($"Index run {_segment} does not read as it was written.");
        if (fences > 0)
            EndPage(fences * IndexKey.Bytes);
        Append();
    }

    private void WriteFilter(IndexRunFooter footer)
    {
        IndexRunCursor entries = new(_store, _segment, footer, _logger);
        const int PageBytes = IndexFilter.BlocksPerPage * IndexFilter.BlockBytes;
        Page[..IndexPage.Bytes].Clear();
        long page = 0;
        while (entries.MoveNext())
        {
            long block = IndexKey.Scale(entries.Key, footer.FilterBlocks);
            for (; page < block / IndexFilter.BlocksPerPage; page++)
            {
                EndPage(PageBytes);
                Page[..IndexPage.Bytes].Clear();
            }

            int at = (int)(block % IndexFilter.BlocksPerPage) * IndexFilter.BlockBytes;
            IndexFilter.Add(Page.Slice(at, IndexFilter.BlockBytes), entries.Key);
        }

        for (; page < footer.FilterPages; page++)
        {
            EndPage(PageBytes);
            Page[..IndexPage.Bytes].Clear();
        }

        Append();
    }

    /// <summary>Seals the current page behind so many bytes of payload.</summary>
    private void EndPage(int payloadBytes)
    {
        _cancel.ThrowIfCancellationRequested();
        Span<byte> page = Page[..IndexPage.Bytes];
        page[payloadBytes..].Clear();
        IndexPage.Seal(page, _pageNumber++);
        _pageEntries = 0;
        if (++_bufferCount == BufferPages)
            Append();
    }

    private void Append()
    {
        if (_bufferCount > 0)
            _store.Append(_segment, _buffer.AsSpan(0, _bufferCount * IndexPage.Bytes));
        _bufferCount = 0;
    }
}
