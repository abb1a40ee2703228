using System.Security.Cryptography;
using Hartfs.Format;
using Hartfs.Storage.Parity;
using Hartfs.Testing.Stores;
using Xunit;

namespace Hartfs.Tests.Storage.Parity;

public sealed class PackParityTests : IDisposable
{
    private const string PackName = "packs/00/0000000000000007.pack";
    private const string ParityName = "packs/00/0000000000000007.parity";
    private static readonly PackId Pack = new(7);
    private static readonly VolumeId Volume = VolumeId.Read("0123456789abcdef"u8);

    private readonly MemoryBlockStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public void A_parity_file_has_these_bytes()
    {
        var header = new ParityHeader(Pack, 5000, 2, 1, 1, 0x01020304);
        byte[] bytes = new byte[ParityHeader.Size];
        header.Write(bytes, PackHeader.SeedOf(Volume, Pack));
        Assert.Equal(
            "4841525450525459" + "0100" + "4000" + "00100000" + "0700000000000000" + "8813000000000000" +
            "0200" + "0100" + "01000000" + "04030201" + "00000000000000000000000000000000",
            Convert.ToHexStringLower(bytes[..60]));
        Assert.True(ParityHeader.TryRead(bytes, PackHeader.SeedOf(Volume, Pack), out ParityHeader read));
        Assert.Equal(header, read);
        Assert.False(ParityHeader.TryRead(bytes, PackHeader.SeedOf(Volume, new PackId(8)), out _));

        byte[] pack = Write(5000, 5);
        byte[] parity = All(ParityName);
        Assert.Equal(ParityHeader.Size + 12, (int)read.ParityOffset);
        Assert.Equal(read.FileLength, parity.Length);
        // With two data shards and one of parity the code's parity row is (3, 2): r^c for r = 2, times the inverse.
        byte[] second = new byte[4096];
        pack.AsSpan(4096).CopyTo(second);
        for (int at = 0; at < 4096; at++)
        {
            int expected = GaloisField.Multiply(3, pack[at]) ^ GaloisField.Multiply(2, second[at]);
            Assert.Equal(expected, parity[(int)read.ParityOffset + at]);
        }
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(4096, 5)]
    [InlineData(100_000, 5)]
    [InlineData(3_000_000, 5)]
    [InlineData(3_000_001, 25)]
    public void Damage_up_to_the_parity_is_computed_away_wherever_it_is(int length, int percent)
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        byte[] pack = Write(length, percent);
        var parity = new PackParity(_store, Volume);
        Assert.Null(parity.FindFault(Pack));
        int sectors = (length + 4095) / 4096;
        int shardSectors = (sectors + 199) / 200;
        int burst = Math.Max(1, sectors * percent / 100 / shardSectors * shardSectors);
        int begin = random.Next(Math.Max(1, sectors - burst));
        byte[] damaged = (byte[])pack.Clone();
        for (int sector = begin; sector < begin + burst && sector < sectors; sector++)
            damaged[Math.Min(length - 1, (sector * 4096) + random.Next(4096))] ^= 0x40;
        Replace(PackName, damaged);
        byte[] read = new byte[length];
        Assert.True(parity.TryRead(Pack, 0, read), $"seed {seed}");
        Assert.True(pack.AsSpan().SequenceEqual(read), $"seed {seed}");
    }

    [Fact]
    public void More_damage_than_parity_is_refused_and_never_computed_wrong()
    {
        byte[] pack = Write(3_000_000, 5);
        byte[] damaged = (byte[])pack.Clone();
        for (int at = 0; at < damaged.Length; at += 4096)
            damaged[at] ^= 1;
        Replace(PackName, damaged);
        Assert.False(new PackParity(_store, Volume).TryRead(Pack, 100_000, new byte[5000]));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    public void A_damaged_table_is_found_in_its_second_copy(int offset)
    {
        byte[] pack = Write(500_000, 5);
        byte[] file = All(ParityName);
        file[offset] ^= 1;
        Replace(ParityName, file);
        var parity = new PackParity(_store, Volume);
        Assert.NotNull(parity.FindFault(Pack));
        byte[] damaged = (byte[])pack.Clone();
        damaged[70_000] ^= 1;
        Replace(PackName, damaged);
        byte[] read = new byte[10];
        Assert.True(parity.TryRead(Pack, 69_995, read));
        Assert.Equal(pack[69_995..70_005], read);
    }

    [Fact]
    public void A_pack_that_lost_its_end_or_its_begin_is_read_whole()
    {
        byte[] pack = Write(1_000_000, 5);
        var parity = new PackParity(_store, Volume);
        byte[] read = new byte[pack.Length];
        Replace(PackName, pack[..^30_000]);
        Assert.True(parity.TryRead(Pack, 0, read));
        Assert.Equal(pack, read);
        byte[] headless = (byte[])pack.Clone();
        headless.AsSpan(0, 64).Clear();
        Replace(PackName, headless);
        read.AsSpan().Clear();
        Assert.True(parity.TryRead(Pack, 0, read));
        Assert.Equal(pack, read);
    }

    [Fact]
    public void Damage_of_the_parity_itself_is_told()
    {
        Write(500_000, 5);
        byte[] file = All(ParityName);
        file[file.Length / 2] ^= 1;
        Replace(ParityName, file);
        Assert.NotNull(new PackParity(_store, Volume).FindFault(Pack));
    }

    private byte[] Write(int length, int percent)
    {
        byte[] pack = new byte[length];
        byte[] state = BitConverter.GetBytes(length);
        for (int at = 0; at < length; at += 32)
        {
            state = SHA256.HashData(state);
            state.AsSpan(0, Math.Min(32, length - at)).CopyTo(pack.AsSpan(at));
        }

        Replace(PackName, pack);
        new PackParity(_store, Volume).Write(Pack, percent, CancellationToken.None);
        return pack;
    }

    private void Replace(string segment, byte[] bytes)
    {
        _store.Delete(segment);
        _store.Append(segment, bytes);
        _store.Flush(segment);
    }

    private byte[] All(string segment)
    {
        Assert.True(_store.TryGetLength(segment, out long length));
        byte[] bytes = new byte[length];
        for (int done = 0; done < bytes.Length;)
            done += _store.ReadAt(segment, done, bytes.AsSpan(done));
        return bytes;
    }
}
