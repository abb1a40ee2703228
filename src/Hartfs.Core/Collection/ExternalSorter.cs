using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hartfs.Format;
using Hartfs.Storage.BlockStores;

namespace Hartfs.Core.Collection;

/// <summary>
/// Sorts more records than memory may hold: full buffers are sorted and spilled to a scratch segment, and merged
/// when they are read. Not thread-safe.
/// </summary>
/// <param name="store">Where to spill: a volume of which this process is the only writer. Null: to a folder for
/// temporary files.</param>
/// <param name="bytesMax">Memory of the records held.</param>
internal sealed class ExternalSorter<T>(IBlockStore? store, long bytesMax) : IDisposable
    where T : unmanaged, IComparable<T>
{
    private const int CountMin = 1024;
    private const int PieceBytes = 64 << 10;

    private readonly int _countMax = (int)Math.Clamp(bytesMax / Size, CountMin, 1 << 26);
    private readonly List<SpilledRun> _runs = [];
    private ScratchSegment? _scratch;
    private T[] _records = new T[CountMin];
    private int _count;

    /// <summary>Records added.</summary>
    public long Count { get; private set; }

    private static int Size => Unsafe.SizeOf<T>();

    private static int PieceRecords => PieceBytes / Size;

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
    /// <exception cref="IOException">While they are walked: what was spilled cannot be read back as it was.</exception>
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

    public void Dispose() => _scratch?.Dispose();

    private void Spill()
    {
        if (_count == 0)
            return;
        Array.Sort(_records, 0, _count);
        _scratch ??= new ScratchSegment(store);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(_records.AsSpan(0, _count));
        List<uint> checksums = [];
        long offset = _scratch.Length;
        while (!bytes.IsEmpty)
        {
            int length = Math.Min(bytes.Length, PieceRecords * Size);
            checksums.Add(Crc32C.Compute(bytes[..length]));
            _scratch.Append(bytes[..length]);
            bytes = bytes[length..];
        }

        _runs.Add(new SpilledRun(offset, _count, checksums));
        _count = 0;
    }

    private IEnumerable<T> Merge()
    {
        Cursor[] cursors = [.. _runs.Select(run => new Cursor(_scratch!, run))];
        var queue = new PriorityQueue<Cursor, T>(cursors.Length);
        foreach (Cursor cursor in cursors)
            if (cursor.MoveNext())
                queue.Enqueue(cursor, cursor.Current);
        while (queue.TryPeek(out Cursor? first, out T record))
        {
            yield return record;
            if (first.MoveNext())
                queue.DequeueEnqueue(first, first.Current);
            else
                queue.Dequeue();
        }
    }

    // In pieces of equal length but for the last, each with its checksum: what decides over the deletion of packs is
    // checked before the first record of it is believed.
    private sealed record SpilledRun(long Offset, long Count, List<uint> Checksums);

    private sealed class Cursor(ScratchSegment scratch, SpilledRun run)
    {
        private readonly T[] _buffer = new T[Math.Min(run.Count, PieceRecords)];
        private long _left = run.Count;
        private long _offset = run.Offset;
        private int _piece;
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
            if (_end == 0)
                return false;
            Span<byte> bytes = MemoryMarshal.AsBytes(_buffer.AsSpan(0, _end));
            scratch.ReadExactly(_offset, bytes);
            if (Crc32C.Compute(bytes) != run.Checksums[_piece++])
                throw new IOException($"{scratch.Name} does not hold what was written to it at byte {_offset}");
            _left -= _end;
            _offset += bytes.Length;
            return true;
        }
    }
}
