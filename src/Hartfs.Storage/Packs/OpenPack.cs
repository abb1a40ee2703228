using Hartfs.Format;

namespace Hartfs.Storage.Packs;

/// <summary>The pack that is appended to. Its store's lock guards it.</summary>
internal sealed class OpenPack(PackId pack, uint seed, long length)
{
    private readonly List<PackBlockEntry> _blocks = [];

    // A pack that was continued has blocks that are not in the list: they are read from it when it is sealed.
    private readonly long _listBegin = length;

    public PackId Pack => pack;

    /// <summary>Where the pack's checksums start from.</summary>
    public uint Seed => seed;

    /// <summary>Bytes appended so far.</summary>
    public long Length { get; private set; } = length;

    /// <summary>Notes a block that was appended at <see cref="Length"/>.</summary>
    public BlockLocation Add(in BlockHeader header)
    {
        var location = new BlockLocation(pack, Length, header.StoredLength);
        _blocks.Add(EntryOf(header, Length));
        Length += header.StoredLength;
        return location;
    }

    /// <summary>The trailer: block list and footer.</summary>
    /// <exception cref="CorruptDataException">The pack was continued, and what it began with is damaged.</exception>
    public byte[] Trailer(PackReader reader)
    {
        List<PackBlockEntry> blocks = [.. ReadBegin(reader), .. _blocks];
        byte[] trailer = new byte[(blocks.Count * PackBlockEntry.Size) + PackFooter.Size];
        Span<byte> list = trailer.AsSpan(0, blocks.Count * PackBlockEntry.Size);
        (long plainLength, long chunkCount) = (0, 0);
        for (int i = 0; i < blocks.Count; i++)
        {
            blocks[i].Write(list[(i * PackBlockEntry.Size)..]);
            plainLength += blocks[i].PlainLength;
            chunkCount += blocks[i].ChunkCount;
        }

        var footer = new PackFooter
        {
            ListOffset = Length,
            BlockCount = blocks.Count,
            ListCrc = Crc32C.Compute(list),
            PlainLength = plainLength,
            ChunkCount = chunkCount,
        };
        footer.Write(trailer.AsSpan(list.Length), seed);
        return trailer;
    }

    private static PackBlockEntry EntryOf(in BlockHeader header, long offset) => new(
        offset, header.FirstGlyph, header.StoredLength, header.PlainLength, header.ChunkCount, header.Codec,
        header.Class);

    private List<PackBlockEntry> ReadBegin(PackReader reader)
    {
        List<PackBlockEntry> blocks = [];
        Span<byte> bytes = stackalloc byte[BlockHeader.Size];
        long offset = PackHeader.Size;
        while (offset < _listBegin)
        {
            int count = reader.ReadFully(pack, offset, bytes);
            if (!BlockHeader.TryRead(bytes[..count], seed, offset, out BlockHeader header, out string? fault))
                throw new CorruptDataException(pack, offset, fault!);
            blocks.Add(EntryOf(header, offset));
            offset += header.StoredLength;
        }

        return offset == _listBegin
            ? blocks
            : throw new CorruptDataException(pack, offset, "the blocks do not end where the pack was continued");
    }
}
