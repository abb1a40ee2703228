using Hartfs.Storage.BlockStores;

namespace Hartfs.Tests.Storage.Index;

/// <summary>A store in memory that forgets at a crash what was not flushed, and fails when told to.</summary>
internal sealed class VolatileStore : IBlockStore
{
    private readonly Lock _lock = new(); // guards: _segments
    private readonly SortedDictionary<string, (byte[] Bytes, int Length, int Durable)> _segments =
        new(StringComparer.Ordinal);

    public bool FailsAppends { get; set; }

    public bool FailsReads { get; set; }

    public int ReadCount { get; private set; }

    public long FreeBytes => long.MaxValue;

    public void Append(string segment, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            (byte[] all, int length, int durable) = _segments.GetValueOrDefault(segment, ([], 0, 0));
            // Half of it arrives: a failed append leaves an unknown length.
            int count = FailsAppends ? bytes.Length / 2 : bytes.Length;
            if (length + count > all.Length)
                Array.Resize(ref all, int.Max(2 * all.Length, length + count));
            bytes[..count].CopyTo(all.AsSpan(length));
            _segments[segment] = (all, length + count, durable);
            if (FailsAppends)
                throw DiskFull.Create("full");
        }
    }

    public int ReadAt(string segment, long offset, Span<byte> buffer)
    {
        lock (_lock)
        {
            ReadCount++;
            if (FailsReads || !_segments.TryGetValue(segment, out (byte[] Bytes, int Length, int Durable) found))
                throw new FileNotFoundException(segment);

            ReadOnlySpan<byte> rest = found.Bytes.AsSpan(0, found.Length)[(int)long.Min(offset, found.Length)..];
            // Short reads are allowed, so they happen.
            int count = int.Min(rest.Length, buffer.Length > 5000 ? (buffer.Length / 2) + 1 : buffer.Length);
            rest[..count].CopyTo(buffer);
            return count;
        }
    }

    public void Flush(string segment)
    {
        lock (_lock)
        {
            (byte[] bytes, int length, _) = _segments[segment];
            _segments[segment] = (bytes, length, length);
        }
    }

    public bool TryGetLength(string segment, out long length)
    {
        lock (_lock)
        {
            bool isThere = _segments.TryGetValue(segment, out (byte[] Bytes, int Length, int Durable) found);
            length = found.Length;
            return isThere;
        }
    }

    public IReadOnlyList<SegmentInfo> List(string prefix)
    {
        lock (_lock)
        {
            return [.. _segments.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal))
                .Select(pair => new SegmentInfo(pair.Key, pair.Value.Length))];
        }
    }

    public void Delete(string segment)
    {
        lock (_lock)
            _segments.Remove(segment);
    }

    /// <summary>Drops what was not flushed; how much of a segment's unflushed end stays is random.</summary>
    public void Crash(Random random)
    {
        lock (_lock)
        {
            foreach ((string name, (byte[] bytes, int length, int durable)) in _segments.ToArray())
            {
                int kept = random.Next(durable, length + 1);
                if (durable == 0 && random.Next(2) == 0)
                    _segments.Remove(name);
                else
                    _segments[name] = (bytes, kept, kept);
            }
        }
    }

    /// <summary>The bytes of a segment, to be looked at or damaged.</summary>
    public Span<byte> Bytes(string segment)
    {
        lock (_lock)
            return _segments[segment].Bytes.AsSpan(0, _segments[segment].Length);
    }

    public void Dispose()
    {
    }
}
