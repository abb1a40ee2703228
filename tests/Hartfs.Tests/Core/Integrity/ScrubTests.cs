using Hartfs.Core;
using Hartfs.Core.Collection;
using Hartfs.Core.Integrity;
using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Xunit;

namespace Hartfs.Tests.Core.Integrity;

public sealed class ScrubTests : DamageTest
{
    public ScrubTests()
    {
        Temp.Log.Expect("damaged");
        Temp.Log.Expect("cannot be read");
    }

    [Fact]
    public void A_whole_volume_has_nothing_to_report_and_the_scrub_is_remembered()
    {
        MakeFile("a", Noise(2_500_000, 1));
        MakeFile("b", Text(3_000_000));
        Temp.Reopen();
        ScrubReport report = Scrub();
        Assert.True(report.IsComplete);
        Assert.Equal(0, report.DamagedCount);
        Assert.Empty(report.Ranges);
        Assert.True(report.Bytes > 2_500_000);
        Assert.NotEqual(0, Temp.Volume.Integrity.GetScrubStatus().FinishedTime);
        Temp.Reopen();
        Assert.NotEqual(0, Temp.Volume.Integrity.GetScrubStatus().FinishedTime);
    }

    [Fact]
    public void Random_damage_to_payloads_is_found_and_named_by_file_and_range()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        var files = new Dictionary<string, byte[]>();
        for (int index = 0; index < 8; index++)
        {
            string name = $"file{index}";
            files[name] = Noise(400_000 + random.Next(400_000), seed + index);
            MakeFile(name, files[name]);
        }

        Temp.Reopen();
        InodeNumber victim = Find("file3");
        long at = random.Next(400_000);
        Region region = RegionOf(victim, at);
        Flip(PackPath(region.Block.Pack), region.Block.Offset + region.Block.StoredLength - 1 - random.Next(1000));

        ScrubReport report = Scrub();
        Assert.True(report.DamagedCount == 1, $"seed {seed}: {report.DamagedCount}");
        Assert.Contains(report.Ranges, range =>
            range.Path == "/file3" && range.Offset <= at && at < range.Offset + range.Length);
        var named = report.Ranges.Select(range => range.Path).ToHashSet();
        foreach ((string name, byte[] content) in files)
        {
            FsError error = TryRead(Find(name), out byte[] read);
            Assert.Equal(named.Contains("/" + name) ? FsError.CorruptData : FsError.None, error);
            if (error == FsError.None)
                Assert.Equal(content, read);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(61)]
    [InlineData(64)]
    [InlineData(100)]
    public void Damage_to_a_header_or_a_directory_is_found(int offsetInBlock)
    {
        byte[] content = Noise(3_000_000, 9);
        InodeNumber inode = MakeFile("file", content);
        Temp.Reopen();
        Region region = RegionOf(inode, 1_500_000);
        Flip(PackPath(region.Block.Pack), region.Block.Offset + offsetInBlock);

        ScrubReport report = Scrub();
        Assert.Equal(1, report.DamagedCount);
        if (offsetInBlock >= BlockHeader.Size)
        {
            Assert.Equal(1, report.HealedCount);
            Assert.Equal(content, ReadAll(inode));
            Temp.Reopen();
            Assert.Equal(0, Scrub().DamagedCount);
            Assert.Equal(content, ReadAll(inode));
        }
        else
        {
            DamagedRange range = Assert.Single(report.Ranges);
            Assert.Equal(("/file", (long)region.Length), (range.Path, range.Length));
        }
    }

