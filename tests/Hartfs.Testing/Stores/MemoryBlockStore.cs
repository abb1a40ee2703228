using Hartfs.Storage.BlockStores;

namespace Hartfs.Testing.Stores;

/// <summary>Segments in memory.</summary>
public sealed class MemoryBlockStore : IBlockStore
{
    private readonly Lock _lock = new(); // guards: _segments and the buffers in it
    private readonly SortedDictionary<string, MemoryStream> _segments = new(StringComparer.Ordinal);

    public long FreeBytes { get; set; } = 1L << 40;

    public void Append(string segment, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (!_segments.TryGetValue(segment, out MemoryStream? stream))
                _segments[segment] = stream = new MemoryStream();
            stream.Position = stream.Length;
            stream.Write(bytes);
        }
    }

    public int ReadAt(string segment, long offset, Span<byte> buffer)
    {
        lock (_lock)
        {
            if (!_segments.TryGetValue(segment, out MemoryStream? stream))
                throw new FileNotFoundException("no such segment", segment);
            if (offset >= stream.Length) return 0;
            stream.Position = offset;
            return stream.Read(buffer);
        }
    }

    public void Flush(string segment)
    {
    }

    public bool TryGetLength(string segment, out long length)
    {
        lock (_lock)
        {
            bool found = _segments.TryGetValue(segment, out MemoryStream? stream);
            length = stream?.Length ?? 0;
            return found;
        }
    }

    public IReadOnlyList<SegmentInfo> List(string prefix)
    {
        lock (_lock)
        {
            return [.. _segments.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))
                .Select(entry => new SegmentInfo(entry.Key, entry.Value.Length))];
        }
    }

    public void Delete(string segment)
    {
        lock (_lock) _segments.Remove(segment);
    }

    /// <summary>Flips one bit: damage of the medium.</summary>
    public void FlipBit(string segment, long offset, int bit)
    {
        lock (_lock) _segments[segment].GetBuffer()[offset] ^= (byte)(1 << bit);
    }

    /// <summary>Cuts a segment's end off.</summary>
    public void Truncate(string segment, long length)
    {
        lock (_lock) _segments[segment].SetLength(length);
    }

    public void Dispose()
    {
    }
}
