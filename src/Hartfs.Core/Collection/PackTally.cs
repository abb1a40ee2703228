using Hartfs.Format;
using Hartfs.Metadata.Tables;

namespace Hartfs.Core.Collection;

/// <summary>Adds up, region by region, what lives in each pack and what each view alone holds.</summary>
internal sealed class PackTally
{
    private readonly Dictionary<PackId, Sum> _packs = [];
    private readonly LivenessViews _views;
    private readonly long[] _uniqueBytes;
    private readonly double[] _freedBytes;

    /// <param name="packs">The packs there are, the one appended to included as it is now.</param>
    /// <param name="views">Who sees what.</param>
    public PackTally(IEnumerable<PackRecord> packs, LivenessViews views)
    {
        foreach (PackRecord pack in packs)
            _packs[pack.Id] = new Sum(pack);
        _views = views;
        _uniqueBytes = new long[views.Count];
        _freedBytes = new double[views.Count];
    }

    /// <summary>Takes one region; see <see cref="RegionVisit"/>.</summary>
    public void Add(in Region region, List<ReferenceRun> live)
    {
        double storedPerByte = (double)region.Block.StoredLength / region.BlockLength;
        long liveBytes = 0;
        foreach (ReferenceRun run in live)
        {
            liveBytes += run.Length;
            if (run.Owner == LiveSegments.Shared)
                continue;
            _uniqueBytes[run.Owner] += run.Length;
            _freedBytes[run.Owner] += run.Length * storedPerByte;
        }

        // What was appended since is in nobody's references yet.
        if (!_packs.TryGetValue(region.Block.Pack, out Sum? sum) || region.Block.Offset >= sum.Record.Length)
            return;
        sum.LiveBytes += liveBytes;
        sum.DeadBytes += (region.Length - liveBytes) * storedPerByte;
        if (region.OffsetInBlock == 0)
        {
            sum.BlockCount++;
            sum.StoredBytes += region.Block.StoredLength;
        }
    }

    /// <summary>The plan that follows from it.</summary>
    /// <param name="options">What is worth moving.</param>
    /// <param name="isLeftAlone">Packs that are not to be touched.</param>
    public CollectionPlan Plan(CollectionOptions options, Func<PackId, bool> isLeftAlone)
    {
        List<PackShare> wanted = [];
        PackGroup kept = default;
        foreach (Sum sum in _packs.Values)
        {
            PackShare pack = sum.Share();
            bool isWanted = options.Packs is { } chosen
                ? chosen.Contains(pack.Pack)
                : pack.DeadBytes > 0 && (pack.IsDead || pack.DeadShare >= options.DeadShareMin);
            if (isWanted && !isLeftAlone(pack.Pack))
                wanted.Add(pack);
            else
                kept = kept.Plus(pack);
        }

        PackGroup dead = default;
        PackGroup sparse = default;
        List<PackShare> candidates = [];
        long bytes = 0;
        foreach (PackShare pack in wanted.OrderByDescending(pack => pack.IsDead)
            .ThenByDescending(pack => pack.DeadShare).ThenBy(pack => pack.Pack))
        {
            if (bytes > 0 && bytes + pack.Length > options.PackBytesMax)
            {
                kept = kept.Plus(pack);
                continue;
            }

            bytes += pack.Length;
            candidates.Add(pack);
            if (pack.IsDead)
                dead = dead.Plus(pack);
            else
                sparse = sparse.Plus(pack);
        }

        return new CollectionPlan
        {
            Dead = dead,
            Sparse = sparse,
            Kept = kept,
            Candidates = candidates,
            Snapshots = [.. _views.Snapshots.Select((snapshot, index) =>
                new SnapshotFigure(snapshot.Id, _uniqueBytes[index], (long)Math.Round(_freedBytes[index])))],
        };
    }

    private sealed class Sum(PackRecord record)
    {
        public PackRecord Record { get; } = record;

        public long LiveBytes { get; set; }

        public double DeadBytes { get; set; }

        public long StoredBytes { get; set; }

        public long BlockCount { get; set; }

        public PackShare Share()
        {
            if (LiveBytes == 0)
                return new PackShare(Record.Id, Record.Length, 0, Record.Length);
            // Blocks that no region names: what a crash or a change of mind left in the pack.
            long framing = PackHeader.Size + (Record.IsSealed ? BlockCount * PackBlockEntry.Size + PackFooter.Size : 0);
            long nameless = Math.Max(0, Record.Length - framing - StoredBytes);
            return new PackShare(Record.Id, Record.Length, LiveBytes, (long)Math.Round(DeadBytes) + nameless);
        }
    }
}
