using Hartfs.Format;
using Hartfs.Storage.Parity;

namespace Hartfs.Storage.Packs;

/// <summary>Blocks that only their pack's parity still has whole.</summary>
public sealed partial class PackStore
{
    /// <summary>
    /// Reads a damaged block with the help of its pack's parity: its chunks, and its plain bytes into the beginning of
    /// <paramref name="plain"/>, all verified. Null when there is no parity, or not enough of it.
    /// </summary>
    /// <param name="plain">At least <see cref="Limits.BlockBytesMax"/>.</param>
    /// <exception cref="IOException">The store failed.</exception>
    public BlockDirectory? ReadMended(PackId pack, long offset, PackParity parity, BlockDecoder decoder,
        Span<byte> plain)
    {
        Span<byte> head = stackalloc byte[BlockHeader.Size];
        if (!parity.TryRead(pack, offset, head)
            || !BlockHeader.TryRead(head, PackHeader.SeedOf(_volume, pack), offset, out BlockHeader header, out _))
            return null;
        byte[] stored = new byte[header.StoredLength];
        if (!parity.TryRead(pack, offset, stored))
            return null;
        ReadOnlySpan<byte> directory = stored.AsSpan(BlockHeader.Size, header.DirectoryLength);
        ReadOnlySpan<byte> payload = stored.AsSpan(BlockHeader.Size + header.DirectoryLength);
        return Crc32C.Compute(directory) == header.DirectoryCrc && Crc32C.Compute(payload) == header.PayloadCrc
            && DirectoryLayout.TryRead(directory, header, out ChunkEntry[] chunks)
            && decoder.TryDecode(header, payload, 0, plain[..header.PlainLength])
                ? new BlockDirectory(header, chunks)
                : null;
    }
}
