using System.Security.Cryptography;
using Hartfs.Format;
using Hartfs.Storage.Chunking;
using Xunit;

namespace Hartfs.Tests.Storage.Chunking;

public sealed class CutterTests
{
    private const string GoldenCuts =
        "5312o 9496o 8191o 7008o 10913o 8131o 4625o 8340o 7568o 6229o 9953o 8361o 5664o 11349o " +
        "11696o 8935o 11687o 11113o 11070o 9722o 5296o 8796o 12081o 11600o 6072o 8814o 8721o 7742o " +
        "9897o 9573o 4136o 11237o 4853o 4266o 7339o 4214o 10000z 38087i 68839i 92623i 14739i";

    private static readonly ChunkerParameters Parameters = ChunkerParameters.Default;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(8 << 10)]
    public void A_file_no_longer_than_the_average_is_one_chunk(int length)
    {
        List<Piece> pieces = CutAll(Content.Text(length, seed: 1));
        Assert.Equal(length == 0 ? 0 : 1, pieces.Count);
    }

    [Fact]
    public void Pieces_adjoin_and_cover_everything()
    {
        byte[] data = Content.Mixed(3 << 20, seed: 2);
        int at = 0;
        foreach (Piece piece in CutAll(data))
        {
            Assert.Equal(at, piece.Offset);
            Assert.InRange(piece.Length, 1, int.MaxValue);
            at += piece.Length;
        }

        Assert.Equal(data.Length, at);
    }

    [Fact]
    public void Text_is_cut_at_the_small_average_and_noise_at_the_large_one()
    {
        byte[] text = Content.Text(4 << 20, seed: 3);
        byte[] noise = Content.Noise(4 << 20, seed: 3);
        List<Piece> ofText = CutAll(text);
        List<Piece> ofNoise = CutAll(noise);
        Assert.InRange(text.Length / ofText.Count, Parameters.Average * 7 / 10, Parameters.Average * 13 / 10);
        Assert.InRange(
            noise.Length / ofNoise.Count, Parameters.LargeAverage * 7 / 10, Parameters.LargeAverage * 13 / 10);
        Assert.All(ofText, piece => Assert.Equal(ContentClass.Text, piece.Class));
        Assert.All(ofNoise, piece => Assert.Equal(ContentClass.Incompressible, piece.Class));
    }

    [Fact]
    public void Chunks_keep_to_their_bounds()
    {
        List<Piece> text = CutAll(Content.Text(2 << 20, seed: 4));
        Assert.All(text.SkipLast(1), piece => Assert.InRange(piece.Length, Parameters.Min, Parameters.Max));
        List<Piece> noise = CutAll(Content.Noise(2 << 20, seed: 4));
        Assert.All(noise.SkipLast(1), piece => Assert.InRange(piece.Length, Parameters.LargeMin, Parameters.LargeMax));
    }

    [Fact]
    public void An_insertion_leaves_nearly_all_chunks_as_they_were()
    {
        foreach (byte[] data in new[] { Content.Text(4 << 20, seed: 5), Content.Noise(4 << 20, seed: 5) })
        {
            byte[] edited = [.. data[..1_000_003], .. "inserted"u8, .. data[1_000_003..]];
            HashSet<string> known = [.. Names(data, CutAll(data)).Select(chunk => chunk.Name)];
            long unknownBytes = Names(edited, CutAll(edited))
                .Where(chunk => !known.Contains(chunk.Name)).Sum(chunk => (long)chunk.Length);
            Assert.InRange(unknownBytes, 1, 6 * Parameters.LargeMax);
        }
    }

    [Fact]
    public void Appending_leaves_all_chunks_but_the_last_two_as_they_were()
    {
        byte[] longer = Content.Text(1 << 20, seed: 6);
        List<Piece> ofShorter = CutAll(longer[..700_001]);
        List<Piece> ofLonger = CutAll(longer);
        Assert.Equal(ofShorter.SkipLast(2), ofLonger.Take(ofShorter.Count - 2));
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(12_345L)]
    public void The_result_does_not_depend_on_how_the_data_arrives(long fileOffset)
    {
        for (int seed = 0; seed < 12; seed++)
        {
            byte[] data = Content.Mixed(2 << 20, seed);
            List<Piece> whole = Joined(CutAll(data, fileOffset));
            Random random = new(seed);
            Cutter cutter = new(Parameters);
            List<Piece> some = [];
            List<Piece> all = [];
            int at = 0;
            while (at < data.Length)
            {
                int length = int.Min(data.Length - at, Parameters.BytesMin + random.Next(300_000));
                bool isEnd = at + length == data.Length;
                int consumed = cutter.Cut(data.AsSpan(at, length), fileOffset + at, isEnd, some);
                Assert.InRange(consumed, 1, length);
                Assert.Equal(consumed, some.Sum(piece => piece.Length));
                all.AddRange(some.Select(piece => piece with { Offset = piece.Offset + at }));
                at += consumed;
            }

            Assert.Equal(whole, Joined(all));
        }
    }

    [Theory]
    [InlineData(0, 4096)]
    [InlineData(0, 1 << 20)]
    [InlineData(5_000, 9_000)]
    [InlineData(77, 1 << 20)]
    public void A_run_of_zeros_is_found_to_its_true_ends(int start, int length)
    {
        byte[] data = Content.Noise(start + length + 5_000, seed: 7);
        data.AsSpan(start, length).Clear();
        data[start + length] = 1;
        if (start > 0)
            data[start - 1] = 1;
        Piece zeros = Assert.Single(CutAll(data), piece => piece.Kind == PieceKind.Zero);
        Assert.Equal((start, length), (zeros.Offset, zeros.Length));
    }

    [Fact]
    public void A_fill_is_anchored_at_file_offsets_that_are_multiples_of_eight()
    {
        for (int shift = 0; shift < 8; shift++)
        {
            byte[] data = new byte[20_000];
            for (int index = 0; index < data.Length; index++)
                data[index] = (byte)(index % 8);
            Piece fill = Assert.Single(CutAll(data, fileOffset: 1_000_000 + shift));
            Assert.Equal(PieceKind.Fill, fill.Kind);
            for (int index = 0; index < data.Length; index++)
                Assert.Equal(data[index], (byte)(fill.Pattern >> (8 * (int)((1_000_000 + shift + index) % 8))));
        }
    }

    [Fact]
    public void The_cuts_are_those_of_the_notes()
    {
        // Other cuts would make every volume forget what it holds. The expected ones are of a second implementation,
        // written from the notes: length and o(ther), t(ext), i(ncompressible) or z(ero).
        byte[] data = Content.Stream(1 << 19);
        for (int index = 0; index < data.Length / 2; index++)
            data[index] &= 0x3F;
        data.AsSpan(300_000, 10_000).Clear();
        string cuts = string.Join(' ', CutAll(data).Select(piece =>
            $"{piece.Length}{(piece.Kind == PieceKind.Zero ? 'z' : "oti"[(int)piece.Class])}"));
        Assert.Equal(GoldenCuts, cuts);
    }

    private static List<Piece> CutAll(byte[] data, long fileOffset = 0)
    {
        List<Piece> pieces = [];
        int consumed = new Cutter(Parameters).Cut(data, fileOffset, isEnd: true, pieces);
        Assert.Equal(data.Length, consumed);
        return pieces;
    }

    private static IEnumerable<(string Name, int Length)> Names(byte[] data, List<Piece> pieces) =>
        pieces.Select(piece => (
            Convert.ToHexString(SHA256.HashData(data.AsSpan(piece.Offset, piece.Length))), piece.Length));

    /// <summary>Joins neighbouring runs: how long they are at a time depends on how the data arrives.</summary>
    private static List<Piece> Joined(List<Piece> pieces)
    {
        List<Piece> joined = [];
        foreach (Piece piece in pieces)
        {
            if (piece.Kind != PieceKind.Chunk && joined.Count > 0 && joined[^1] is var last
                && last.Kind == piece.Kind && last.Pattern == piece.Pattern)
                joined[^1] = last with { Length = last.Length + piece.Length };
            else
                joined.Add(piece);
        }

        return joined;
    }
}
