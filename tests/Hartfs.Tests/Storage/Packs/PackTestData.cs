using System.Security.Cryptography;
using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.Tests.Storage.Packs;

/// <summary>Blocks and stores for the tests of packs.</summary>
internal static class PackTestData
{
    public static readonly VolumeId Volume = VolumeId.Read("0123456789abcdef"u8);

    public static PackStore Open(IBlockStore blocks, long packBytesTarget = 64 << 20) =>
        new(blocks, Volume, new PackStoreSettings { PackBytesTarget = packBytesTarget }, NullLogger.Instance);

    /// <summary>Bytes that zstd shrinks well, different for each seed.</summary>
    public static byte[] Text(int length, int seed = 1)
    {
        var random = new Random(seed);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)"etaoin shrdlu\n"[random.Next(14) * random.Next(14) / 14];
        return bytes;
    }

    public static byte[] Noise(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Cuts bytes into chunks with adjoining glyphs.</summary>
    public static ChunkEntry[] Cut(ReadOnlySpan<byte> plain, long firstGlyph, int chunkLength = 8192)
    {
        List<ChunkEntry> chunks = [];
        for (int offset = 0; offset < plain.Length; offset += chunkLength)
        {
            ReadOnlySpan<byte> piece = plain.Slice(offset, Math.Min(chunkLength, plain.Length - offset));
            chunks.Add(new ChunkEntry(
                new Glyph(firstGlyph + offset), piece.Length, new Fingerprint(SHA256.HashData(piece))));
        }

        return [.. chunks];
    }

    public static BlockLocation Append(PackStore packs, byte[] plain, long firstGlyph)
    {
        using var encoder = new BlockEncoder();
        return packs.Append(encoder.Encode(plain, Cut(plain, firstGlyph), ContentClass.Other, 3));
    }

    /// <summary>Appends blocks of noise, the n-th of seed n; their glyphs adjoin from 1 on.</summary>
    public static BlockLocation[] AppendMany(PackStore packs, int count, int length) =>
        [.. Enumerable.Range(0, count).Select(i => Append(packs, Noise(length, i), 1 + (i * (long)length)))];

    public static byte[] BytesOf(IBlockStore blocks, string segment)
    {
        Assert.True(blocks.TryGetLength(segment, out long length));
        byte[] bytes = new byte[length];
        int count = 0;
        while (count < bytes.Length)
            count += blocks.ReadAt(segment, count, bytes.AsSpan(count));
        return bytes;
    }

    public static byte[] Read(PackStore packs, BlockLocation location)
    {
        using var decoder = new BlockDecoder();
        byte[] plain = new byte[1 << 20];
        int length = packs.ReadPlain(location, decoder, plain);
        return plain[..length];
    }
}
