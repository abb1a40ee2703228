using System.Globalization;
using Hartfs.Format;
using Hartfs.Storage.BlockStores;

namespace Hartfs.Storage.Index;

/// <summary>Which runs there are: finding them, merging them, deleting what is left over.</summary>
public sealed partial class FingerprintIndex
{
    // Four runs of a size become one of the next: few runs to ask, and an entry is rewritten once a level.
    private const int MergeFanout = 4;

    /// <summary>
    /// Merges runs of similar size, on the caller's thread, if there are enough of them. The new run is durable before
    /// the old ones are deleted.
    /// </summary>
    /// <param name="cancel">Gives the merge up; nothing is changed then.</param>
    /// <param name="isLive">Tells which entries to keep; called once for each entry that would be written.</param>
    /// <returns>Whether runs were merged; then there may be more to do.</returns>
    /// <exception cref="IOException">The store failed; nothing is changed.</exception>
    /// <exception cref="OperationCanceledException">The merge was given up.</exception>
    public bool MergeIfNeeded(CancellationToken cancel, Func<Glyph, bool>? isLive = null)
    {
        // A purge may take minutes, and leaves one run.
        if (!_mergeLock.TryEnter())
            return false;
        try
        {
            IndexRun[] inputs = ChooseRuns(_contents.Runs);
            return inputs.Length > 0 && MergeRuns(inputs, isLive, cancel);
        }
        finally
        {
            _mergeLock.Exit();
        }
    }

    /// <summary>
    /// Writes all runs anew as one without the entries that are not live: for when many chunks have gone. Entries that
    /// are in no run yet are not looked at.
    /// </summary>
    /// <param name="isLive">Tells which entries to keep; called once for each.</param>
    /// <param name="cancel">Gives it up; nothing is changed then.</param>
    /// <exception cref="IOException">The store failed; nothing is changed.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public void Purge(Func<Glyph, bool> isLive, CancellationToken cancel)
    {
        lock (_mergeLock)
        {
            if (_contents.Runs.Length > 0)
                MergeRuns(_contents.Runs, isLive, cancel);
        }
    }

    private bool MergeRuns(IndexRun[] inputs, Func<Glyph, bool>? isLive, CancellationToken cancel)
    {
        string segment;
        lock (_lock)
            segment = NextSegment();
        IndexRun? merged = Merge(inputs, segment, isLive, cancel);
        lock (_lock)
        {
            IndexRun[] runs = _contents.Runs;
            int first = Array.IndexOf(runs, inputs[0]);
            _contents = _contents with
            {
                Runs = [.. runs[..first], .. Single(merged), .. runs[(first + inputs.Length)..]],
            };
            _debris.AddRange(inputs.Select(run => run.Segment));
        }

        foreach (IndexRun run in inputs)
            run.Retire();
        IndexLog.RunsMerged(_logger, segment, merged?.Footer.EntryCount ?? 0, inputs.Length);
        DeleteDebris();
        return true;
    }

    /// <summary>Neighbouring runs of one tier, or smaller, that are enough to be merged; none otherwise.</summary>
    private IndexRun[] ChooseRuns(IndexRun[] runs)
    {
        for (int first = 0; first < runs.Length;)
        {
            int tier = Tier(runs[first]);
            int end = first + 1;
            while (end < runs.Length && Tier(runs[end]) <= tier)
                end++;
            if (end - first >= MergeFanout)
                return runs[first..end];

            first = end;
        }

        return [];
    }

    private int Tier(IndexRun run)
    {
        int tier = 0;
        for (long size = _pendingCountMax; size * 3 / 2 < run.Footer.EntryCount; size *= MergeFanout)
            tier++;

        return tier;
    }

    private static IndexRun[] Single(IndexRun? run) => run is null ? [] : [run];

    private IndexRun? Merge(IndexRun[] inputs, string segment, Func<Glyph, bool>? isLive, CancellationToken cancel)
    {
        IndexRunFooter[] footers = [.. inputs.Select(run => run.Footer)];
        IndexPosition from = footers.Min(footer => footer.From);
        IndexRunFooter plan = new()
        {
            Number = NumberOf(segment),
            FirstSequence = footers.Min(footer => footer.FirstSequence),
            LastSequence = footers.Max(footer => footer.LastSequence),
            EntryCount = 0,
            GlyphBase = footers.Min(footer => footer.GlyphBase),
            GlyphMax = footers.Max(footer => footer.GlyphMax),
            From = from,
            To = Covered(footers, from),
        };
        return WriteSegment(segment, plan, writer => MergeEntries(inputs, writer, isLive), cancel);
    }

