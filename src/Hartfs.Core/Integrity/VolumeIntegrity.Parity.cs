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
        using var verifier = new BlockVerifier(_packs);
        foreach (PackRecord pack in ListSealed())
        {
            cancel.ThrowIfCancellationRequested();
            lock (_parityDone)
                if (!_parityDone.Add(pack.Id))
                    continue;
            try
            {
                if (!_parity.Exists(pack.Id))
                    TryWriteParity(pack, verifier, cancel);
            }
            catch (OperationCanceledException)
            {
                ForgetParity(pack.Id);
                throw;
            }
        }
    }

    private IEnumerable<PackRecord> ListSealed()
    {
        lock (_volume.TreeLock)
            return _volume.Metadata.Packs.List().Where(pack => pack.IsSealed);
    }

    private void ForgetParity(PackId pack)
    {
        lock (_parityDone)
            _parityDone.Remove(pack);
    }

    // What is there already stays when the pack is not whole: it is worth more than nothing.
    private bool TryWriteParity(in PackRecord pack, BlockVerifier verifier, CancellationToken cancel)
    {
        try
        {
            if (!IsWhole(pack, verifier, cancel))
                return false;
            _parity.Write(pack.Id, _superblock.ParityPercent, cancel);
            return true;
        }
        catch (Exception failure) when (failure is IOException or CorruptDataException)
        {
            // A full disk, or a collection that has deleted the pack: the next mount looks again.
            Log.ParityNotWritten(_logger, pack.Id, failure.Message);
            return false;
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

    /// <summary>Computes parity anew that is damaged itself, and says so; also what could not be.</summary>
    private List<string> ScrubParity(CancellationToken cancel, out bool isWhole)
    {
        List<string> remarks = [];
        isWhole = true;
        if (_superblock.ParityPercent == 0)
            return remarks;
        using var verifier = new BlockVerifier(_packs);
        foreach (PackRecord pack in ListSealed())
        {
            cancel.ThrowIfCancellationRequested();
            if (_parity.FindFault(pack.Id) is { } fault)
            {
                bool isNew = !_volume.Settings.ReadOnly && TryWriteParity(pack, verifier, cancel);
                isWhole &= isNew;
                remarks.Add($"the parity of pack {pack.Id} was damaged: {fault}; " + (isNew
                    ? "it is computed anew"
                    : "it is left as it is: the pack is not whole either, or nothing can be written"));
            }
            else if (!_parity.Exists(pack.Id))
            {
                ForgetParity(pack.Id);
            }
        }

        WriteMissingParity(cancel);
        return remarks;
    }
}
