using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Tables;
using Hartfs.Storage.Packs;

namespace Hartfs.Core.Commit;

/// <summary>Keeps the metadata's list of packs in step with the pack store, and their totals at hand.</summary>
/// <remarks>The tree lock guards it.</remarks>
internal sealed class PackLedger
{
    private readonly MetadataStore _metadata;
    private readonly PackStore _packs;
    private readonly Dictionary<PackId, long> _lengths = [];

    public PackLedger(MetadataStore metadata, PackStore packs)
    {
        _metadata = metadata;
        _packs = packs;
        foreach (PackRecord pack in metadata.Packs.List())
            Count(pack.Id, pack.Length);
    }

    /// <summary>Packs that the metadata knows.</summary>
    public int PackCount => _lengths.Count;

    /// <summary>Their bytes.</summary>
    public long Bytes { get; private set; }

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
        if (_lengths.Remove(pack, out long length))
            Bytes -= length;
    }

    private void Upsert(PackId pack, long length, bool isSealed)
    {
        if (!isSealed && _lengths.TryGetValue(pack, out long known) && known == length)
            return;
        _metadata.Packs.Upsert(pack, length, isSealed);
        Count(pack, length);
    }

    private void Count(PackId pack, long length)
    {
        Bytes += length - _lengths.GetValueOrDefault(pack);
        _lengths[pack] = length;
    }
}
