using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Tables;
using Hartfs.Storage.Packs;
using Hartfs.Storage.Parity;

namespace Hartfs.Core.Integrity;

/// <summary>
/// Makes the codex anew from the packs' own directories. Of two blocks with the same glyphs the one in the later pack
/// holds: content is only ever stored again when the older place is given up.
/// </summary>
internal sealed class CodexRebuild(MetadataStore metadata, PackStore packs, PackParity parity) : IDisposable
{
    private readonly List<Region> _overlaps = [];
    private readonly BlockDecoder _decoder = new();
    private byte[]? _plain;
    private Glyph _end;

    public int PackCount { get; private set; }

    public long BlockCount { get; private set; }

    /// <summary>Blocks that cannot be listed; what the old metadata say of them is kept.</summary>
    public long DamagedCount { get; private set; }

    /// <summary>Reads every pack. What no pack lists keeps the place that the metadata name.</summary>
    public void Run(IProgress<MaintenanceProgress>? progress, CancellationToken cancel)
    {
        IReadOnlyList<PackInfo> found = packs.List();
        metadata.State.ClearClasses();
        long total = found.Sum(pack => pack.Length);
        long done = 0;
        foreach (PackInfo pack in found)
        {
            cancel.ThrowIfCancellationRequested();
            Take(pack);
            metadata.Packs.Upsert(pack.Pack, pack.Length, pack.IsSealed);
            done += pack.Length;
            progress?.Report(new MaintenanceProgress("listing packs", done, total, true, DamagedCount));
        }

        PackCount = found.Count;
        ForgetGonePacks([.. found.Select(pack => pack.Pack)]);
        Continue(found);
    }

    public void Dispose() => _decoder.Dispose();

    private void Take(in PackInfo pack)
    {
        foreach (ScannedBlock block in packs.Scan(pack.Pack, 0, pack.Length))
        {
            if ((block.Directory ?? Compute(pack.Pack, block)) is not { } directory)
            {
                if (block.Location.Offset > 0)
                    DamagedCount++;
                continue;
            }

            BlockCount++;
            metadata.State.AddToClass(directory.Class,
                new ClassTotals(directory.Chunks.Length, directory.PlainLength, block.Location.StoredLength));
            foreach (Region region in directory.Regions(block.Location))
                Put(region);
        }
    }

    private BlockDirectory? Compute(PackId pack, ScannedBlock block)
    {
        if (block.Location.Offset == 0 || !parity.Exists(pack))
            return null;
        _plain ??= new byte[Limits.BlockBytesMax];
        return packs.ReadMended(pack, block.Location.Offset, parity, _decoder, _plain);
    }

    // The new region takes its glyphs; what is left of others stays theirs.
    private void Put(in Region region)
    {
        if (region.End > _end)
            _end = region.End;
        _overlaps.Clear();
        if (metadata.Regions.TryFind(region.Start, out Region first))
            _overlaps.Add(first);
        Glyph from = region.Start + 1;
        List<Region> step = [];
        do
        {
            step.Clear();
            metadata.Regions.Load(from, step, 16);
            _overlaps.AddRange(step);
            if (step.Count > 0)
                from = step[^1].Start + 1;
        }
        while (step.Count == 16 && step[^1].Start < region.End);
        foreach (Region old in _overlaps)
        {
            if (old.Start >= region.End)
                break;
            metadata.Regions.Delete(old.Start);
            if (old.Start < region.Start)
                metadata.Regions.Insert(Part(old, old.Start, region.Start));
            if (old.End > region.End)
                metadata.Regions.Insert(Part(old, region.End, old.End));
        }

        metadata.Regions.Insert(region);
    }

    private static Region Part(in Region region, Glyph from, Glyph to) =>
        new(from, (int)(to - from), region.Block, region.OffsetInBlock + (int)(from - region.Start))
        {
            BlockLength = region.BlockLength,
        };

    private void ForgetGonePacks(HashSet<PackId> found)
    {
        HashSet<PackId> named = [];
        List<Region> step = [];
        Glyph from = default;
        do
        {
            step.Clear();
            metadata.Regions.Load(from, step, 4096);
            named.UnionWith(step.Select(region => region.Block.Pack));
            if (step.Count > 0)
                from = step[^1].Start + 1;
        }
        while (step.Count == 4096);
        foreach (PackRecord pack in metadata.Packs.List())
            if (!found.Contains(pack.Id) && !named.Contains(pack.Id))
                metadata.Packs.Delete(pack.Id);
        foreach (DamageRecord damage in metadata.Damage.List())
            if (!named.Contains(damage.Pack))
                metadata.Damage.Remove(damage.Pack, damage.Offset);
    }

    // New glyphs and packs get numbers behind everything that exists; nothing is appended to what does.
    private void Continue(IReadOnlyList<PackInfo> found)
    {
        VolumeState state = metadata.State;
        if (_end > state.NextGlyph)
            state.NextGlyph = _end;
        long lastPack = found.Count > 0 ? found[^1].Pack.Value : 0;
        state.NextPack = new PackId(Math.Max(state.NextPack.Value, lastPack + 1));
        state.OpenPack = default;
        state.OpenPackLength = 0;
        state.CleanShutdown = false;
        (state.ScrubPack, state.ScrubOffset, state.ScrubBegunTime) = (default, 0, 0);
    }
}
