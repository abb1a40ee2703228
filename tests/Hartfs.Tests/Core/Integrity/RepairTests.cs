using Hartfs.Core;
using Hartfs.Core.Integrity;
using Hartfs.Core.Reading;
using Hartfs.Format;
using Hartfs.Metadata.Integrity;
using Hartfs.Storage.BlockStores;
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
    public void Small_files_of_a_block_that_cannot_list_its_chunks_are_found_one_by_one()
    {
        var files = new Dictionary<string, byte[]>();
        for (int index = 0; index < 120; index++)
        {
            files[$"small{index}"] = Text(500 + (index * 37), index);
            MakeFile($"small{index}", files[$"small{index}"]);
        }

        Temp.Reopen();
        Region region = RegionOf(Find("small60"), 0);
        Flip(PackPath(region.Block.Pack), region.Block.Offset, BlockHeader.Size + 200);
        Assert.True(Scrub().Ranges.Count > 20);
        // In another order than they were stored in.
        foreach ((string name, byte[] content) in files.Reverse())
            AddSource($"{name.GetHashCode(StringComparison.Ordinal):x8}{name}", content);
        Assert.Empty(Repair(new RepairOptions { Sources = [Sources] }).Ranges);
        Temp.Reopen();
        foreach ((string name, byte[] content) in files)
            Assert.Equal(content, ReadAll(Find(name)));
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
    public void Giving_up_a_range_spares_what_was_written_into_it_since()
    {
        byte[] content = Noise(Length, 3);
        InodeNumber file = MakeFile("a", content);
        Temp.Reopen();
        BlockLocation block = DamageFile(file, 1_000_000);
        Scrub();
        DamagedRange range = Assert.Single(Repair(new RepairOptions()).Ranges);
        byte[] stored = Noise(10_000, 8);
        byte[] unstored = Noise(10_000, 9);
        Ok(Fs.Write(file, range.Offset + 5000, stored, false, true));
        Ok(Temp.Volume.Commit());
        Ok(Fs.Write(file, range.Offset + 30_000, unstored, false, true));

        // As a repair does that has listed the damage before.
        var codex = new Codex(Temp.Volume.Metadata, Temp.Volume.TreeLock, Temp.Time, isReadOnly: false);
        Assert.True(codex.IsDamaged(block));
        Ok(Fs.GiveUpDamaged(file, range.Offset, range.Length, codex, out long bytes));
        Assert.InRange(bytes, range.Length - 20_000, range.Length);
        content.AsSpan((int)range.Offset, (int)range.Length).Clear();
        stored.CopyTo(content.AsSpan((int)range.Offset + 5000));
        unstored.CopyTo(content.AsSpan((int)range.Offset + 30_000));
        Assert.Equal(content, ReadAll(file));
        Temp.Reopen();
        Assert.Equal(content, ReadAll(file));
        lock (Temp.Volume.TreeLock)
            Assert.Empty(MetadataInvariants.Check(Temp.Volume.Metadata));
    }

    [Fact]
    public void A_repair_that_runs_out_of_room_says_so_and_goes_on_later()
    {
        Temp.Log.Expect("could not be stored again");
        MakeFile("a", Noise(Length, 1));
        Temp.Reopen();
        DamageFile(Find("a"));
        Scrub();
        AddSource("good", Noise(Length, 1));
        Temp.Close();
        bool isFull = false;
        Temp.Open(store => new FullStore(store, () => isFull));
        isFull = true;
        VolumeException failure = Assert.Throws<VolumeException>(() =>
            Repair(new RepairOptions { Sources = [Sources] }));
        Assert.Equal(VolumeFailure.OutOfSpace, failure.Failure);
        isFull = false;
        Assert.Empty(Repair(new RepairOptions { Sources = [Sources] }).Ranges);
        Assert.Equal(Noise(Length, 1), ReadAll(Find("a")));
    }

    [Fact]
    public void A_volume_open_for_reading_is_scrubbed_and_checked_and_refuses_repairs_unchanged()
    {
        MakeFile("a", Noise(Length, 1));
        Temp.Reopen();
        DamageFile(Find("a"));
        AddSource("good", Noise(Length, 1));
        Temp.Close();
        Temp.Settings = Temp.Settings with { ReadOnly = true };
        Dictionary<string, byte[]> before = AllFiles();
        Temp.Open();
        Assert.NotEmpty(Scrub().Ranges);
        Assert.True(Temp.Volume.Integrity.Check(new CheckOptions(), null, CancellationToken.None).IsComplete);
        Assert.NotEmpty(Repair(new RepairOptions()).Ranges);
        RepairOptions[] refused = [new() { Sources = [Sources] }, new() { ZeroDamaged = true }];
        foreach (RepairOptions options in refused)
            Assert.Equal(VolumeFailure.NotPermitted, Assert.Throws<VolumeException>(() => Repair(options)).Failure);
        Assert.Equal(VolumeFailure.NotPermitted, Assert.Throws<VolumeException>(() => Temp.Volume.Integrity.Check(
            new CheckOptions { Repair = true }, null, CancellationToken.None)).Failure);
        Temp.Close();
        Assert.Equal(before, AllFiles());
    }

    private Dictionary<string, byte[]> AllFiles() =>
        Directory.GetFiles(Temp.Path, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != "lock").ToDictionary(file => file, File.ReadAllBytes);

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

    private sealed class FullStore(IBlockStore inner, Func<bool> isFull) : IBlockStore
    {
        public long FreeBytes => inner.FreeBytes;

        public void Append(string segment, ReadOnlySpan<byte> bytes)
        {
            if (isFull())
                throw DiskFull.Create("no room");
            inner.Append(segment, bytes);
        }

        public int ReadAt(string segment, long offset, Span<byte> buffer) => inner.ReadAt(segment, offset, buffer);

        public void Flush(string segment) => inner.Flush(segment);

        public bool TryGetLength(string segment, out long length) => inner.TryGetLength(segment, out length);

        public IReadOnlyList<SegmentInfo> List(string prefix) => inner.List(prefix);

        public void Delete(string segment) => inner.Delete(segment);

        public void Dispose() => inner.Dispose();
    }

    private static byte[] Text(int length, int seed)
    {
        byte[] text = new byte[length];
        var random = new Random(seed);
        for (int at = 0; at < length; at++)
            text[at] = (byte)('a' + random.Next(8));
        return text;
    }

    private void AddSource(string name, byte[] content)
    {
        string path = Path.Combine(Sources, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = new(path, FileMode.CreateNew);
        file.Write(content);
    }
}
