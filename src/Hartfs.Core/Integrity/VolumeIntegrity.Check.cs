using Hartfs.Core.Collection;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Integrity;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Integrity;

/// <summary>Verifying the structure.</summary>
public sealed partial class VolumeIntegrity
{
    private const int FreezeAttemptsMax = 3;

    /// <summary>
    /// Verifies the structure of the volume as of now, pass by pass, and repairs it where asked to. Ends early, with a
    /// report, when it is cancelled. Throws <see cref="VolumeException"/>.
    /// </summary>
    public CheckReport Check(CheckOptions options, IProgress<MaintenanceProgress>? progress, CancellationToken cancel)
    {
        if (options.Repair)
            RefuseReadOnly();
        using Work work = Begin();
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(cancel, _closing.Token);
        for (int attempt = 0; attempt < FreezeAttemptsMax; attempt++)
        {
            if (_volume.Fatal != FsError.None)
                throw new VolumeException(VolumeFailure.IoFailure,
                    $"{_volume.Directory} takes no changes any more, because its disk failed ({_volume.Fatal}): " +
                    "unmount it, see to the disk, and check it then");
            MetadataFile file = Freeze() ?? throw new VolumeException(VolumeFailure.InUse,
                $"the metadata of {_volume.Directory} are being copied, or cannot be committed: try again");
            CheckReport report;
            List<PackId> damagedPacks = [];
            using (file)
            using (MetadataStore frozen = OpenFrozen(file))
            using (both.Token.Register(frozen.Interrupt))
                report = Check(frozen, file, options, progress, damagedPacks, both.Token);
            if (file.IsBroken)
                continue;
            if (options.Repair)
                report = RepairAfterwards(report, damagedPacks, progress, both.Token);
            return report with { KnownDamagedBlocks = _codex.DamagedCount };
        }

        throw new VolumeException(VolumeFailure.InUse,
            $"{_volume.Directory} changes faster than it can be checked: unmount it, or try when there is less to do");
    }

    private MetadataStore OpenFrozen(MetadataFile file)
    {
        try
        {
            return MetadataStore.OpenFrozen(file, _loggers.CreateLogger<MetadataStore>());
        }
        catch (MetadataException failure)
        {
            throw VolumeException.From(failure)
                ?? new VolumeException(VolumeFailure.IoFailure, failure.Message, failure);
        }
    }

    private CheckReport Check(MetadataStore frozen, MetadataFile file, CheckOptions options,
        IProgress<MaintenanceProgress>? progress, List<PackId> damagedPacks, CancellationToken cancel)
    {
        var checker = new Checker(frozen, file, _volume.Metadata, _volume.TreeLock, _volume.Directory, _store, _packs,
            _copies, _parity, progress, cancel);
        List<CheckResult> results = [];
        foreach (CheckPass pass in CheckPass.All.Where(pass => pass.Id >= options.FromPass))
        {
            try
            {
                CheckResult result = checker.Run(pass);
                results.Add(options.Repair && result.FindingCount > 0
                    ? result with { IsRepaired = Repair(pass, checker, options, results, cancel) }
                    : result);
            }
            catch (OperationCanceledException)
            {
                return new CheckReport { IsComplete = false, StoppedAt = pass.Id, Results = results };
            }
        }

        if (options.Repair)
            CommitRepairs();
        damagedPacks.AddRange(checker.DamagedPacks);
        return new CheckReport { IsComplete = true, StoppedAt = 0, Results = results };
    }

    // Only when the check itself does not hold the database still any more.
    private CheckReport RepairAfterwards(CheckReport report, List<PackId> damagedPacks,
        IProgress<MaintenanceProgress>? progress, CancellationToken cancel)
    {
        if (!report.IsComplete)
            return report;
        int stopped = CheckPass.PacksId;
        try
        {
            bool arePagesWhole = report.Results.All(result =>
                result.Pass.Id != CheckPass.PagesId || result.FindingCount == 0);
            if (damagedPacks.Count > 0 && arePagesWhole)
                report = EmptyPacks(report, [.. damagedPacks], progress, cancel);
            stopped = CheckPass.CopiesId;
            return ReplaceCopies(report, cancel);
        }
        catch (OperationCanceledException)
        {
            return report with { IsComplete = false, StoppedAt = stopped };
        }
    }

