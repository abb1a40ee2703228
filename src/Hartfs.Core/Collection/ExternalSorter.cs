using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hartfs.Storage.BlockStores;

namespace Hartfs.Core.Collection;

/// <summary>
/// Sorts more records than memory may hold: full buffers are sorted and spilled to a scratch segment, and merged
/// when they are read. Not thread-safe.
/// </summary>
/// <param name="store">Where to spill.</param>
/// <param name="segment">The scratch segment; deleted on disposal.</param>
/// <param name="bytesMax">Memory of the records held.</param>
internal sealed class ExternalSorter<T>(IBlockStore store, string segment, long bytesMax) : IDisposable
    where T : unmanaged, IComparable<T>
{
    private const int CountMin = 1024;
    private const int SpillBytes = 1 << 20;

    private readonly int _countMax = (int)Math.Clamp(bytesMax / Size, CountMin, 1 << 26);
    private readonly List<(long Offset, long Count)> _runs = [];
    private T[] _records = new T[CountMin];
    private int _count;
    private long _spilledBytes;

    /// <summary>Records added.</summary>
    public long Count { get; private set; }

    private static int Size => Unsafe.SizeOf<T>();

    /// <exception cref="IOException">There was no room to spill.</exception>
    public void Add(in T record)
    {
        if (_count == _records.Length)
        {
            if (_count == _countMax)
                Spill();
            else
                Array.Resize(ref _records, Math.Min(_count * 2, _countMax));
        }

        _records[_count++] = record;
        Count++;
    }

    /// <summary>All records in ascending order, once; nothing is added from then on.</summary>
    public IEnumerable<T> Sorted()
    {
        if (_runs.Count == 0)
        {
            Array.Sort(_records, 0, _count);
            return _records.Take(_count);
        }

        Spill();
        _records = [];
        return Merge();
    }

    public void Dispose()
    {
        if (_spilledBytes > 0)
            store.Delete(segment);
    }

    private void Spill()
    {
        if (_count == 0)
            return;
        Array.Sort(_records, 0, _count);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(_records.AsSpan(0, _count));
        _runs.Add((_spilledBytes, _count));
        while (!bytes.IsEmpty)
        {
            int length = Math.Min(bytes.Length, SpillBytes);
            // Counted first: also what an append leaves behind that failed has to go.
            _spilledBytes += length;
            store.Append(segment, bytes[..length]);
            bytes = bytes[length..];
        }

        _count = 0;
    }

    private IEnumerable<T> Merge()
    {
        int recordsPerRun = (int)Math.Clamp(bytesMax / Size / _runs.Count, 64, 1 << 16);
        Run[] runs = [.. _runs.Select(run => new Run(store, segment, run.Offset, run.Count, recordsPerRun))];
        var queue = new PriorityQueue<Run, T>(runs.Length);
        foreach (Run run in runs)
            if (run.MoveNext())
                queue.Enqueue(run, run.Current);
        while (queue.TryPeek(out Run? first, out T record))
        {
            yield return record;
            if (first.MoveNext())
                queue.DequeueEnqueue(first, first.Current);
            else
                queue.Dequeue();
        }
    }

    private sealed class Run(IBlockStore store, string segment, long offset, long count, int bufferCount)
    {
        private readonly T[] _buffer = new T[Math.Min(count, bufferCount)];
        private long _left = count;
        private long _offset = offset;
        private int _at;
        private int _end;

        public T Current => _buffer[_at - 1];

        public bool MoveNext()
        {
            if (_at == _end && !Load())
                return false;
            _at++;
            return true;
        }

        private bool Load()
        {
            (_at, _end) = (0, (int)Math.Min(_left, _buffer.Length));
            _left -= _end;
            Span<byte> bytes = MemoryMarshal.AsBytes(_buffer.AsSpan(0, _end));
            while (!bytes.IsEmpty)
            {
                int read = store.ReadAt(segment, _offset, bytes);
                if (read == 0)
                    throw new IOException($"{segment} ends at byte {_offset}, within what was written to it");
                _offset += read;
                bytes = bytes[read..];
            }

            return _end > 0;
        }
    }
}
