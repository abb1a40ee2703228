namespace Hartfs.Testing.Modelling;

/// <summary>A file's bytes up to 2^63 − 1, kept as the pages that were written: absent pages read as zeros.</summary>
public sealed class SparseBytes
{
    private const int PageSize = 4096;

    private readonly SortedDictionary<long, byte[]> _pages;

    public SparseBytes() => _pages = [];

    private SparseBytes(SparseBytes other)
    {
        _pages = [];
        foreach ((long index, byte[] page) in other._pages) _pages[index] = (byte[])page.Clone();
    }

    public SparseBytes Clone() => new(this);

    public bool IsSame(SparseBytes other)
    {
        using IEnumerator<(long Offset, byte[] Page)> theirs = other.NonZeroPages().GetEnumerator();
        foreach ((long offset, byte[] page) in NonZeroPages())
        {
            if (!theirs.MoveNext() || theirs.Current.Offset != offset ||
                !page.AsSpan().SequenceEqual(theirs.Current.Page))
                return false;
        }

        return !theirs.MoveNext();
    }

    public void Read(long offset, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int within = (int)(offset % PageSize);
            int count = Math.Min(PageSize - within, buffer.Length);
            if (_pages.TryGetValue(offset / PageSize, out byte[]? page)) page.AsSpan(within, count).CopyTo(buffer);
            else buffer[..count].Clear();
            buffer = buffer[count..];
            offset += count;
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int within = (int)(offset % PageSize);
            int count = Math.Min(PageSize - within, bytes.Length);
            if (!_pages.TryGetValue(offset / PageSize, out byte[]? page))
                _pages[offset / PageSize] = page = new byte[PageSize];
            bytes[..count].CopyTo(page.AsSpan(within));
            bytes = bytes[count..];
            offset += count;
        }
    }

    /// <summary>Zeroes [<paramref name="from"/>, <paramref name="to"/>).</summary>
    public void Clear(long from, long to)
    {
        if (to <= from) return;
        foreach (long index in Indexes(from, to))
        {
            long start = index * PageSize;
            int first = (int)Math.Max(from - start, 0);
            int last = (int)Math.Min(to - start, PageSize);
            if (first == 0 && last == PageSize) _pages.Remove(index);
            else _pages[index].AsSpan(first, last - first).Clear();
        }
    }

    /// <summary>
    /// Copies a range that does not overlap its target in a way that matters: the source is read first.
    /// </summary>
    public void CopyTo(long from, SparseBytes target, long to, long length)
    {
        List<(long Offset, byte[] Bytes)> parts = [];
        foreach (long index in Indexes(from, from + length))
        {
            long first = Math.Max(index * PageSize, from);
            int within = (int)(first % PageSize);
            int count = (int)Math.Min(PageSize - within, from + length - first);
            parts.Add((first, _pages[index].AsSpan(within, count).ToArray()));
        }

        target.Clear(to, to + length);
        foreach ((long offset, byte[] bytes) in parts) target.Write(to + (offset - from), bytes);
    }

    /// <summary>
    /// The offset of the first byte at or behind <paramref name="from"/> that is not zero; -1 when none is.
    /// </summary>
    public long NextNonZero(long from)
    {
        foreach ((long index, byte[] page) in _pages)
        {
            if (index < from / PageSize) continue;
            int skip = (int)Math.Max(from - index * PageSize, 0);
            int found = page.AsSpan(skip).IndexOfAnyExcept((byte)0);
            if (found >= 0) return index * PageSize + skip + found;
        }

        return -1;
    }

    /// <summary>
    /// The pages that hold something, in order, with their offsets; the last may reach behind the size.
    /// </summary>
    public IEnumerable<(long Offset, byte[] Page)> NonZeroPages()
    {
        foreach ((long index, byte[] page) in _pages)
        {
            if (page.AsSpan().ContainsAnyExcept((byte)0)) yield return (index * PageSize, page);
        }
    }

    private long[] Indexes(long from, long to)
    {
        long first = from / PageSize;
        long last = (to - 1) / PageSize;
        if (last - first < _pages.Count)
        {
            List<long> present = [];
            for (long index = first; index <= last; index++)
            {
                if (_pages.ContainsKey(index)) present.Add(index);
            }

            return [.. present];
        }

        return [.. _pages.Keys.Where(index => index >= first && index <= last)];
    }
}
