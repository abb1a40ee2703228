using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Tables;
using Hartfs.Storage.Packs;
using Hartfs.Storage.Parity;

namespace Hartfs.Core.Commit;

/// <summary>Keeps the metadata's list of packs in step with the pack store, and their totals at hand.</summary>
/// <remarks>The tree lock guards it.</remarks>
internal sealed class PackLedger
{
    private readonly MetadataStore _metadata;
    private readonly PackStore _packs;
    private readonly int _parityPercent;
    private readonly Dictionary<PackId, (long Length, long ParityLength)> _lengths = [];

    public PackLedger(MetadataStore metadata, PackStore packs, int parityPercent)
    {
        _metadata = metadata;
        _packs = packs;
        _parityPercent = parityPercent;
        foreach (PackRecord pack in metadata.Packs.List())
            Count(pack.Id, pack.Length, pack.IsSealed);
    }

    /// <summary>Packs that the metadata knows.</summary>
    public int PackCount => _lengths.Count;

    /// <summary>Their bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes of the parity beside sealed packs, as if each had its own already.</summary>
    public long ParityBytes { get; private set; }

    /// <summary>Writes how far the packs are into the open transaction.</summary>
    public void Record()
    {
        foreach (PackInfo pack in _packs.TakeChanges())
            Upsert(pack.Pack, pack.Length, pack.IsSealed);
        PackPosition position = _packs.Position;
        if (position.OpenPack.Value > 0)
            Upsert(position.OpenPack, position.Length, isSealed: false);
        _metadata.State.OpenPack = position.OpenPack;
        _metadata.State.OpenPackLength = position.Length;
        _metadata.State.NextPack = position.NextPack;
    }

    /// <summary>What is known of the packs, the one appended to included, as far as it was committed.</summary>
    public IReadOnlyList<PackRecord> List() => _metadata.Packs.List();

    /// <summary>Forgets a pack that no region names any more, in the open transaction.</summary>
    public void Forget(PackId pack)
    {
        _metadata.Packs.Delete(pack);
        if (!_lengths.Remove(pack, out (long Length, long ParityLength) gone))
            return;
        Bytes -= gone.Length;
        ParityBytes -= gone.ParityLength;
    }

    private void Upsert(PackId pack, long length, bool isSealed)
    {
        if (!isSealed && _lengths.TryGetValue(pack, out (long Length, long) known) && known.Length == length)
            return;
        _metadata.Packs.Upsert(pack, length, isSealed);
        Count(pack, length, isSealed);
    }

    private void Count(PackId pack, long length, bool isSealed)
    {
        long parityLength = isSealed ? PackParity.FileLengthOf(length, _parityPercent) : 0;
        (long oldLength, long oldParityLength) = _lengths.GetValueOrDefault(pack);
        Bytes += length - oldLength;
        ParityBytes += parityLength - oldParityLength;
        _lengths[pack] = (length, parityLength);
    }
}
