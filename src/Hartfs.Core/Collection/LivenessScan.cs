using Hartfs.Format;
using Hartfs.Metadata.Tables;

namespace Hartfs.Core.Collection;

/// <summary>Takes one region and what of it is referred to, by ascending glyph.</summary>
internal delegate void RegionVisit(in Region region, List<ReferenceRun> live);

/// <summary>
/// Finds out what is referred to: all references of one epoch are read in pages, sorted by glyph, and laid over the
/// regions. Memory is bounded; the tree lock is held for a page at a time.
/// </summary>
internal sealed class LivenessScan(CollectionContext context, CollectionPace pace)
{
    /// <summary>
    /// Dead bytes between live ones of a region that are fewer stay with them: a run costs about as much.
    /// </summary>
    public const int GapBytesMin = 256;

    private const int RowsPerPage = 1024;

    /// <summary>Calls back for every region. Nothing may be pruned meanwhile, and the epoch has to be kept.</summary>
    public void Run(LivenessViews views, RegionVisit visit)
    {
        using var sorter = new ExternalSorter<ReferenceRun>(
            context.ScratchStore, context.Settings.Collection.SortBytesMax);
        CollectReferences(views, sorter);
        using var segments = new LiveSegments(sorter.Sorted());
        WalkRegions(segments, visit);
    }

    private void CollectReferences(LivenessViews views, ExternalSorter<ReferenceRun> sorter)
    {
        var page = new List<GlyphReference>(RowsPerPage);
        ReferenceCursor cursor = default;
        while (!cursor.IsDone)
        {
            page.Clear();
            lock (context.TreeLock)
                pace.Progress.Add(context.Metadata.References.Load(ref cursor, page, RowsPerPage));
            foreach (GlyphReference reference in page)
                if (views.TryGetOwner(reference, out long owner))
                    sorter.Add(new ReferenceRun(
                        reference.Start.Value, reference.Start.Value + reference.Length, owner));
            pace.Step();
        }
    }

    private void WalkRegions(LiveSegments segments, RegionVisit visit)
    {
        var regions = new List<Region>(RowsPerPage);
        var live = new List<ReferenceRun>();
        var from = new Glyph(1);
        bool isMore = segments.TryNext(out ReferenceRun segment);
        do
        {
            regions.Clear();
            lock (context.TreeLock)
                context.Metadata.Regions.Load(from, regions, RowsPerPage);
            foreach (Region region in regions)
            {
                live.Clear();
                while (isMore && segment.End <= region.Start.Value)
                    isMore = segments.TryNext(out segment);
                while (isMore && segment.Start < region.End.Value)
                {
                    Add(live, Math.Max(segment.Start, region.Start.Value), Math.Min(segment.End, region.End.Value),
                        segment.Owner);
                    if (segment.End > region.End.Value)
                        break;
                    isMore = segments.TryNext(out segment);
                }

                visit(region, live);
            }

            pace.Progress.Add(regions.Count);
            if (regions.Count > 0)
                from = regions[^1].End;
            pace.Step();
        }
        while (regions.Count == RowsPerPage);
    }

    private static void Add(List<ReferenceRun> live, long start, long end, long owner)
    {
        if (live.Count > 0 && start - live[^1].End < GapBytesMin)
        {
            if (live[^1].Owner == owner)
            {
                live[^1] = live[^1] with { End = end };
                return;
            }

            if (start > live[^1].End)
                live.Add(new ReferenceRun(live[^1].End, start, LiveSegments.Shared));
        }

        live.Add(new ReferenceRun(start, end, owner));
    }
}
