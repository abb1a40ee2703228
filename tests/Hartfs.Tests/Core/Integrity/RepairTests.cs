using Hartfs.Core;
using Hartfs.Core.Integrity;
using Hartfs.Format;
using Xunit;

namespace Hartfs.Tests.Core.Integrity;

public sealed class RepairTests : DamageTest
{
    private const int Length = 2_000_000;

    public RepairTests()
    {
        Temp.Log.Expect("damaged");
        Temp.Log.Expect("cannot be read");
        Temp.Log.Expect("could not be looked through");
    }

    private string Sources => Path.Combine(Path.GetDirectoryName(Temp.Path)!, "sources");

    [Fact]
    public void Missing_content_is_found_in_other_folders_and_put_back()
    {
        MakeFile("a", Noise(Length, 1));
        MakeFile("b", Noise(Length, 2));
        Temp.Reopen();
        DamageFile(Find("a"), 100);
        DamageFile(Find("a"), 1_500_000);
        DamageFile(Find("b"), 700_000);
        Scrub();
        AddSource("x/unrelated", Noise(300_000, 7));
        AddSource("y/copy of a", [.. Noise(Length, 1), .. Noise(5000, 8)]);
        AddSource("y/copy of b", Noise(Length, 2));

        RepairReport report = Repair(new RepairOptions { Sources = [Sources] });
        Assert.True(report.IsComplete);
        Assert.Empty(report.Ranges);
        Assert.True(report.HealedBytes > 300_000);
        Temp.Reopen();
        Assert.Equal(Noise(Length, 1), ReadAll(Find("a")));
        Assert.Equal(Noise(Length, 2), ReadAll(Find("b")));
        Assert.Empty(Scrub().Ranges);
        Assert.Equal(0, Temp.Volume.GetStatistics().DamagedBlocks);
    }

    [Fact]
    public void Content_is_found_although_the_block_cannot_even_list_its_chunks()
    {
        byte[] text = System.Text.Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Range(0, 200_000).Select(number => $"{number * 7919L % 1_000_003}\n")));
        MakeFile("text", text);
        Temp.Reopen();
        Region region = RegionOf(Find("text"), 300_000);
        Flip(PackPath(region.Block.Pack), region.Block.Offset, BlockHeader.Size + 200);
        Assert.NotEmpty(Scrub().Ranges);
        AddSource("text", text);
        long stored = Temp.Volume.GetStatistics().CompressedBytes;
        RepairReport report = Repair(new RepairOptions { Sources = [Sources] });
        Assert.Empty(report.Ranges);
        Assert.Equal(text, ReadAll(Find("text")));
        // The block that was replaced counts no more.
        Assert.InRange(Temp.Volume.GetStatistics().CompressedBytes, stored * 9 / 10, stored * 11 / 10);
        Temp.Reopen();
        Assert.Equal(text, ReadAll(Find("text")));
    }

    [Fact]
    public void Other_content_is_never_taken_for_the_missing_one()
    {
        byte[] content = Noise(Length, 1);
        MakeFile("a", content);
        Temp.Reopen();
        BlockLocation block = DamageFile(Find("a"), 900_000);
        Scrub();
        byte[] changed = (byte[])content.Clone();
        for (int at = 0; at < changed.Length; at += 20_000)
            changed[at] ^= 1;
        AddSource("changed", changed);
        Assert.NotEmpty(Repair(new RepairOptions { Sources = [Sources] }).Ranges);
        Assert.Equal(FsError.CorruptData, TryRead(Find("a"), out _));
        Assert.True(block.StoredLength > 0);
    }

    [Fact]
    public void What_cannot_be_found_is_listed_and_becomes_zeros_only_when_asked_for()
    {
        byte[] content = Noise(Length, 3);
        MakeFile("a", content);
        MakeFile("other", Noise(100_000, 4));
        Temp.Reopen();
        DamageFile(Find("a"), 1_000_000);
        Scrub();
        RepairReport listed = Repair(new RepairOptions());
        DamagedRange range = Assert.Single(listed.Ranges, range => range.Path == "/a");
        Assert.InRange(1_000_000, range.Offset, range.Offset + range.Length);
        Assert.Equal(FsError.CorruptData, TryRead(Find("a"), out _));

        RepairReport zeroed = Repair(new RepairOptions { ZeroDamaged = true });
        Assert.True(zeroed.ZeroedBytes >= range.Length);
        content.AsSpan((int)range.Offset, (int)range.Length).Clear();
        Assert.Equal(content, ReadAll(Find("a")));
        Temp.Reopen();
        Assert.Equal(content, ReadAll(Find("a")));
        Assert.Empty(Repair(new RepairOptions()).Ranges);
    }

    [Fact]
    public void Sources_that_cannot_be_read_are_counted_and_the_rest_is_used()
    {
        MakeFile("a", Noise(Length, 1));
        Temp.Reopen();
        DamageFile(Find("a"));
        Scrub();
        AddSource("good", Noise(Length, 1));
        RepairReport report = Repair(new RepairOptions { Sources = [Path.Combine(Sources, "gone"), Sources] });
        Assert.Equal(1, report.UnreadableCount);
        Assert.Empty(report.Ranges);
    }

    private ScrubReport Scrub() => Temp.Volume.Integrity.Scrub(new ScrubOptions(), null, CancellationToken.None);

    private RepairReport Repair(RepairOptions options) =>
        Temp.Volume.Integrity.Repair(options, null, CancellationToken.None);

    private void AddSource(string name, byte[] content)
    {
        string path = Path.Combine(Sources, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = new(path, FileMode.CreateNew);
        file.Write(content);
    }
}
