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
            using (file)
            using (MetadataStore frozen = MetadataStore.OpenFrozen(file, _loggers.CreateLogger<MetadataStore>()))
            using (both.Token.Register(frozen.Interrupt))
                report = Check(frozen, options, progress, both.Token);
            if (!file.IsBroken)
                return options.Repair ? ReplaceCopies(report, both.Token) : report;
        }

        throw new VolumeException(VolumeFailure.InUse,
            $"{_volume.Directory} changes faster than it can be checked: unmount it, or try when there is less to do");
    }

    private CheckReport Check(MetadataStore frozen, CheckOptions options, IProgress<MaintenanceProgress>? progress,
        CancellationToken cancel)
    {
        var checker = new Checker(frozen, _volume.Metadata, _volume.TreeLock, _volume.Directory, _store, _packs,
            _copies, _parity, progress, cancel);
        List<CheckResult> results = [];
        foreach (CheckPass pass in CheckPass.All.Where(pass => pass.Id >= options.FromPass))
        {
            try
            {
                CheckResult result = checker.Run(pass);
                results.Add(options.Repair && result.FindingCount > 0 && !_volume.Settings.ReadOnly
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
        return new CheckReport { IsComplete = true, StoppedAt = 0, Results = results };
    }

    // Only when the check itself does not hold the file still any more. The damaged copy leaves with the next but one.
    private CheckReport ReplaceCopies(CheckReport report, CancellationToken cancel)
    {
        CheckResult? copies = report.Results.FirstOrDefault(result =>
            result.Pass.Id == CheckPass.CopiesId && result.FindingCount > 0);
        if (copies is null || _volume.Settings.ReadOnly)
            return report;
        try
        {
            if (!CopyMetadata(cancel) || !CopyMetadata(cancel))
                return report;
        }
        catch (OperationCanceledException)
        {
            return report with { IsComplete = false, StoppedAt = CheckPass.CopiesId };
        }
        catch (IOException failure)
        {
            // What else was found and repaired is worth telling.
            return With(copies with
            {
                Findings = [.. copies.Findings, $"no new copy can be made: {failure.Message}"],
                FindingCount = copies.FindingCount + 1,
            });
        }

        return With(copies with { IsRepaired = true });

        CheckReport With(CheckResult now) => report with
        {
            Results = [.. report.Results.Select(result => result == copies ? now : result)],
        };
    }

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
