using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Microsoft.Extensions.Logging;

namespace Hartfs.Storage.Packs;

/// <summary>Reads packs; each structure is verified before it is used. Any number of threads.</summary>
internal sealed class PackReader(IBlockStore store, VolumeId volume, PackNames names, ILogger logger)
{
    // One read gets the directory of an ordinary block: a header and a hundred chunks.
    private const int DirectoryReadLength = 4096;

    /// <summary>Reads a block's header and, into the decoder's memory, all of its bytes; verified.</summary>
    public BlockHeader Load(BlockLocation location, BlockDecoder decoder, out ReadOnlySpan<byte> payload)
    {
        CheckPossible(location);
        Span<byte> stored = decoder.Stored(location.StoredLength);
        if (ReadFully(location.Pack, location.Offset, stored) < stored.Length)
            throw Corrupt(location, "the pack ends before the block does");
        BlockHeader header = ReadHeader(location, stored);
        payload = stored[(BlockHeader.Size + header.DirectoryLength)..];
        if (Crc32C.Compute(payload) != header.PayloadCrc)
            throw Corrupt(location, "the payload's checksum does not fit");
        // The data is whole and is worth more to its owner than an error: say so and go on.
        if (Crc32C.Compute(stored.Slice(BlockHeader.Size, header.DirectoryLength)) != header.DirectoryCrc)
            Log.DirectoryDamaged(logger, location.Pack, location.Offset);
        return header;
    }

    /// <summary>Reads a block's directory, verified, without its payload.</summary>
    public BlockDirectory ReadDirectory(BlockLocation location)
    {
        CheckPossible(location);
        byte[] bytes = new byte[Math.Min(DirectoryReadLength, location.StoredLength)];
        int count = ReadFully(location.Pack, location.Offset, bytes);
        if (count < bytes.Length)
            throw Corrupt(location, "the pack ends before the block does");
        BlockHeader header = ReadHeader(location, bytes);
        return ReadDirectory(location, header, bytes, out string? fault) ?? throw Corrupt(location, fault!);
    }

    /// <summary>The directory behind a header that was read with some bytes behind it; null with a fault.</summary>
    public BlockDirectory? ReadDirectory(
        BlockLocation location, in BlockHeader header, ReadOnlySpan<byte> begin, out string? fault)
    {
        int end = BlockHeader.Size + header.DirectoryLength;
        ReadOnlySpan<byte> directory;
        if (begin.Length >= end)
        {
            directory = begin[BlockHeader.Size..end];
        }
        else
        {
            byte[] bytes = new byte[header.DirectoryLength];
            int count = ReadFully(location.Pack, location.Offset + BlockHeader.Size, bytes);
            directory = bytes.AsSpan(0, count);
        }

        if (directory.Length < header.DirectoryLength)
            fault = "the pack ends within the block's directory";
        else if (Crc32C.Compute(directory) != header.DirectoryCrc)
            fault = "the directory's checksum does not fit";
        else if (!DirectoryLayout.TryRead(directory, header, out ChunkEntry[] chunks))
            fault = "the directory does not fit the block";
        else
        {
            fault = null;
            return new BlockDirectory(header, chunks);
        }

        return null;
    }

    /// <summary>The block list of a sealed pack; null when it is not sealed, or its trailer is damaged.</summary>
    public PackBlockEntry[]? ReadTrailer(PackId pack, long length)
    {
        if (!TryReadFooter(pack, length, out PackFooter footer))
            return null;
        byte[] list = new byte[footer.BlockCount * (long)PackBlockEntry.Size];
        if (ReadFully(pack, footer.ListOffset, list) < list.Length || Crc32C.Compute(list) != footer.ListCrc)
            return null;
        var entries = new PackBlockEntry[footer.BlockCount];
        for (int i = 0; i < entries.Length; i++)
            entries[i] = PackBlockEntry.Read(list.AsSpan(i * PackBlockEntry.Size));
        return entries;
    }

    /// <summary>Whether a pack ends in a whole footer.</summary>
    public bool TryReadFooter(PackId pack, long length, out PackFooter footer)
    {
        footer = default;
        if (length < PackHeader.Size + PackFooter.Size)
            return false;
        Span<byte> bytes = stackalloc byte[PackFooter.Size];
        return ReadFully(pack, length - PackFooter.Size, bytes) == bytes.Length
            && PackFooter.TryRead(bytes, PackHeader.SeedOf(volume, pack), length, out footer);
    }

    /// <summary>Whether a pack begins with this volume's header of its number.</summary>
    public bool HasHeader(PackId pack)
    {
        Span<byte> bytes = stackalloc byte[PackHeader.Size];
        return ReadFully(pack, 0, bytes) == bytes.Length && PackHeader.TryRead(bytes, out PackHeader header)
            && header == new PackHeader(volume, pack);
    }

    /// <summary>Reads until the buffer is full or the pack ends; returns the bytes read.</summary>
    /// <exception cref="CorruptDataException">There is no such pack.</exception>
    public int ReadFully(PackId pack, long offset, Span<byte> buffer)
    {
        string segment = names.Of(pack);
        int count = 0;
        try
        {
            while (count < buffer.Length)
            {
                int read = store.ReadAt(segment, offset + count, buffer[count..]);
                if (read == 0)
                    break;
                count += read;
            }
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CorruptDataException(pack, offset, "the pack is missing");
        }

        return count;
    }

    private static void CheckPossible(BlockLocation location)
    {
        if (location.Offset < PackHeader.Size || location.StoredLength <= BlockHeader.Size)
            throw Corrupt(location, $"no block of {location.StoredLength} bytes can lie here");
    }

    private static CorruptDataException Corrupt(BlockLocation location, string message) =>
        new(location.Pack, location.Offset, message);

    private BlockHeader ReadHeader(BlockLocation location, ReadOnlySpan<byte> bytes)
    {
        uint seed = PackHeader.SeedOf(volume, location.Pack);
        if (!BlockHeader.TryRead(bytes, seed, location.Offset, out BlockHeader header, out string? fault))
            throw Corrupt(location, fault!);
        return header.StoredLength == location.StoredLength
            ? header
            : throw Corrupt(location, $"the block has {header.StoredLength} bytes instead of {location.StoredLength}");
    }
}
