using System.Buffers;
using System.Runtime.InteropServices;

namespace Hartfs.Core.Files;

/// <summary>
/// Bytes of one file that are not in packs yet: non-overlapping segments in offset order. Not thread-safe; the
/// owner's data lock guards it.
/// </summary>
internal sealed class DirtyRanges
{
    /// <summary>A segment grows to this many bytes, then the next one begins.</summary>
    public const int SegmentBytesMax = 1 << 20;

    private readonly List<DirtySegment> _segments = [];

    /// <summary>Bytes of memory that the segments hold, for the budget.</summary>
    public long CapacityBytes { get; private set; }

    /// <summary>Bytes of file data in the segments.</summary>
    public long DataBytes { get; private set; }

    public bool IsEmpty => _segments.Count == 0;

    public int SegmentCount => _segments.Count;

    public DirtySegment this[int index] => _segments[index];

    /// <summary>Puts bytes at an offset, replacing what was there.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes) => Put(offset, bytes, replace: true);

    /// <summary>Puts bytes only where nothing newer is: used to take a segment back.</summary>
    public void WriteMissing(long offset, ReadOnlySpan<byte> bytes) => Put(offset, bytes, replace: false);

    /// <summary>
    /// Copies bytes from <paramref name="offset"/> on into <paramref name="target"/> as far as one segment reaches.
    /// </summary>
    /// <param name="gapBytes">When 0 is returned: bytes until the next segment, or <see cref="long.MaxValue"/>.</param>
    public int CopyAt(long offset, Span<byte> target, out long gapBytes)
    {
        gapBytes = 0;
        int index = FirstEndingBehind(offset);
        if (index == _segments.Count)
        {
            gapBytes = long.MaxValue;
            return 0;
        }

        DirtySegment segment = _segments[index];
        if (segment.Offset > offset)
        {
            gapBytes = segment.Offset - offset;
            return 0;
        }

        ReadOnlySpan<byte> from = segment.Bytes[(int)(offset - segment.Offset)..];
        int count = Math.Min(from.Length, target.Length);
        from[..count].CopyTo(target);
        return count;
    }

    /// <summary>Forgets the bytes from <paramref name="from"/> up to <paramref name="to"/>.</summary>
    public void Remove(long from, long to)
    {
        int index = FirstEndingBehind(from);
        while (index < _segments.Count && _segments[index].Offset < to)
        {
            DirtySegment segment = _segments[index];
            if (segment.Offset < from && segment.End > to)
            {
                // A hole in the middle: the part behind it becomes a segment of its own.
                DirtySegment tail = NewSegment(to, segment.Bytes[(int)(to - segment.Offset)..]);
                Shrink(segment, (int)(from - segment.Offset));
                _segments.Insert(index + 1, tail);
                return;
            }

            if (segment.Offset < from)
            {
                Shrink(segment, (int)(from - segment.Offset));
                index++;
            }
            else if (segment.End > to)
            {
                int dropped = (int)(to - segment.Offset);
                segment.DropFront(dropped);
                DataBytes -= dropped;
                return;
            }
            else
            {
                RemoveAt(index);
            }
        }
    }

    /// <summary>
    /// Moves the first segments, up to about <paramref name="bytesMax"/> bytes, into <paramref name="target"/>,
    /// which must be empty.
    /// </summary>
    public void MoveTo(DirtyRanges target, long bytesMax)
    {
        int count = 0;
        long bytes = 0;
        long capacity = 0;
        while (count < _segments.Count && bytes < bytesMax)
        {
            bytes += _segments[count].Length;
            capacity += _segments[count].Buffer.Length;
            count++;
        }

        target._segments.AddRange(CollectionsMarshal.AsSpan(_segments)[..count]);
        target.DataBytes += bytes;
        target.CapacityBytes += capacity;
        _segments.RemoveRange(0, count);
        DataBytes -= bytes;
        CapacityBytes -= capacity;
    }

