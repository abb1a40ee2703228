using Hartfs.Core.Ingest;
using Hartfs.Core.Integrity;
using Hartfs.Core.Reading;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Tables;

namespace Hartfs.Core.Files;

/// <summary>
/// The read path: what was written and is not in packs, over the extents; holes are zeros. Under the file's lock only
/// memory is copied and extents are looked up; blocks are read and decoded outside it.
/// </summary>
internal sealed class FileReader(
    MetadataStore metadata, Lock treeLock, BlockReader blocks, BlockPipeline pipeline, ReadFailures failures)
{
    private const long ReadAheadBytes = 2 << 20;

    // One task of the workers: about a block, so that they share a stretch.
    private const long ReadAheadStepBytes = 256 << 10;

    // A driver's threads hand over a sequential reader's requests in almost the right order.
    private const long ReorderBytes = 1 << 20;
    private const int StreakMin = 2;

    private const int AttemptsMax = 5;

    [ThreadStatic]
    private static List<Piece>? _plan;

    /// <summary>Fills <paramref name="target"/>, which must lie within the file's size.</summary>
    public FsError Read(Node node, FileData data, long offset, Span<byte> target)
    {
        List<Piece> plan = _plan ??= [];
        for (int attempt = 1; ; attempt++)
        {
            plan.Clear();
            lock (data.Lock)
            {
                bool isStreak = NoteStreak(data, offset, target.Length);
                Plan(node, data, offset, target, plan);
                if (isStreak)
                    ReadAhead(data, data.ReadEnd);
            }

            FsError error = ReadPieces(plan, target, out Piece failed);
            if (error == FsError.None)
                return error;
            if (error != FsError.CorruptMetadata || attempt == AttemptsMax)
            {
                failures.Tell(node.Number, offset + failed.At, failed.Glyph, failed.Length, error);
                return error;
            }

            // Between the look-up and the read the file was changed and what it had referred to was collected.
            lock (data.Lock)
                data.Window.Invalidate();
        }
    }

    private FsError ReadPieces(List<Piece> plan, Span<byte> target, out Piece failed)
    {
        failed = default;
        foreach (Piece piece in plan)
        {
            FsError error = blocks.Read(piece.Glyph, target.Slice(piece.At, piece.Length));
            if (error == FsError.None)
                continue;
            failed = piece;
            return error;
        }

        return FsError.None;
    }

    /// <summary>Makes the window cover an offset. The caller holds the data lock.</summary>
    public void LoadWindow(Node node, FileData data, long offset)
    {
        if (data.Window.Covers(offset))
            return;
        List<Extent> rows = data.Window.BeginLoad(data.ReadStreak > 0, out int rowsMax);
        lock (treeLock)
        {
            if (data.Past is { } past)
                past.LoadExtents(node.Number, offset, rows, rowsMax);
            else if (!node.IsNew)
                metadata.Extents.Load(node.Number, offset, rows, rowsMax);
        }

        data.Window.Loaded(offset);
    }

    /// <summary>SEEK_DATA or SEEK_HOLE among the extents. The caller holds the data lock.</summary>
    public FsError Seek(Node node, FileData file, long offset, bool data, out long position)
    {
        position = offset;
        long size = node.Record.Size;
        if (offset < 0 || offset >= size)
            return FsError.NoMoreData;
        while (position < size)
        {
            LoadWindow(node, file, position);
            bool found = file.Window.TryFind(position, out Extent extent);
            if (found == data)
                return FsError.None;
            long next = found ? extent.End : extent.Length > 0 ? extent.Offset : file.Window.End;
            position = Math.Min(next, size);
        }

        // Behind the last byte there is always a hole, and never data.
        return data ? FsError.NoMoreData : FsError.None;
    }

    // Copies what memory has, and lists what has to come from blocks.
    private void Plan(Node node, FileData data, long offset, Span<byte> target, List<Piece> plan)
    {
        int at = 0;
        while (at < target.Length)
        {
            int count = data.Dirty.CopyAt(offset + at, target[at..], out long dirtyGap);
            if (count == 0)
            {
                Span<byte> rest = target.Slice(at, (int)Math.Min(target.Length - at, dirtyGap));
                count = data.Draining.CopyAt(offset + at, rest, out long drainingGap);
                if (count == 0)
                {
                    count = (int)Math.Min(rest.Length, drainingGap);
                    PlanStored(node, data, offset + at, rest[..count], at, plan);
                }
            }

            at += count;
        }
    }

    private void PlanStored(Node node, FileData data, long offset, Span<byte> target, int at, List<Piece> plan)
    {
        while (!target.IsEmpty)
        {
            LoadWindow(node, data, offset);
            bool found = data.Window.TryFind(offset, out Extent extent);
            long until = found ? extent.End : extent.Length > 0 ? extent.Offset : data.Window.End;
            int count = (int)Math.Min(target.Length, until - offset);
            Span<byte> part = target[..count];
            if (!found)
                part.Clear();
            else if (extent.Kind == ExtentKind.Data)
                plan.Add(new Piece(at, count, new Glyph(extent.Reference + (offset - extent.Offset))));
            else
                ReadFromMetadata(extent, offset, part);
            offset += count;
            at += count;
            target = target[count..];
        }
    }

    private void ReadFromMetadata(in Extent extent, long offset, Span<byte> target)
    {
        if (extent.Kind == ExtentKind.Fill)
        {
            for (int index = 0; index < target.Length; index++)
                target[index] = (byte)(extent.Reference >> (int)((offset + index) % 8 * 8));
            return;
        }

        long reference = extent.Reference + (offset - extent.Offset);
        (long row, int from) = InlineTable.Locate(reference);
        lock (treeLock)
            metadata.Inline.Read(row, from, target);
    }

    private static bool NoteStreak(FileData data, long offset, int length)
    {
        if (Math.Abs(offset - data.ReadEnd) <= ReorderBytes)
        {
            data.ReadStreak++;
            data.ReadEnd = Math.Max(data.ReadEnd, offset + length);
        }
        else
        {
            data.ReadStreak = 0;
            data.ReadEnd = offset + length;
            data.PrefetchedTo = 0;
        }

        return data.ReadStreak > StreakMin;
    }

    // Asks for the blocks of the next stretch, once per stretch, as far as the window knows it.
    private void ReadAhead(FileData data, long offset)
    {
        long from = Math.Max(offset, data.PrefetchedTo);
        long to = offset + ReadAheadBytes;
        if (from - offset > ReadAheadBytes / 2)
            return;
        while (from < to && data.Window.Covers(from))
        {
            bool found = data.Window.TryFind(from, out Extent extent);
            if (!found && extent.Length == 0)
                break;
            long until = Math.Min(found ? Math.Min(extent.End, from + ReadAheadStepBytes) : extent.Offset, to);
            if (found && extent.Kind == ExtentKind.Data)
            {
                var glyph = new Glyph(extent.Reference + (from - extent.Offset));
                long length = until - from;
                pipeline.TryRunInBackground(() => blocks.Prefetch(glyph, length));
            }

            from = until;
        }

        data.PrefetchedTo = from;
    }

    private readonly record struct Piece(int At, int Length, Glyph Glyph);
}