    [Fact]
    public void A_volume_that_may_not_be_written_names_no_file_of_a_block_whose_directory_alone_is_damaged()
    {
        byte[] content = Noise(3_000_000, 9);
        InodeNumber inode = MakeFile("file", content);
        Temp.Reopen();
        Region region = RegionOf(inode, 1_500_000);
        Flip(PackPath(region.Block.Pack), region.Block.Offset + BlockHeader.Size + 5);
        VolumeSettings writable = Temp.Settings;
        Temp.Settings = writable with { ReadOnly = true };
        Temp.Reopen();

        ScrubReport report = Scrub();
        Assert.Equal((1, 0), (report.DamagedCount, report.HealedCount));
        Assert.Empty(report.Ranges);
        Assert.Contains("can be read", Assert.Single(report.Remarks), StringComparison.Ordinal);
        Assert.Equal(content, ReadAll(inode));

        Temp.Settings = writable;
        Temp.Reopen();
        Assert.Equal(1, Scrub().HealedCount);
        Assert.Equal(content, ReadAll(inode));
    }

    [Fact]
    public void Content_that_a_scrub_found_to_be_other_than_its_fingerprint_is_not_read_any_more()
    {
        InodeNumber inode = MakeFile("file", Noise(3_000_000, 9));
        Temp.Reopen();
        BlockLocation block = RegionOf(inode, 1_500_000).Block;
        ForgePayload(block);
        Assert.Equal(FsError.None, TryRead(inode, out _));

        Temp.Reopen();
        DamagedRange range = Assert.Single(Scrub().Ranges);
        Assert.Equal("/file", range.Path);
        Assert.Equal(FsError.CorruptData, TryRead(inode, out _));
        Temp.Reopen();
        Assert.Equal(FsError.CorruptData, TryRead(inode, out _));

        // Nor does a collection give it another place, where nothing would be known against it.
        Ok(Fs.Allocate(inode, AllocateMode.PunchHole, 0, 1_200_000));
        CollectionResult result = Temp.Volume.Collection.Run(new CollectionOptions { DeadShareMin = 0 },
            cancel: TestContext.Current.CancellationToken);
        Assert.Equal((FsError.None, 1), (result.Error, result.DamagedPacks));
        Assert.Equal(FsError.CorruptData, TryRead(inode, out _));
    }