    /// <summary>Forgets everything and gives the memory back.</summary>
    public void Clear()
    {
        foreach (DirtySegment segment in _segments)
            ArrayPool<byte>.Shared.Return(segment.Buffer);
        _segments.Clear();
        CapacityBytes = 0;
        DataBytes = 0;
    }

    private void Put(long offset, ReadOnlySpan<byte> bytes, bool replace)
    {
        int index = FirstEndingBehind(offset);
        while (!bytes.IsEmpty)
        {
            int count;
            if (index < _segments.Count && _segments[index].Offset <= offset)
            {
                DirtySegment segment = _segments[index];
                count = (int)Math.Min(segment.End - offset, bytes.Length);
                if (replace)
                    bytes[..count].CopyTo(segment.Bytes[(int)(offset - segment.Offset)..]);
                index++;
            }
            else
            {
                long gap = index < _segments.Count ? _segments[index].Offset - offset : long.MaxValue;
                ReadOnlySpan<byte> piece = bytes[..(int)Math.Min(bytes.Length, gap)];
                count = Append(index - 1, offset, piece);
                if (count == 0)
                {
                    count = Math.Min(piece.Length, SegmentBytesMax);
                    _segments.Insert(index++, NewSegment(offset, piece[..count]));
                }
            }

            offset += count;
            bytes = bytes[count..];
        }
    }

    // Lengthens a segment by bytes that follow it at once; returns how many it took.
    private int Append(int index, long offset, ReadOnlySpan<byte> bytes)
    {
        if (index < 0 || _segments[index].End != offset || _segments[index].Length >= SegmentBytesMax)
            return 0;

        DirtySegment segment = _segments[index];
        int count = Math.Min(bytes.Length, SegmentBytesMax - segment.Length);
        CapacityBytes -= segment.Buffer.Length;
        segment.Append(bytes[..count]);
        CapacityBytes += segment.Buffer.Length;
        DataBytes += count;
        return count;
    }

    private DirtySegment NewSegment(long offset, ReadOnlySpan<byte> bytes)
    {
        var segment = new DirtySegment(offset, bytes);
        CapacityBytes += segment.Buffer.Length;
        DataBytes += bytes.Length;
        return segment;
    }

    private void Shrink(DirtySegment segment, int length)
    {
        DataBytes -= segment.Length - length;
        segment.Length = length;
    }

    private void RemoveAt(int index)
    {
        DirtySegment segment = _segments[index];
        DataBytes -= segment.Length;
        CapacityBytes -= segment.Buffer.Length;
        ArrayPool<byte>.Shared.Return(segment.Buffer);
        _segments.RemoveAt(index);
    }

    private int FirstEndingBehind(long offset)
    {
        int low = 0;
        int high = _segments.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_segments[middle].End <= offset)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}

/// <summary>A run of dirty bytes in a rented buffer.</summary>
internal sealed class DirtySegment
{
    private int _start;

    public DirtySegment(long offset, ReadOnlySpan<byte> bytes)
    {
        Offset = offset;
        Buffer = ArrayPool<byte>.Shared.Rent(bytes.Length);
        Length = bytes.Length;
        bytes.CopyTo(Buffer);
    }

    /// <summary>Bytes from the start of the file.</summary>
    public long Offset { get; private set; }

    public int Length { get; set; }

    public long End => Offset + Length;

    public byte[] Buffer { get; private set; }

    public Span<byte> Bytes => Buffer.AsSpan(_start, Length);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_start + Length + bytes.Length > Buffer.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Length * 2, Length + bytes.Length));
            Bytes.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(Buffer);
            Buffer = larger;
            _start = 0;
        }

        bytes.CopyTo(Buffer.AsSpan(_start + Length));
        Length += bytes.Length;
    }

    public void DropFront(int count)
    {
        _start += count;
        Offset += count;
        Length -= count;
    }
}
