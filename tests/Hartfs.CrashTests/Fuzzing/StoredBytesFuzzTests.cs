using System.Buffers.Binary;
using Hartfs.Format;
using Hartfs.Storage;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Index;
using Hartfs.Storage.Packs;
using Hartfs.Testing.Stores;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.CrashTests.Fuzzing;

/// <summary>I4: superblocks, packs and index runs that were changed are refused, or read as they were.</summary>
public sealed class StoredBytesFuzzTests(ITestOutputHelper output)
{
    private const string Pack = "packs/00/0000000000000001.pack";
    private const string Run = "index/0000000000000001.run";
    private const int CrcBytes = 4;

    private static readonly VolumeId Volume = VolumeId.Read("0123456789abcdef"u8);

    [Fact]
    public void A_changed_superblock_is_refused_or_makes_sense()
    {
        byte[] good = Superblock();
        FuzzRun.Execute(output, 30_000, 1 << 20, random =>
        {
            byte[] bytes = random.Next(20) == 0 ? Mutator.Noise(random, 8192) : Mutator.Mutate(good, random);
            // Half of them with a checksum that fits: then the values themselves have to be judged.
            if (random.Next(2) == 0 && bytes.Length == Format.Superblock.Size)
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - CrcBytes),
                    Crc32C.Compute(bytes.AsSpan(0, bytes.Length - CrcBytes)));
            SuperblockReading reading = Format.Superblock.Read(bytes);
            if (reading.Superblock is not { } superblock)
            {
                Assert.NotEqual(SuperblockFault.None, reading.Fault);
                Assert.NotEmpty(reading.Reason);
                return;
            }

            Assert.Equal(bytes, superblock.ToBytes());
            Assert.InRange(superblock.BlockBytes, 1, Limits.BlockBytesMax);
        });
    }

    [Fact]
    public void A_changed_pack_gives_the_bytes_that_were_stored_or_an_error()
    {
        List<(BlockLocation Location, byte[] Plain)> blocks = [];
        byte[] good = MakePack(blocks);
        using BlockDecoder decoder = new();
        FuzzRun.Execute(output, 15_000, 64 << 20, random =>
        {
            using MemoryBlockStore store = With(Pack, Mutator.Mutate(good, random));
            using PackStore packs = Packs(store);
            Walk(packs, random);
            foreach ((BlockLocation location, byte[] plain) in blocks)
            {
                byte[] read = new byte[plain.Length];
                try
                {
                    Assert.Equal(plain.Length, packs.ReadPlain(location, decoder, read));
                    Assert.True(plain.AsSpan().SequenceEqual(read), $"wrong bytes of the block at {location.Offset}");
                }
                catch (CorruptDataException)
                {
                    // Refused, as it should be.
                }
            }
        });
    }

    /// <summary>Checksums fit, so that codecs and directories see what nobody has written.</summary>
    [Fact]
    public void A_forged_block_is_decoded_or_refused()
    {
        List<(BlockLocation Location, byte[] Plain)> blocks = [];
        byte[] good = MakePack(blocks);
        uint seed = PackHeader.SeedOf(Volume, new PackId(1));
        using BlockDecoder decoder = new();
        byte[] plain = new byte[Limits.BlockBytesMax];
        FuzzRun.Execute(output, 10_000, 128 << 20, random =>
        {
            BlockLocation location = blocks[random.Next(blocks.Count)].Location;
            byte[] bytes = good.ToArray();
            Span<byte> block = bytes.AsSpan((int)location.Offset, location.StoredLength);
            byte[] changed = Mutator.Mutate(block, random);
            changed.AsSpan(0, Math.Min(changed.Length, block.Length)).CopyTo(block);
            Forge(block, seed, location.Offset);
            using MemoryBlockStore store = With(Pack, bytes);
            using PackStore packs = Packs(store);
            Walk(packs, random);
            try
            {
                packs.ReadPlain(location, decoder, plain);
            }
            catch (CorruptDataException)
            {
                // Refused.
            }
        });
    }

    [Fact]
    public void A_changed_index_run_finds_what_was_added_or_nothing()
    {
        byte[] good = MakeRun(out ulong[] prefixes);
        FuzzRun.Execute(output, 8_000, 32 << 20, random =>
        {
            using MemoryBlockStore store = With(Run, Mutator.Mutate(good, random));
            using FingerprintIndex index = FingerprintIndex.Open(store, 8 << 20, NullLogger.Instance);
            Span<Glyph> candidates = stackalloc Glyph[4];
            for (int probe = 0; probe < 50; probe++)
            {
                int which = random.Next(prefixes.Length);
                int count = index.Find(prefixes[which], candidates);
                Assert.True(count == 0 || candidates[0].Value == which + 1, "a wrong glyph");
            }

            index.Add(1, new Glyph(5));
            index.Checkpoint(new IndexPosition(new PackId(9), 0));
            index.MergeIfNeeded(CancellationToken.None);
        });
    }

    private static void Walk(PackStore packs, Random random)
    {
        try
        {
            foreach (PackInfo pack in packs.List()) packs.ReadTrailer(pack.Pack);
            long end = random.Next(2) == 0 ? long.MaxValue : random.Next(300_000);
            Assert.InRange(packs.Scan(new PackId(1), random.Next(2) * 64, end).Take(10_000).Count(), 0, 9_999);
            packs.Resume(new PackId(1), new PackId(1), random.Next(300_000));
        }
        catch (CorruptDataException)
        {
            // The whole pack is refused.
        }
    }

    private static void Forge(Span<byte> block, uint seed, long offset)
    {
        int directory = BinaryPrimitives.ReadInt32LittleEndian(block[16..]);
        int payload = BinaryPrimitives.ReadInt32LittleEndian(block[20..]);
        if (directory >= 0 && payload >= 0 && BlockHeader.Size + (long)directory + payload <= block.Length)
        {
            Span<byte> rest = block[BlockHeader.Size..];
            BinaryPrimitives.WriteUInt32LittleEndian(block[48..], Crc32C.Compute(rest[..directory]));
            BinaryPrimitives.WriteUInt32LittleEndian(block[52..], Crc32C.Compute(rest.Slice(directory, payload)));
        }

        BlockHeader.Seal(block, seed, offset);
    }

    private static PackStore Packs(IBlockStore store) =>
        new(store, Volume, new PackStoreSettings(), NullLogger.Instance);

    private static MemoryBlockStore With(string segment, byte[] bytes)
    {
        MemoryBlockStore store = new();
        store.Append(segment, bytes);
        return store;
    }

    private static byte[] Superblock() => new Superblock
    {
        Volume = Volume,
        CreationTime = 1,
        SmallChunks = new ChunkLengths(4096, 8192, 12288),
        LargeChunks = new ChunkLengths(32768, 65536, 98304),
        RunBytesMin = 4096,
        BlockBytes = 256 << 10,
        CodecLevel = 3,
    }.ToBytes();

    private static byte[] MakePack(List<(BlockLocation Location, byte[] Plain)> blocks)
    {
        using MemoryBlockStore store = new();
        using PackStore packs = Packs(store);
        packs.Resume(new PackId(1), default, 0);
        using BlockEncoder encoder = new();
        Random random = new(1);
        for (int number = 0; number < 6; number++)
        {
            byte[] plain = new byte[random.Next(100, 9000)];
            if (number % 2 == 0) random.NextBytes(plain);
            else for (int at = 0; at < plain.Length; at++) plain[at] = (byte)('a' + random.Next(4));
            ChunkEntry[] chunks = Cut(plain, 1 + (number * 100_000L));
            blocks.Add((packs.Append(encoder.Encode(plain, chunks, ContentClass.Other, 3)), plain));
        }

        packs.Close(seal: true);
        return BytesOf(store, Pack);
    }

    private static ChunkEntry[] Cut(byte[] plain, long glyph)
    {
        List<ChunkEntry> chunks = [];
        for (int at = 0; at < plain.Length; at += 1024)
        {
            ReadOnlySpan<byte> piece = plain.AsSpan(at, Math.Min(1024, plain.Length - at));
            chunks.Add(new ChunkEntry(new Glyph(glyph + at), piece.Length,
                new Fingerprint(System.Security.Cryptography.SHA256.HashData(piece))));
        }

        return [.. chunks];
    }

    private static byte[] MakeRun(out ulong[] prefixes)
    {
        using MemoryBlockStore store = new();
        using FingerprintIndex index = FingerprintIndex.Open(store, 8 << 20, NullLogger.Instance);
        Random random = new(1);
        prefixes = [.. Enumerable.Range(0, 2000).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue))];
        for (int number = 0; number < prefixes.Length; number++) index.Add(prefixes[number], new Glyph(number + 1));
        index.Checkpoint(new IndexPosition(new PackId(1), 100));
        return BytesOf(store, Run);
    }

    private static byte[] BytesOf(MemoryBlockStore store, string segment)
    {
        Assert.True(store.TryGetLength(segment, out long length), segment);
        byte[] bytes = new byte[length];
        Assert.Equal(bytes.Length, store.ReadAt(segment, 0, bytes));
        return bytes;
    }
}
