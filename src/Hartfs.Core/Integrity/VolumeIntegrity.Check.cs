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
                    ? result with { IsRepaired = Repair(pass, checker, options, cancel) }
                    : result);
            }
            catch (OperationCanceledException)
            {
                return new CheckReport { IsComplete = false, StoppedAt = pass.Id, Results = results };
            }
        }

        _volume.Commit();
        return new CheckReport { IsComplete = true, StoppedAt = 0, Results = results };
    }

    // Only when the check itself does not hold the file still any more. The damaged copy leaves with the next but one.
    private CheckReport ReplaceCopies(CheckReport report, CancellationToken cancel)
    {
        CheckResult? copies = report.Results.FirstOrDefault(result =>
            result.Pass.Id == CheckPass.CopiesId && result.FindingCount > 0);
        if (copies is null || _volume.Settings.ReadOnly || !CopyMetadata(cancel) || !CopyMetadata(cancel))
            return report;
        return report with
        {
            Results = [.. report.Results.Select(result =>
                result == copies ? result with { IsRepaired = true } : result)],
        };
    }

    private bool Repair(CheckPass pass, Checker checker, CheckOptions options, CancellationToken cancel)
    {
        switch (pass.Id)
        {
            case CheckPass.SuperblockId when SuperblockFile.Load(_volume.Directory).Reading.Superblock is { } whole:
                SuperblockFile.Save(_volume.Directory, whole);
                return true;
            case CheckPass.NamesId or CheckPass.ExtentsId or CheckPass.AttributesId or CheckPass.CountsId
                when !options.IsMounted:
                return RepairMetadata(pass.Id);
            case CheckPass.BlocksId:
                return MendBlocks(checker.DamagedRegions, cancel);
            case CheckPass.IndexId:
                foreach (string run in checker.DamagedRuns)
                    _store.Delete(run);
                return true;
            case CheckPass.ParityId:
                ScrubParity(cancel);
                return true;
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
