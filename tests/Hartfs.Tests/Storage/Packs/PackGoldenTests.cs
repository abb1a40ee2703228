using System.Security.Cryptography;
using Hartfs.Format;
using Hartfs.Storage.Packs;
using Hartfs.Testing.Stores;
using Xunit;

namespace Hartfs.Tests.Storage.Packs;

/// <summary>The worked example of <c>native-notes/format.md</c>, byte for byte.</summary>
public sealed class PackGoldenTests
{
    private const string Header =
        "484152545041434b010040000000000001000000000000003031323334353637" +
        "38396162636465660000000000000000000000000000000000000000a1d23d06";

    private const string BlockHeader =
        "48424c4b00020000020000000e000000430000000e0000000000000000000000" +
        "0000000000000000e80300000000000061afee565b7fcd1a0000000083b4873f";

    private const string Directory =
        "010707" +
        "23429bd9ba98dd5140309bb9b0094b3aad642430fff6fb3ca61f008ce644f34a" +
        "645ec8996c76ed2ad4bf6c1580108c4a79b8c615190ac76335e548166afd00f2";

    private const string Payload = "48656c6c6f2c2048617274667321";

    private const string List = "4000000000000000e803000000000000910000000e0000000200000000020000";

    private const string Footer =
        "484152545441494c3101000000000000d1000000000000000100000006c7f903" +
        "0e00000000000000020000000000000000000000000000000000000090fdc3bc";

    [Fact]
    public void A_sealed_pack_of_one_raw_block_has_these_bytes()
    {
        using var blocks = new MemoryBlockStore();
        using PackStore packs = PackTestData.Open(blocks);
        using var encoder = new BlockEncoder();
        BlockLocation location = packs.Append(
            encoder.Encode("Hello, Hartfs!"u8, Chunks(), ContentClass.Incompressible, 3));
        packs.Close(seal: true);
        Assert.Equal(new BlockLocation(new PackId(1), 64, 145), location);
        Assert.Equal(
            Header + BlockHeader + Directory + Payload + List + Footer,
            Convert.ToHexStringLower(PackTestData.BytesOf(blocks, "packs/00/0000000000000001.pack")));
    }

    [Fact]
    public void These_bytes_are_read_without_anything_else()
    {
        using var blocks = new MemoryBlockStore();
        blocks.Append(
            "packs/00/0000000000000001.pack",
            Convert.FromHexString(Header + BlockHeader + Directory + Payload + List + Footer));
        using PackStore packs = PackTestData.Open(blocks);
        PackInfo pack = Assert.Single(packs.List());
        Assert.Equal(new PackInfo(new PackId(1), 305, true), pack);
        PackBlockEntry entry = Assert.Single(packs.ReadTrailer(pack.Pack)!);
        var location = new BlockLocation(pack.Pack, entry.Offset, entry.StoredLength);
        Assert.Equal(Chunks(), packs.ReadDirectory(location).Chunks.ToArray());
        Assert.Equal("Hello, Hartfs!"u8.ToArray(), PackTestData.Read(packs, location));
        Assert.Equal(location, Assert.Single(packs.Scan(pack.Pack, 0, pack.Length)).Location);
    }

    [Theory]
    [InlineData(1, "packs/00/0000000000000001.pack")]
    [InlineData(0x1234, "packs/12/0000000000001234.pack")]
    [InlineData(0x7000000000ABCDEF, "packs/cd/7000000000abcdef.pack")]
    public void A_pack_lies_in_the_folder_of_its_number(long number, string segment)
    {
        Assert.Equal(segment, DataPacks.Of(new PackId(number)));
        Assert.True(DataPacks.TryParse(segment, out PackId pack));
        Assert.Equal(number, pack.Value);
    }

    [Theory]
    [InlineData("packs/00/0000000000000000.pack")]
    [InlineData("packs/00/0000000000000001.pack.new")]
    [InlineData("packs/00/000000000000000g.pack")]
    [InlineData("packs/0000000000000001.pack")]
    [InlineData("packs/00/f000000000000001.pack")]
    public void Anything_else_in_the_folder_is_no_pack(string segment) =>
        Assert.False(DataPacks.TryParse(segment, out _));

    private static PackNames DataPacks { get; } = new("packs", "pack");

    private static ChunkEntry[] Chunks() =>
    [
        new(new Glyph(1000), 7, new Fingerprint(SHA256.HashData("Hello, "u8))),
        new(new Glyph(1007), 7, new Fingerprint(SHA256.HashData("Hartfs!"u8))),
    ];
}
