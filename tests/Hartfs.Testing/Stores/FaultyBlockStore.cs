using Hartfs.Storage.BlockStores;

namespace Hartfs.Testing.Stores;

/// <summary>
/// A block store that fails as disks do, on a plan of the test's, at the n-th append or flush. In a crash what was
/// appended and not flushed may be lost from its end, wholly or in part.
/// </summary>
/// <param name="inner">Where the bytes really are. Owned.</param>
/// <param name="seed">Chooses the lengths of short reads and of torn appends.</param>
public sealed class FaultyBlockStore(IBlockStore inner, int seed) : IBlockStore
{
    private readonly Lock _lock = new(); // guards: everything below
    private readonly Random _random = new(seed);
    private readonly Dictionary<string, long> _durableLengths = new(StringComparer.Ordinal);

    /// <summary>Appends so far.</summary>
    public int AppendCount { get; private set; }

    /// <summary>Flushes so far.</summary>
    public int FlushCount { get; private set; }

    /// <summary>From this append on the disk is full (1-based; 0: never).</summary>
    public int FullFromAppend { get; set; }

    /// <summary>The flush that fails with an I/O error (1-based; 0: none).</summary>
    public int FailAtFlush { get; set; }

    /// <summary>Reads return any number of the bytes asked for, but at least one.</summary>
    public bool ShortReads { get; set; }

    /// <summary>What <see cref="FreeBytes"/> says instead of the truth.</summary>
    public long? FreeBytesSaid { get; set; }

    public long FreeBytes => FreeBytesSaid ?? inner.FreeBytes;

    public void Append(string segment, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            AppendCount++;
            _durableLengths.TryAdd(segment, inner.TryGetLength(segment, out long length) ? length : 0);
            if (FullFromAppend != 0 && AppendCount >= FullFromAppend)
            {
                inner.Append(segment, bytes[..Torn(bytes.Length)]);
                throw DiskFull.Create("the disk is full, by plan");
            }

            inner.Append(segment, bytes);
        }
    }

    public int ReadAt(string segment, long offset, Span<byte> buffer)
    {
        lock (_lock)
        {
            if (ShortReads && buffer.Length > 1) buffer = buffer[..(1 + _random.Next(buffer.Length))];
        }

        return inner.ReadAt(segment, offset, buffer);
    }

    public void Flush(string segment)
    {
        lock (_lock)
        {
            FlushCount++;
            if (FlushCount == FailAtFlush) throw new IOException("a flush failed, by plan");
            inner.Flush(segment);
            if (inner.TryGetLength(segment, out long length)) _durableLengths[segment] = length;
        }
    }

    public bool TryGetLength(string segment, out long length) => inner.TryGetLength(segment, out length);

    public IReadOnlyList<SegmentInfo> List(string prefix) => inner.List(prefix);

    public void Delete(string segment)
    {
        lock (_lock) _durableLengths.Remove(segment);
        inner.Delete(segment);
    }

    public void Dispose() => inner.Dispose();

    /// <summary>
    /// What each segment keeps: of those appended to at least the flushed length, at most all; of the others all.
    /// </summary>
    public IReadOnlyDictionary<string, long> ChooseSurvivingLengths()
    {
        lock (_lock)
        {
            Dictionary<string, long> lengths = new(StringComparer.Ordinal);
            // Segments lie in folders; what lies beside the folders is not the block store's.
            foreach (SegmentInfo segment in inner.List("").Where(segment => segment.Name.Contains('/')))
                lengths[segment.Name] = segment.Length;
            foreach ((string segment, long durable) in _durableLengths)
            {
                if (!inner.TryGetLength(segment, out long length)) continue;
                lengths[segment] = _random.Next(4) switch
                {
                    0 => durable,
                    1 => length,
                    _ => durable + _random.NextInt64(length - durable + 1),
                };
            }

            return lengths;
        }
    }

    private int Torn(int length) => _random.Next(length + 1);
}
