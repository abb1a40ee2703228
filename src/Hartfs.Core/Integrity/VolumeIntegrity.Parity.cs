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

    // guards: that one parity file is written at a time; taken inside the integrity lock, before the commit lock
    private readonly Lock _parityLock = new();

    /// <summary>
    /// Computes parity for sealed packs that have none yet, when the volume was made with parity. A pack that is
    /// damaged already gets none: it would protect the damage.
    /// </summary>
    internal void WriteMissingParity(CancellationToken cancel) => WriteMissingParity(CommitVolume, cancel);

    /// <summary>The same when everything else is durable, and no commit of the volume follows.</summary>
    internal void WriteMissingParityAtClose()
    {
        WriteMissingParity(CommitMetadata, CancellationToken.None);
        if (_superblock.ParityPercent > 0)
            CommitMetadata();
    }

    private void WriteMissingParity(Func<bool> commit, CancellationToken cancel)
    {
        if (_superblock.ParityPercent == 0 || _volume.Settings.ReadOnly)
            return;
        using var verifier = new BlockVerifier(_packs);
        // What a crash left half written first: only one such pack is remembered.
        foreach (PackRecord pack in ListSealed().OrderByDescending(pack => IsHalfWritten(pack.Id)))
        {
            cancel.ThrowIfCancellationRequested();
            lock (_parityDone)
                if (!_parityDone.Add(pack.Id))
                    continue;
            try
            {
                if (!_parity.Exists(pack.Id) || IsHalfWritten(pack.Id))
                    TryWriteParity(pack, verifier, commit, cancel);
            }
            catch (OperationCanceledException)
            {
                ForgetParity(pack.Id);
                throw;
            }
        }
    }

    private bool CommitVolume() => _volume.Commit() == FsError.None;

    private bool CommitMetadata()
    {
        lock (_volume.TreeLock)
            _volume.Metadata.Commit();
        return true;
    }

    private bool IsHalfWritten(PackId pack)
    {
        lock (_volume.TreeLock)
            return _volume.Metadata.State.ParityPack == pack;
    }

    private void NoteHalfWritten(PackId pack)
    {
        lock (_volume.TreeLock)
            _volume.Metadata.State.ParityPack = pack;
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
    private bool TryWriteParity(in PackRecord pack, BlockVerifier verifier, Func<bool> commit, CancellationToken cancel)
    {
        try
        {
            if (!IsWhole(pack, verifier, cancel))
                return false;
            lock (_parityLock)
            {
                // Durable before the first byte: what a crash leaves of the file is not taken for parity then.
                NoteHalfWritten(pack.Id);
                if (!commit())
                    return false;
                _parity.Write(pack.Id, _superblock.ParityPercent, cancel);
                NoteHalfWritten(default);
            }

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
            if (!IsHalfWritten(pack.Id) && _parity.FindFault(pack.Id) is { } fault)
            {
                bool isNew = !_volume.Settings.ReadOnly && TryWriteParity(pack, verifier, CommitVolume, cancel);
                isWhole &= isNew;
                remarks.Add($"the parity of pack {pack.Id} was damaged: {fault}; " + (isNew
                    ? "it is computed anew"
                    : "it is left as it is: the pack is not whole either, or nothing can be written"));
            }
            else if (!_parity.Exists(pack.Id) || IsHalfWritten(pack.Id))
            {
                ForgetParity(pack.Id);
            }
        }

        WriteMissingParity(cancel);
        return remarks;
    }
}
