using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Integrity;
using Hartfs.Metadata.Tables;
using Hartfs.Storage;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Index;
using Hartfs.Storage.Packs;
using Hartfs.Storage.Parity;

namespace Hartfs.Core.Integrity;

/// <summary>
/// Verifies the structure of a volume, pass by pass, against the metadata as of one commit: the volume stays in use.
/// </summary>
/// <param name="frozen">The metadata, held still.</param>
/// <param name="file">The file that they are in.</param>
/// <param name="live">The metadata in use, for what a collection may have moved meanwhile.</param>
internal sealed class Checker(MetadataStore frozen, MetadataFile file, MetadataStore live, Lock treeLock,
    string directory, IBlockStore store, PackStore packs, MetadataCopies copies, PackParity parity,
    IProgress<MaintenanceProgress>? progress,
    CancellationToken cancel)
{
    private const int KeptMax = 20;
    private const int StepRows = 4096;

    private readonly List<string> _findings = [];
    private long _findingCount;
    private CheckPass _pass = CheckPass.All[0];

    /// <summary>Blocks that the pass of that name found damaged.</summary>
    public List<Region> DamagedRegions { get; } = [];

    /// <summary>Packs whose ends are damaged, or that are too short or gone.</summary>
    public List<PackId> DamagedPacks { get; } = [];

    /// <summary>Index runs that are damaged.</summary>
    public List<string> DamagedRuns { get; } = [];

    /// <summary>Runs one pass.</summary>
    public CheckResult Run(CheckPass pass)
    {
        _pass = pass;
        _findings.Clear();
        _findingCount = 0;
        Report(0, 0, false);
        try
        {
            Verify(pass);
        }
        catch (MetadataException failure)
        {
            cancel.ThrowIfCancellationRequested();
            Add($"cannot be verified: {failure.Message}");
        }

        return new CheckResult { Pass = pass, Findings = [.. _findings], FindingCount = _findingCount };
    }

    private void Verify(CheckPass pass)
    {
        switch (pass.Id)
        {
            case CheckPass.SuperblockId:
                CheckSuperblocks();
                break;
            case CheckPass.PagesId:
                CheckPages();
                break;
            case CheckPass.PacksId:
                CheckPacks();
                break;
            case CheckPass.BlocksId:
                CheckBlocks();
                break;
            case CheckPass.IndexId:
                CheckIndex();
                break;
            case CheckPass.CopiesId:
                CheckCopies();
                break;
            case CheckPass.ParityId:
                CheckParity();
                break;
            default:
                CheckInvariants();
                break;
        }
    }

    private void Add(string finding)
    {
        _findingCount++;
        if (_findings.Count < KeptMax)
            _findings.Add(finding);
    }

    // SQLite puts many findings into one, below a headline.
    private static bool IsFinding(string line) => line.Length > 0 && !line.StartsWith("***", StringComparison.Ordinal);

    private void Report(long done, long total, bool isBytes)
    {
        cancel.ThrowIfCancellationRequested();
        progress?.Report(new MaintenanceProgress($"pass {_pass.Id}, {_pass.Name}", done, total, isBytes,
            _findingCount));
        cancel.ThrowIfCancellationRequested();
    }

    private void CheckSuperblocks()
    {
        SuperblockLoad load = SuperblockFile.Load(directory);
        if (load.OtherCopyFault is { } fault)
            Add(fault);
        if (load.Reading.Superblock is null)
            Add(load.Reading.Reason);
    }

    private void CheckPages()
    {
        try
        {
            foreach (long page in file.FindDamagedPages(done => Report(done, file.Length, true)))
                Add($"page {page} of {VolumeLayout.MetadataName} does not fit its checksum");
        }
        catch (IOException failure)
        {
            Add(failure.Message);
        }

        IReadOnlyList<string> faults = frozen.FindPageFaults(KeptMax);
        cancel.ThrowIfCancellationRequested();
        foreach (string fault in faults.SelectMany(fault => fault.Split('\n')).Where(IsFinding))
            Add(fault);
    }

    private void CheckInvariants()
    {
        foreach (Violation violation in MetadataInvariants.Check(frozen,
            name => CheckPass.OfInvariant(name) == _pass.Id, KeptMax))
        {
            Report(0, 0, false);
            Add($"{violation.Invariant}: {violation.Detail}");
        }
    }

    private void CheckPacks()
    {
        IReadOnlyList<PackRecord> known = frozen.Packs.List();
        for (int index = 0; index < known.Count; index++)
        {
            Report(index, known.Count, false);
            PackRecord pack = known[index];
            if (packs.FindFault(pack.Id, pack.Length, pack.IsSealed) is not { } fault || !IsKnown(pack.Id))
                continue;
            Add($"pack {pack.Id}: {fault}");
            DamagedPacks.Add(pack.Id);
        }
    }

    private bool IsKnown(PackId id)
    {
        lock (treeLock)
            return live.Packs.Contains(id);
    }

    private void CheckBlocks()
    {
        List<Region> step = [];
        Glyph from = default;
        BlockLocation at = default;
        BlockDirectory? block = null;
        long done = 0;
        do
        {
            step.Clear();
            frozen.Regions.Load(from, step, StepRows);
            foreach (Region region in step)
            {
                if (region.Block != at)
                    block = Read(region);
                at = region.Block;
                if (block is not null && !Holds(block, region) && !HasMoved(region))
                    Add($"region {region.Start} is not where its block at byte {at.Offset} of pack {at.Pack} has it");
            }

            done += step.Count;
            Report(done, 0, false);
            if (step.Count > 0)
                from = step[^1].Start + 1;
        }
        while (step.Count == StepRows);
    }

    private BlockDirectory? Read(in Region region)
    {
        try
        {
            return packs.ReadDirectory(region.Block);
        }
        catch (Exception failure) when (failure is CorruptDataException or IOException)
        {
            if (!HasMoved(region))
            {
                Add(failure.Message);
                DamagedRegions.Add(region);
            }

            return null;
        }
    }

    private bool HasMoved(in Region region)
    {
        lock (treeLock)
            return !live.Regions.TryFind(region.Start, out Region now) || now.Block != region.Block;
    }

    private static bool Holds(BlockDirectory block, in Region region)
    {
        foreach (Region run in block.Regions(region.Block))
        {
            if (region.Start >= run.Start && region.End <= run.End
                && region.OffsetInBlock == run.OffsetInBlock + (int)(region.Start - run.Start))
                return true;
        }

        return false;
    }

    private void CheckIndex()
    {
        foreach ((string run, string fault) in FingerprintIndex.FindFaults(store, cancel))
        {
            Add($"{run}: {fault}");
            DamagedRuns.Add(run);
        }
    }

    private void CheckParity()
    {
        // What a crash left of the one that was being written is no damage.
        foreach (PackRecord pack in frozen.Packs.List()
            .Where(pack => pack.IsSealed && pack.Id != frozen.State.ParityPack))
        {
            Report(0, 0, false);
            if (parity.FindFault(pack.Id) is { } fault && IsKnown(pack.Id))
                Add($"pack {pack.Id}: {fault}");
        }
    }

    private void CheckCopies()
    {
        int wholeCount = 0;
        foreach (CopyInfo copy in copies.List())
        {
            // A crash came while it was written.
            if (!copy.IsComplete && copy.Number.Value > frozen.State.LastCopy.Value)
                continue;
            try
            {
                copies.Read(copy.Number, (offset, _) => Report(offset, copy.Bytes, true), cancel);
                wholeCount++;
                if (copies.FindFault(copy) is { } fault)
                    Add($"copy {copy.Number}: {fault}");
            }
            catch (Exception failure) when (failure is CorruptDataException or IOException)
            {
                // Two newer ones may have taken its place.
                if (copies.List().Any(each => each.Number == copy.Number))
                    Add($"copy {copy.Number}: {failure.Message}");
            }
        }

        if (wholeCount == 0 && frozen.State.CopyTime != 0 && !copies.List().Any(copy => copy.IsComplete))
            Add("there were copies of the metadata, and none is left");
    }
}
