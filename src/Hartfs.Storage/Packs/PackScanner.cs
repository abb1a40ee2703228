using System.Buffers.Binary;
using Hartfs.Format;

namespace Hartfs.Storage.Packs;

/// <summary>Walks the blocks of a pack by their headers, past damage where it may.</summary>
internal sealed class PackScanner(PackReader reader, PackId pack, uint seed, long packLength)
{
    private const int SearchLength = 64 << 10;

    // Header and directory of an ordinary block.
    private readonly byte[] _begin = new byte[4096];

    /// <summary>See <see cref="PackStore.Scan"/>.</summary>
    public IEnumerable<ScannedBlock> Scan(long fromOffset, long toOffset)
    {
        bool isBounded = toOffset != long.MaxValue;
        long end = Math.Min(toOffset, BlocksEnd());
        if (fromOffset < PackHeader.Size)
        {
            if (!reader.HasHeader(pack))
                yield return Damaged(0, 0, "the pack's header is damaged");
            fromOffset = PackHeader.Size;
        }

        long offset = fromOffset;
        while (offset < end)
        {
            ScannedBlock block = ReadBlock(offset);
            if (block.Location.StoredLength > 0)
            {
                yield return block;
                offset += block.Location.StoredLength;
                continue;
            }

            if (!isBounded)
                yield break;
            yield return block;
            offset = FindBlock(offset + 1, end);
        }

        if (isBounded && toOffset > packLength)
            yield return Damaged(packLength, 0, $"the pack has {packLength} bytes where {toOffset} were expected");
    }

    private static uint MagicAt(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private ScannedBlock Damaged(long offset, int storedLength, string damage) =>
        new(new BlockLocation(pack, offset, storedLength), null, damage);

    private long BlocksEnd() =>
        reader.TryReadFooter(pack, packLength, out PackFooter footer) ? footer.ListOffset : packLength;

    private ScannedBlock ReadBlock(long offset)
    {
        Span<byte> begin = _begin.AsSpan(0, reader.ReadFully(pack, offset, _begin));
        if (!BlockHeader.TryRead(begin, seed, offset, out BlockHeader header, out string? fault))
            return Damaged(offset, 0, fault!);
        if (header.StoredLength > packLength - offset)
            return Damaged(offset, 0, "the pack ends before the block does");
        var location = new BlockLocation(pack, offset, header.StoredLength);
        BlockDirectory? directory = reader.ReadDirectory(location, header, begin, out fault);
        return new ScannedBlock(location, directory, fault);
    }

    // The checksum of a header covers its place, so that what looks like one is one.
    private long FindBlock(long offset, long end)
    {
        byte[] window = new byte[SearchLength];
        while (offset < end)
        {
            int count = reader.ReadFully(pack, offset, window);
            if (count < BlockHeader.Size)
                return end;
            for (int i = 0; i <= count - BlockHeader.Size; i++)
            {
                if (MagicAt(window.AsSpan(i)) == BlockHeader.Magic
                    && BlockHeader.TryRead(window.AsSpan(i, BlockHeader.Size), seed, offset + i, out _, out _))
                {
                    return offset + i;
                }
            }

            offset += count - BlockHeader.Size + 1;
        }

        return end;
    }
}