    [Fact]
    public void A_missing_pack_is_damage_of_everything_in_it_and_of_nothing_else()
    {
        byte[] first = Noise(1_500_000, 1);
        byte[] second = Noise(1_500_000, 2);
        MakeFile("first", first);
        Ok(Temp.Volume.Commit());
        MakeFile("second", second);
        Temp.Reopen();
        Temp.Close();
        File.Delete(Packs()[0]);
        Temp.Open();
        ScrubReport report = Scrub();
        Assert.True(report.DamagedCount > 0);
        Assert.Equal(FsError.CorruptData, TryRead(Find("first"), out _));
        Assert.Contains(report.Ranges, range => range.Path == "/first");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_missing_or_cut_off_pack_is_never_filled_with_the_bytes_of_another(bool isCutOff)
    {
        byte[] first = Noise(1_500_000, 1);
        byte[] second = Noise(1_500_000, 2);
        MakeFile("first", first);
        Ok(Temp.Volume.Commit());
        MakeFile("second", second);
        Temp.Reopen();
        Temp.Close();
        string path = Packs()[1];
        byte[] whole = File.ReadAllBytes(path);
        if (isCutOff)
            File.WriteAllBytes(path, whole[..300_000]);
        else
            File.Delete(path);
        Temp.Open();
        ScrubReport report = Scrub();
        Assert.True(report.DamagedCount > 0);
        Assert.Equal(0, report.HealedCount);
        Assert.Equal(FsError.CorruptData, TryRead(Find("second"), out _));
        long damaged = report.Ranges.Where(range => range.Path == "/second").Sum(range => range.Length);
        Assert.True(damaged > 500_000);
        Temp.Close();

        // Put back from a backup: the next scrub takes back what the first one noted.
        File.WriteAllBytes(path, whole);
        Temp.Open();
        Assert.Empty(Scrub().Ranges);
        Assert.Equal(0, Temp.Volume.GetStatistics().DamagedBlocks);
        Assert.Equal(first, ReadAll(Find("first")));
        Assert.Equal(second, ReadAll(Find("second")));
    }

    [Fact]
    public void Writing_the_content_again_heals_every_file_that_uses_it()
    {
        byte[] content = Noise(1_200_000, 6);
        InodeNumber one = MakeFile("one", content);
        Ok(Fs.Create(InodeNumber.Root, Name("two"), InodeMode.RegularFile | Octal644, 0, 0, default,
            out InodeRecord two));
        Ok(Fs.Write(two.Number, 0, content, false, true));
        Temp.Reopen();
        DamageFile(one, 100_000);
        DamageFile(one, 900_000);
        Scrub();
        Assert.Equal(FsError.CorruptData, TryRead(Find("two"), out _));

        MakeFile("copy from a backup", content);
        Ok(Temp.Volume.Commit());
        Temp.Reopen();
        Assert.Equal(content, ReadAll(Find("one")));
        Assert.Equal(content, ReadAll(Find("two")));
        Assert.Equal(content, ReadAll(Find("copy from a backup")));
        Assert.Equal(0, Temp.Volume.GetStatistics().DamagedBlocks);
        Assert.Empty(Scrub().Ranges);
    }

    [Fact]
    public void A_scrub_that_is_stopped_goes_on_where_it_stopped()
    {
        for (int index = 0; index < 60; index++)
        {
            MakeFile($"file{index}", Noise(1_000_000, index));
            Ok(Temp.Volume.Commit());
        }

        Temp.Reopen();
        using var stop = new CancellationTokenSource();
        var progress = new StopAt(40_000_000, stop);
        ScrubReport first = Temp.Volume.Integrity.Scrub(new ScrubOptions(), progress, stop.Token);
        Assert.False(first.IsComplete);
        Assert.Equal(0, Temp.Volume.Integrity.GetScrubStatus().FinishedTime);
        Temp.Reopen();
        ScrubReport second = Scrub();
        Assert.True(second.IsComplete);
        Assert.InRange(second.Bytes, 20_000_000, 30_000_000);
    }

    [Fact]
    public void Only_one_piece_of_such_work_runs_at_a_time()
    {
        MakeFile("file", Noise(3_000_000, 1));
        Temp.Reopen();
        VolumeException? refusal = null;
        var progress = new Callback(() =>
        {
            var other = new Thread(() =>
                refusal ??= Record.Exception(() => Scrub()) as VolumeException);
            other.Start();
            other.Join();
        });
        Temp.Volume.Integrity.Scrub(new ScrubOptions(), progress, CancellationToken.None);
        Assert.Equal(VolumeFailure.InUse, refusal!.Failure);
    }

    private ScrubReport Scrub() =>
        Temp.Volume.Integrity.Scrub(new ScrubOptions(), null, CancellationToken.None);

    // What a bit flipped in memory before the checksums were computed leaves: they fit, the fingerprint does not.
    private void ForgePayload(BlockLocation location)
    {
        using FileStream file = new(PackPath(location.Pack), FileMode.Open, FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete);
        byte[] block = new byte[location.StoredLength];
        file.Position = location.Offset;
        file.ReadExactly(block);
        uint seed = PackHeader.SeedOf(SuperblockFile.Load(Temp.Path).Reading.Superblock!.Volume, location.Pack);
        Assert.True(BlockHeader.TryRead(block, seed, location.Offset, out BlockHeader header, out _));
        Assert.Equal(CodecId.Raw, header.Codec);
        block[^1] ^= 1;
        header = header with { PayloadCrc = Crc32C.Compute(block.AsSpan(BlockHeader.Size + header.DirectoryLength)) };
        header.Write(block);
        BlockHeader.Seal(block, seed, location.Offset);
        file.Position = location.Offset;
        file.Write(block);
    }

    private static byte[] Text(int length) =>
        System.Text.Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, length / 10)
            .Select(number => $"{number,9}\n")));

    private sealed class StopAt(long bytes, CancellationTokenSource stop) : IProgress<MaintenanceProgress>
    {
        public void Report(MaintenanceProgress value)
        {
            if (value.Done >= bytes)
                stop.Cancel();
        }
    }

    private sealed class Callback(Action call) : IProgress<MaintenanceProgress>
    {
        public void Report(MaintenanceProgress value) => call();
    }
}
