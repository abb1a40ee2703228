using Hartfs.Format;
using Hartfs.Metadata.Tables;
using Hartfs.Storage;
using Hartfs.Storage.Packs;

namespace Hartfs.Core.Integrity;

/// <summary>Parity beside packs.</summary>
public sealed partial class VolumeIntegrity
{
    // guards: itself; packs that have their parity, or that cannot be read whole to compute it
    private readonly HashSet<PackId> _parityDone = [];

    /// <summary>
    /// Computes parity for sealed packs that have none yet, when the volume was made with parity. A pack that is
    /// damaged already gets none: it would protect the damage.
    /// </summary>
    internal void WriteMissingParity(CancellationToken cancel)
    {
        if (_superblock.ParityPercent == 0 || _volume.Settings.ReadOnly)
            return;
        IReadOnlyList<PackRecord> packs;
        lock (_volume.TreeLock)
            packs = _volume.Metadata.Packs.List();
        using var verifier = new BlockVerifier(_packs);
        foreach (PackRecord pack in packs.Where(pack => pack.IsSealed && _parityDone.Add(pack.Id)))
        {
            cancel.ThrowIfCancellationRequested();
            if (_parity.Exists(pack.Id))
                continue;
            try
            {
                if (IsWhole(pack, verifier, cancel))
                    _parity.Write(pack.Id, _superblock.ParityPercent, cancel);
            }
            catch (OperationCanceledException)
            {
                _parityDone.Remove(pack.Id);
                throw;
            }
            catch (Exception failure) when (failure is IOException or CorruptDataException)
            {
                // A full disk, or a collection that has deleted the pack: the next mount looks again.
                Log.ParityNotWritten(_logger, pack.Id, failure.Message);
            }
        }
    }

    private bool IsWhole(in PackRecord pack, BlockVerifier verifier, CancellationToken cancel)
    {
        foreach (ScannedBlock block in _packs.Scan(pack.Id, 0, pack.Length))
        {
            cancel.ThrowIfCancellationRequested();
            if (verifier.FindFault(block) is not { } fault)
                continue;
            Log.ParityNotWritten(_logger, pack.Id, fault);
            return false;
        }

        return true;
    }

    // Parity that is damaged itself is computed anew; what could not be is said.
    private List<string> ScrubParity(CancellationToken cancel)
    {
        List<string> remarks = [];
        if (_superblock.ParityPercent == 0)
            return remarks;
        IReadOnlyList<PackRecord> packs;
        lock (_volume.TreeLock)
            packs = _volume.Metadata.Packs.List();
        foreach (PackRecord pack in packs.Where(pack => pack.IsSealed))
        {
            cancel.ThrowIfCancellationRequested();
            if (_parity.FindFault(pack.Id) is not { } fault)
                continue;
            remarks.Add($"the parity of pack {pack.Id} was damaged: {fault}; it is computed anew");
            _parity.Delete(pack.Id);
            _parityDone.Remove(pack.Id);
        }

        WriteMissingParity(cancel);
        return remarks;
    }
}