    // A pack is never written to again: what is in use in it moves, and it goes. One with damaged blocks in use stays.
    private CheckReport EmptyPacks(CheckReport report, HashSet<PackId> packs,
        IProgress<MaintenanceProgress>? progress, CancellationToken cancel)
    {
        _volume.Collection.Run(new CollectionOptions { Packs = packs }, progress, cancel);
        cancel.ThrowIfCancellationRequested();
        lock (_volume.TreeLock)
            packs.RemoveWhere(pack => !_volume.Metadata.Packs.Contains(pack));
        return packs.Count > 0 ? report : With(report, CheckPass.PacksId, result => result with { IsRepaired = true });
    }

    // The damaged copy leaves with the next but one.
    private CheckReport ReplaceCopies(CheckReport report, CancellationToken cancel)
    {
        if (!report.Results.Any(result => result.Pass.Id == CheckPass.CopiesId && result.FindingCount > 0))
            return report;
        try
        {
            return CopyMetadata(cancel) && CopyMetadata(cancel)
                ? With(report, CheckPass.CopiesId, result => result with { IsRepaired = true })
                : report;
        }
        catch (Exception failure) when (failure is IOException or MetadataException)
        {
            // What else was found and repaired is worth telling.
            return With(report, CheckPass.CopiesId, result => result with
            {
                Findings = [.. result.Findings, $"no new copy can be made: {failure.Message}"],
                FindingCount = result.FindingCount + 1,
            });
        }
    }

    private static CheckReport With(CheckReport report, int pass, Func<CheckResult, CheckResult> change) =>
        report with
        {
            Results = [.. report.Results.Select(result => result.Pass.Id == pass ? change(result) : result)],
        };

    // What broken pages tell of names and counts is not to be believed: what follows it would delete what a recovery
    // brings back.
    private static bool ArePagesWhole(Checker checker, List<CheckResult> results) =>
        (results.FirstOrDefault(result => result.Pass.Id == CheckPass.PagesId)
            ?? checker.Run(CheckPass.All.Single(pass => pass.Id == CheckPass.PagesId))).FindingCount == 0;

    private bool Repair(CheckPass pass, Checker checker, CheckOptions options, List<CheckResult> results,
        CancellationToken cancel)
    {
        switch (pass.Id)
        {
            case CheckPass.SuperblockId when SuperblockFile.Load(_volume.Directory).Reading.Superblock is { } whole:
                SuperblockFile.Save(_volume.Directory, whole);
                return true;
            case CheckPass.NamesId or CheckPass.ExtentsId or CheckPass.AttributesId or CheckPass.CountsId
                when !options.IsMounted:
                return ArePagesWhole(checker, results) && RepairMetadata(pass.Id);
            case CheckPass.BlocksId:
                return ArePagesWhole(checker, results) && MendBlocks(checker.DamagedRegions, cancel);
            case CheckPass.IndexId:
                foreach (string run in checker.DamagedRuns)
                    _store.Delete(run);
                return true;
            case CheckPass.ParityId:
                ScrubParity(cancel, out bool isWhole);
                return isWhole;
            default:
                return false;
        }
    }

    // Nobody uses the volume, and what memory has of its inodes is forgotten.
    private bool RepairMetadata(int pass)
    {
        bool isRepaired = false;
        FsError error = _committer.CommitThen(() =>
        {
            MetadataRepair.Run(_volume.Metadata, pass switch
            {
                CheckPass.NamesId => MetadataRepairs.Names,
                CheckPass.ExtentsId => MetadataRepairs.Holes,
                CheckPass.AttributesId => MetadataRepairs.Flags,
                _ => MetadataRepairs.Counts,
            }, Now);
            _volume.Nodes.Clear();
            isRepaired = MetadataInvariants.Check(_volume.Metadata,
                name => CheckPass.OfInvariant(name) == pass, 1).Count == 0;
        });
        return error == FsError.None && _volume.Commit() == FsError.None && isRepaired;
    }

    private bool MendBlocks(IReadOnlyList<Region> regions, CancellationToken cancel)
    {
        bool isMended = true;
        BlockMender mender = NewMender();
        using var verifier = new BlockVerifier(_packs);
        foreach (BlockLocation location in regions.Select(region => region.Block).Distinct())
        {
            var block = new ScannedBlock(location, null, "its directory cannot be read");
            string fault = verifier.FindFault(block) ?? block.Damage!;
            isMended &= mender.Mend(block, verifier, fault, cancel) is Mending.Healed or Mending.NotInUse;
        }

        return isMended;
    }
}
