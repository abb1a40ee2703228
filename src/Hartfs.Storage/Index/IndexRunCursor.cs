using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Microsoft.Extensions.Logging;

namespace Hartfs.Storage.Index;

/// <summary>Goes through a run's entries in key order. Damaged pages are reported and left out.</summary>
internal sealed class IndexRunCursor
{
    private const int BufferPages = 64;

    private readonly IBlockStore _store;
    private readonly string _segment;
    private readonly IndexRunFooter _footer;
    private readonly ILogger _logger;
    private readonly byte[] _buffer = new byte[BufferPages * IndexPage.Bytes];
    private long _bufferPage;
    private int _bufferCount;
    private long _page = -1;
    private int _index;
    private int _pageEntries;

    public IndexRunCursor(IBlockStore store, string segment, IndexRunFooter footer, ILogger logger) =>
        (_store, _segment, _footer, _logger) = (store, segment, footer, logger);

    /// <summary>The current entry's key.</summary>
    public ulong Key { get; private set; }

    /// <summary>The current entry's glyph.</summary>
    public Glyph Glyph { get; private set; }

    /// <summary>Whether the current entry is the first of its page.</summary>
    public bool IsFirstOfPage => _index == 1;

    /// <summary>Goes to the next entry; false behind the last.</summary>
    /// <exception cref="IOException">The store failed.</exception>
    public bool MoveNext()
    {
        while (_index == _pageEntries)
        {
            if (!MoveToNextPage())
                return false;
        }

        ReadOnlySpan<byte> page = _buffer.AsSpan((int)(_page - _bufferPage) * IndexPage.Bytes, IndexPage.Bytes);
        int at = _index++ * _footer.EntryBytes;
        Key = IndexEntries.Key(page, at);
        Glyph = IndexEntries.Glyph(page, at, _footer);
        return true;
    }

    private bool MoveToNextPage()
    {
        if (++_page >= _footer.DataPages)
        {
            _page = _footer.DataPages;
            (_index, _pageEntries) = (0, 0);
            return false;
        }

        if (_page >= _bufferPage + _bufferCount)
        {
            int pages = (int)long.Min(BufferPages, _footer.DataPages - _page);
            _bufferPage = _page;
            _bufferCount = IndexRun.ReadPages(_store, _segment, _page, _buffer.AsSpan(0, pages * IndexPage.Bytes));
        }

        // A damaged page ends the buffer: it is passed over, and reading goes on behind it.
        bool isIntact = _page < _bufferPage + _bufferCount;
        if (!isIntact)
            IndexLog.PageDamaged(_logger, _segment, "data");
        (_index, _pageEntries) = (0, isIntact ? _footer.EntriesOf(_page) : 0);
        return true;
    }
}
