using Hartfs.Core.Reading;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Tables;

namespace Hartfs.Core.Integrity;

/// <summary>A part of a file that cannot be read.</summary>
/// <param name="Path">Its path; with a remark when only snapshots hold it.</param>
/// <param name="Inode">Its number.</param>
/// <param name="Offset">Bytes from the start of the file.</param>
/// <param name="Length">Bytes.</param>
/// <param name="IsPast">Whether only snapshots see it.</param>
public sealed record DamagedRange(string Path, InodeNumber Inode, long Offset, long Length, bool IsPast);

/// <summary>From damaged blocks to the files that they belong to. In steps, the lock held for a step only.</summary>
internal sealed class DamageSearch(MetadataStore metadata, Lock treeLock, PathSearch paths)
{
    private const int StepRows = 4096;

    // An ordinary block has one region, or a few.
    private const int BlockRows = 16;

    /// <summary>Ranges reported at most: a volume may be damaged all over.</summary>
    private const int RangesMax = 100_000;

    /// <summary>Every region of a pack, by block and glyph.</summary>
    public List<Region> FindRegions(PackId pack, CancellationToken cancel)
    {
        var found = new List<Region>();
        int count;
        do
        {
            cancel.ThrowIfCancellationRequested();
            lock (treeLock)
                count = metadata.Regions.LoadOfPack(pack, found.Count > 0 ? found[^1] : default, found, StepRows);
        }
        while (count == StepRows);
        return found;
    }

    /// <summary>The regions of some blocks, by glyph. The volume's size does not matter.</summary>
    public List<Region> FindRegions(IReadOnlyCollection<BlockPlace> places, CancellationToken cancel)
    {
        var found = new List<Region>();
        var step = new List<Region>();
        foreach (BlockPlace place in places)
        {
            cancel.ThrowIfCancellationRequested();
            var behind = new Region(default, 0, new BlockLocation(place.Pack, place.Offset, 0), 0);
            do
            {
                step.Clear();
                lock (treeLock)
                    metadata.Regions.LoadOfPack(place.Pack, behind, step, BlockRows);
                found.AddRange(step.Where(region => place.IsAt(region.Block)));
                if (step.Count > 0)
                    behind = step[^1];
            }
            while (step.Count == BlockRows && place.IsAt(behind.Block));
        }

        found.Sort(static (left, right) => left.Start.CompareTo(right.Start));
        return found;
    }

    /// <summary>The parts of files that lie in some regions, by path and offset.</summary>
    /// <param name="regions">By glyph.</param>
    public IReadOnlyList<DamagedRange> FindFiles(IReadOnlyList<Region> regions, CancellationToken cancel)
    {
        if (regions.Count == 0)
            return [];
        return Name(FindUses(regions, cancel), cancel);
    }

    /// <summary>Parts of files with their paths, by path and offset; adjoining ones as one.</summary>
    public IReadOnlyList<DamagedRange> Name(List<GlyphUse> uses, CancellationToken cancel)
    {
        if (uses.Count == 0)
            return [];
        Dictionary<long, List<string>> names =
            paths.FindAll(new HashSet<long>(uses.Select(use => use.Inode.Value)), cancel);
        var ranges = new List<DamagedRange>();
        foreach (GlyphUse use in uses)
        {
            foreach (string path in names[use.Inode.Value])
                ranges.Add(new DamagedRange(path, use.Inode, use.Offset, use.Length, use.IsPast));
        }

        return Join(ranges);
    }

    private List<GlyphUse> FindUses(IReadOnlyList<Region> regions, CancellationToken cancel)
    {
        var uses = new List<GlyphUse>();
        var step = new List<GlyphUse>();
        GlyphPosition position = default;
        bool isMore;
        do
        {
            cancel.ThrowIfCancellationRequested();
            step.Clear();
            lock (treeLock)
                isMore = metadata.Uses.Next(ref position, StepRows, step);
            foreach (GlyphUse use in step)
                AddOverlaps(use, regions, uses);
        }
        while (isMore && uses.Count < RangesMax);
        return uses;
    }

    private static void AddOverlaps(in GlyphUse use, IReadOnlyList<Region> regions, List<GlyphUse> uses)
    {
        Glyph end = use.Start + use.Length;
        for (int index = FirstEndingBehind(regions, use.Start); index < regions.Count; index++)
        {
            Region region = regions[index];
            if (region.Start >= end)
                return;
            Glyph from = region.Start > use.Start ? region.Start : use.Start;
            Glyph to = region.End < end ? region.End : end;
            uses.Add(use with { Offset = use.Offset + (from - use.Start), Length = to - from, Start = from });
        }
    }

    private static int FirstEndingBehind(IReadOnlyList<Region> regions, Glyph glyph)
    {
        (int low, int high) = (0, regions.Count);
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (regions[middle].End <= glyph)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private static List<DamagedRange> Join(List<DamagedRange> ranges)
    {
        ranges.Sort(static (left, right) =>
            string.CompareOrdinal(left.Path, right.Path) is var order && order != 0
                ? order
                : (left.IsPast, left.Offset).CompareTo((right.IsPast, right.Offset)));
        var joined = new List<DamagedRange>();
        foreach (DamagedRange range in ranges)
        {
            if (joined.Count > 0 && joined[^1] is { } last && last.Path == range.Path && last.IsPast == range.IsPast
                && range.Offset <= last.Offset + last.Length)
            {
                long end = Math.Max(last.Offset + last.Length, range.Offset + range.Length);
                joined[^1] = last with { Length = end - last.Offset };
            }
            else
            {
                joined.Add(range);
            }
        }

        return joined;
    }
}
