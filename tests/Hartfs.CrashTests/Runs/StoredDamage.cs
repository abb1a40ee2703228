using Hartfs.Core;
using Hartfs.CrashTests.Disk;
using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Packs;
using Hartfs.Storage.Parity;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hartfs.CrashTests.Runs;

/// <summary>What a disk damages.</summary>
internal enum DamageKind
{
    /// <summary>The payload of a block whose pack has parity.</summary>
    Payload,

    /// <summary>The list of a block's chunks.</summary>
    Directory,

    /// <summary>The payload of every block that holds nothing but known content.</summary>
    Content,

    /// <summary>The parity of a pack.</summary>
    Parity,
}

/// <summary>Damages what a volume has stored, so that there is a way to mend it.</summary>
internal sealed class StoredDamage : IDisposable
{
    private const int BytesMax = 64;

    private readonly SimulatedDisk _disk;
    private readonly Random _random;
    private readonly VolumeId _id;
    private readonly SimulatedBlockStore _store;
    private readonly PackStore _packs;
    private readonly PackParity _parity;
    private readonly PackNames _names = new("packs", "pack");
    private readonly PackNames _parityNames = new("packs", "parity");
    private readonly BlockDecoder _decoder = new();
    private readonly List<BlockLocation> _blocks;

    public StoredDamage(Volume volume, SimulatedDisk disk, Random random)
    {
        (_disk, _random) = (disk, random);
        _id = SuperblockFile.Load(volume.Directory).Reading.Superblock!.Volume;
        _store = new SimulatedBlockStore(disk);
        _packs = new PackStore(_store, _id, new PackStoreSettings(), NullLogger.Instance);
        _parity = new PackParity(_store, _id);
        List<Region> regions = [];
        lock (volume.TreeLock) volume.Metadata.Regions.Load(default, regions, int.MaxValue);
        _blocks = [.. regions.Select(region => region.Block).Distinct().Order(
            Comparer<BlockLocation>.Create((one, other) =>
                (one.Pack.Value, one.Offset).CompareTo((other.Pack.Value, other.Offset))))];
    }

    /// <summary>Places damaged.</summary>
    public int Count { get; private set; }

    /// <summary>Damages something of a kind, or nothing where there is nothing of that kind.</summary>
    /// <param name="content">What is known, for <see cref="DamageKind.Content"/>.</param>
    public void Make(DamageKind kind, ReadOnlySpan<byte> content)
    {
        switch (kind)
        {
            case DamageKind.Payload when Pick(block => HasParity(block.Pack)) is { } block:
                DamagePayload(block);
                break;
            case DamageKind.Directory when Pick(static _ => true) is { } block:
                Flip(_names.Of(block.Pack), block.Offset + BlockHeader.Size, HeaderOf(block).DirectoryLength, 1);
                break;
            case DamageKind.Content:
                foreach (BlockLocation block in _blocks)
                    if (IsPartOf(block, content))
                        DamagePayload(block);
                break;
            case DamageKind.Parity when Pick(block => HasParity(block.Pack)) is { } block:
                string parity = _parityNames.Of(block.Pack);
                Flip(parity, 0, _disk.LengthOf(_disk.Find(parity)!), 1);
                break;
            default:
                break;
        }
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _packs.Dispose();
        _store.Dispose();
    }

    private BlockLocation? Pick(Func<BlockLocation, bool> isFit)
    {
        BlockLocation[] fit = [.. _blocks.Where(isFit)];
        return fit.Length > 0 ? fit[_random.Next(fit.Length)] : null;
    }

    private bool HasParity(PackId pack) => _parity.Exists(pack) && _parity.FindFault(pack) is null;

    private bool IsPartOf(BlockLocation block, ReadOnlySpan<byte> content)
    {
        byte[] plain = new byte[Limits.BlockBytesMax];
        int length = _packs.ReadPlain(block, _decoder, plain);
        return content.IndexOf(plain.AsSpan(0, length)) >= 0;
    }

    private void DamagePayload(BlockLocation block)
    {
        BlockHeader header = HeaderOf(block);
        long start = block.Offset + BlockHeader.Size + header.DirectoryLength;
        // Of one sector: what parity there is of the smallest pack is enough for it.
        Flip(_names.Of(block.Pack), start, header.PayloadLength, BytesMax);
    }

    private BlockHeader HeaderOf(BlockLocation block)
    {
        byte[] bytes = new byte[BlockHeader.Size];
        _store.ReadAt(_names.Of(block.Pack), block.Offset, bytes);
        if (BlockHeader.TryRead(bytes, PackHeader.SeedOf(_id, block.Pack), block.Offset, out BlockHeader header, out _))
            return header;
        throw new CrashViolation($"the header of {block} is damaged");
    }

    private void Flip(string segment, long start, long length, int bytesMax)
    {
        long at = start + _random.NextInt64(length);
        long sectorEnd = (at / ParityHeader.SectorBytes * ParityHeader.SectorBytes) + ParityHeader.SectorBytes;
        byte[] bits = new byte[Math.Min(Math.Min(bytesMax, start + length - at), sectorEnd - at)];
        _random.NextBytes(bits);
        bits[0] |= 1;
        Count++;
        _disk.Damage(_disk.Find(segment)!, at, bits);
    }
}
