using System.Runtime.InteropServices;
using Hartfs.Core.Ingest;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Tables;
using Hartfs.Storage.Chunking;

namespace Hartfs.Core.Files;

/// <summary>
/// The write path behind the buffer: takes a file's dirty bytes, cuts them, has the chunks stored or found, and names
/// them by extents. One per thread. The caller is inside the gate.
/// </summary>
internal sealed class FileWriter(
    MetadataStore metadata, Lock treeLock, NodeTable nodes, ChunkIngest ingest, WriteBudget budget,
    ChunkerParameters chunking)
{
    /// <summary>Dirty bytes taken at once: bounds how long a commit waits for a drain in progress.</summary>
    public const int StepBytes = 4 << 20;

    private readonly Cutter _cutter = new(chunking);
    private readonly List<Piece> _pieces = [];
    private readonly List<Extent> _extents = [];
    private readonly List<Run> _runs = [];

    // Made at the first drain: a volume that is only read, or opened and closed, has no use for it.
    private byte[]? _buffer;

    /// <summary>
    /// Drains up to about <see cref="StepBytes"/> of a file. Unless <paramref name="isFinal"/>, the bytes behind the
    /// last certain cut stay dirty, so that a file still being written is cut as if it came in one piece.
    /// </summary>
    /// <returns>Whether dirty bytes are left.</returns>
    public bool DrainStep(Node node, FileData data, bool isFinal)
    {
        lock (data.DrainLock)
            return DrainStepLocked(node, data, isFinal);
    }

    /// <summary>Drains a file completely. The caller holds the drain lock.</summary>
    public void DrainAllLocked(Node node, FileData data)
    {
        while (DrainStepLocked(node, data, isFinal: true))
        {
        }
    }

    /// <summary>Puts a file's dirty bytes into the metadata itself: the short way of a small synced write.</summary>
    public void StoreInline(Node node, FileData data)
    {
        lock (data.DrainLock)
            lock (data.Lock)
                lock (treeLock)
                {
                    long capacity = data.Dirty.CapacityBytes;
                    if (!node.IsReaped && !data.Dirty.IsEmpty)
                    {
                        nodes.Store(node);
                        for (int index = 0; index < data.Dirty.SegmentCount; index++)
                        {
                            DirtySegment segment = data.Dirty[index];
                            long row = metadata.Inline.Insert(segment.Bytes);
                            var extent = new Extent(segment.Offset, segment.Length, ExtentKind.Inline,
                                InlineTable.Reference(row, 0));
                            Replace(node, segment.Offset, segment.Length, [extent]);
                        }

                        data.Window.Invalidate();
                    }

                    data.Dirty.Clear();
                    budget.Adjust(-capacity);
                }
    }

    private bool DrainStepLocked(Node node, FileData data, bool isFinal)
    {
        bool isMore;
        lock (data.Lock)
        {
            data.Dirty.MoveTo(data.Draining, StepBytes);
            isMore = !data.Dirty.IsEmpty;
        }

        _extents.Clear();
        _runs.Clear();
        long tailOffset = 0;
        try
        {
            tailOffset = CutAll(data.Draining, isEnd: isFinal && !isMore);
        }
        finally
        {
            // After a failure the tail is everything: nothing taken is lost.
            lock (data.Lock)
            {
                // Counted here, not before the cut: what was written meanwhile is in the budget already.
                long capacity = data.Dirty.CapacityBytes + data.Draining.CapacityBytes;
                bool isNamed = false;
                try
                {
                    Apply(node, data, tailOffset);
                    isNamed = true;
                }
                finally
                {
                    TakeBack(data, isNamed ? tailOffset : 0);
                    data.Draining.Clear();
                    isMore = !data.Dirty.IsEmpty;
                    budget.Adjust(data.Dirty.CapacityBytes - capacity);
                }
            }
        }

        return isMore;
    }

    // Cuts every contiguous run; returns where the bytes begin that are left for later (long.MaxValue: none).
    private long CutAll(DirtyRanges draining, bool isEnd)
    {
        byte[] buffer = _buffer ??=
            GC.AllocateUninitializedArray<byte>(StepBytes + DirtyRanges.SegmentBytesMax);
        int index = 0;
        while (index < draining.SegmentCount)
        {
            long offset = draining[index].Offset;
            long position = offset;
            int filled = 0;
            do
            {
                DirtySegment segment = draining[index++];
                segment.Bytes.CopyTo(buffer.AsSpan(filled));
                filled += segment.Length;
                bool continues = index < draining.SegmentCount && draining[index].Offset == segment.End;
                bool isLast = index == draining.SegmentCount;
                if (continues && filled < StepBytes)
                    continue;

                int consumed = Cut(position, buffer.AsSpan(0, filled), isEnd: !continues && (!isLast || isEnd));
                buffer.AsSpan(consumed, filled - consumed).CopyTo(buffer);
                filled -= consumed;
                position += consumed;
                if (!continues)
                    break;
            }
            while (true);

            if (position > offset)
                _runs.Add(new Run(offset, position - offset, _extents.Count));
            if (filled > 0)
                return position;
        }

        return long.MaxValue;
    }

    private int Cut(long offset, ReadOnlySpan<byte> bytes, bool isEnd)
    {
        int consumed = _cutter.Cut(bytes, offset, isEnd, _pieces);
        foreach (Piece piece in _pieces)
        {
            long at = offset + piece.Offset;
            if (piece.Kind == PieceKind.Chunk)
            {
                Glyph glyph = ingest.Store(bytes.Slice(piece.Offset, piece.Length), piece.Class);
                AddExtent(new Extent(at, piece.Length, ExtentKind.Data, glyph.Value));
            }
            else if (piece.Kind == PieceKind.Fill)
            {
                AddExtent(new Extent(at, piece.Length, ExtentKind.Fill, piece.Pattern));
            }
        }

        return consumed;
    }

    private void AddExtent(in Extent extent)
    {
        int runStart = _runs.Count > 0 ? _runs[^1].ExtentsEnd : 0;
        if (_extents.Count > runStart && _extents[^1].IsContinuedBy(extent))
            _extents[^1] = _extents[^1] with { Length = _extents[^1].Length + extent.Length };
        else
            _extents.Add(extent);
    }

    // Names what was cut. The caller holds the data lock.
    private void Apply(Node node, FileData data, long tailOffset)
    {
        if (tailOffset == 0)
            return;
        lock (treeLock)
        {
            if (node.IsReaped || _runs.Count == 0)
                return;
            nodes.Store(node);
            int from = 0;
            foreach (Run run in _runs)
            {
                Replace(node, run.Offset, run.Length, CollectionsMarshal.AsSpan(_extents)[from..run.ExtentsEnd]);
                from = run.ExtentsEnd;
            }
        }

        data.Window.Invalidate();
    }

    private void Replace(Node node, long offset, long length, ReadOnlySpan<Extent> with)
    {
        node.Record.AllocatedBytes += metadata.Extents.Replace(node.Number, offset, length, with);
        nodes.MarkDirty(node);
    }

    private static void TakeBack(FileData data, long tailOffset)
    {
        for (int index = data.Draining.SegmentCount - 1; index >= 0; index--)
        {
            DirtySegment segment = data.Draining[index];
            if (segment.End <= tailOffset)
                return;
            long from = Math.Max(segment.Offset, tailOffset);
            data.Dirty.WriteMissing(from, segment.Bytes[(int)(from - segment.Offset)..]);
        }
    }

    // A contiguous stretch that was cut, and the end of its extents in the list.
    private readonly record struct Run(long Offset, long Length, int ExtentsEnd);
}