    /// <summary>Adds each key once, with the glyph of the newest run that has a live one.</summary>
    private void MergeEntries(IndexRun[] inputs, IndexRunWriter writer, Func<Glyph, bool>? isLive)
    {
        List<IndexRunCursor> cursors = [];
        foreach (IndexRun run in inputs)
        {
            IndexRunCursor cursor = new(_store, run.Segment, run.Footer, _logger);
            if (cursor.MoveNext())
                cursors.Add(cursor);
        }

        while (cursors.Count > 0)
        {
            ulong key = ulong.MaxValue;
            foreach (IndexRunCursor cursor in cursors)
                key = ulong.Min(key, cursor.Key);

            Glyph glyph = Glyph.None;
            for (int index = 0; index < cursors.Count;)
            {
                IndexRunCursor cursor = cursors[index];
                if (cursor.Key != key)
                {
                    index++;
                    continue;
                }

                if (glyph == Glyph.None && (isLive is null || isLive(cursor.Glyph)))
                    glyph = cursor.Glyph;
                if (cursor.MoveNext())
                    index++;
                else
                    cursors.RemoveAt(index);
            }

            if (glyph != Glyph.None)
                writer.Add(key, glyph);
        }
    }

    private void Load()
    {
        List<IndexRun> runs = [];
        Span<byte> page = stackalloc byte[IndexPage.Bytes];
        foreach (SegmentInfo segment in _store.List(Folder))
        {
            long number = NumberOf(segment.Name);
            if (number < 0)
                continue;

            _nextNumber = long.Max(_nextNumber, number + 1);
            try
            {
                if (ReadFooter(segment, number, page) is { } footer)
                    runs.Add(new IndexRun(_store, segment.Name, footer, _budget, _logger));
                else
                    _debris.Add(segment.Name);
            }
            catch (IOException failure)
            {
                IndexLog.RunUnreadable(_logger, failure, segment.Name);
            }
        }

        // A crash between writing a merged run and deleting its inputs leaves both.
        IndexRun[] superseded = [.. runs.Where(run => runs.Any(other => Replaces(other.Footer, run.Footer)))];
        _debris.AddRange(superseded.Select(run => run.Segment));
        IndexRun[] valid =
            [.. runs.Except(superseded).OrderByDescending(run => run.Footer.LastSequence)];
        _contents = _contents with { Runs = valid };
        if (runs.Count > 0)
            _nextSequence = runs.Max(run => run.Footer.LastSequence) + 1;
        _position = Covered([.. valid.Select(run => run.Footer)], default);
    }

    private IndexRunFooter? ReadFooter(SegmentInfo segment, long number, Span<byte> page)
    {
        long pageCount = segment.Length / IndexPage.Bytes;
        page.Clear();
        if (segment.Length % IndexPage.Bytes == 0 && pageCount > 0)
        {
            if (IndexRun.ReadPage(_store, segment.Name, pageCount - 1, page)
                && IndexRunFooter.Read(page, pageCount) is { } footer && footer.Number == number)
                return footer;
        }

        if (IndexRunFooter.HasMagic(page))
            IndexLog.RunDamaged(_logger, segment.Name);
        else
            IndexLog.RunUnfinished(_logger, segment.Name);
        return null;
    }

    private static bool Replaces(IndexRunFooter other, IndexRunFooter run) =>
        other.Number > run.Number
        && other.FirstSequence <= run.FirstSequence && other.LastSequence >= run.LastSequence;

    /// <summary>How far runs cover the packs from a position on without a gap.</summary>
    private static IndexPosition Covered(IndexRunFooter[] footers, IndexPosition from)
    {
        while (true)
        {
            IndexPosition end = from;
            foreach (IndexRunFooter footer in footers)
            {
                if (footer.From <= from)
                    end = IndexPosition.Max(end, footer.To);
            }

            if (end == from)
                return end;
            from = end;
        }
    }

    /// <summary>A name that was never used. Called under the lock.</summary>
    private string NextSegment() =>
        Folder + (_nextNumber++).ToString("x16", CultureInfo.InvariantCulture) + Extension;

    /// <summary>The number in a run's name; -1 for any other name.</summary>
    private static long NumberOf(string segment)
    {
        ReadOnlySpan<char> name = segment.AsSpan();
        if (name.Length != Folder.Length + 16 + Extension.Length || !name.EndsWith(Extension))
            return -1;

        return long.TryParse(
            name.Slice(Folder.Length, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
            out long number) ? number : -1;
    }

    private void DeleteDebris()
    {
        string[] debris;
        lock (_lock)
        {
            debris = [.. _debris];
            _debris.Clear();
        }

        foreach (string segment in debris)
        {
            try
            {
                _store.Delete(segment);
            }
            catch (IOException failure)
            {
                IndexLog.RunNotDeleted(_logger, failure, segment);
                lock (_lock)
                    _debris.Add(segment);
            }
        }
    }
}
