using Hartfs.Core;
using Hartfs.Core.Integrity;
using Hartfs.Format;
using Xunit;

namespace Hartfs.Tests.Core.Integrity;

public sealed class ParityTests : DamageTest
{
    public ParityTests()
        : base(new VolumeParameters { ParityPercent = 5 })
    {
        Temp.Log.Expect("damaged");
        Temp.Log.Expect("cannot be read");
    }

    private string[] ParityFiles() =>
        [.. Directory.GetFiles(Path.Combine(Temp.Path, "packs"), "*.parity", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)];

    [Fact]
    public void Every_sealed_pack_gets_parity_that_scrubs_heal_from()
    {
        byte[] content = Noise(6_000_000, 1);
        InodeNumber inode = MakeFile("file", content);
        Temp.Reopen();
        Assert.True(ParityFiles().Length >= 5);
        for (int offset = 0; offset < 5_000_000; offset += 1_100_000)
            DamageFile(inode, offset);
        Region region = RegionOf(inode, 3_000_000);
        Flip(PackPath(region.Block.Pack), region.Block.Offset, 100);

        ScrubReport report = Temp.Volume.Integrity.Scrub(new ScrubOptions(), null, CancellationToken.None);
        Assert.True(report.DamagedCount >= 5);
        Assert.Equal(report.DamagedCount, report.HealedCount);
        Assert.Empty(report.Ranges);
        Assert.Equal(content, ReadAll(inode));
        Temp.Reopen();
        Assert.Equal(content, ReadAll(inode));
        Assert.Equal(0, Temp.Volume.Integrity.Scrub(new ScrubOptions(), null, CancellationToken.None).DamagedCount);
    }

    [Fact]
    public void Damaged_parity_is_computed_anew()
    {
        MakeFile("file", Noise(3_000_000, 1));
        Temp.Reopen();
        string file = ParityFiles()[0];
        byte[] before = File.ReadAllBytes(file);
        Flip(file, before.Length / 2);
        var options = new CheckOptions { Repair = true };
        CheckReport check = Temp.Volume.Integrity.Check(options, null, CancellationToken.None);
        Assert.Equal(1, check.Results.Single(result => result.Pass.Name == "parity").FindingCount);
        Assert.Equal(before, File.ReadAllBytes(file));
    }

    [Fact]
    public void Parity_that_a_crash_left_half_written_is_no_damage_and_is_written_anew()
    {
        MakeFile("file", Noise(3_000_000, 1));
        Temp.Reopen();
        string file = ParityFiles()[0];
        byte[] whole = File.ReadAllBytes(file);
        lock (Temp.Volume.TreeLock)
            Temp.Volume.Metadata.State.ParityPack = new PackId(1);
        Ok(Temp.Volume.Commit());
        File.WriteAllBytes(file, whole[..(whole.Length / 3)]);
        Temp.Crash();

        Assert.Equal(0, Check().OpenCount);
        Temp.Volume.Integrity.WriteMissingParity(CancellationToken.None);
        Assert.Equal(whole, File.ReadAllBytes(ParityFiles()[0]));
        Ok(Temp.Volume.Commit());
        Flip(ParityFiles()[0], 10);
        Assert.Equal(1, Check().OpenCount);
    }

    [Fact]
    public void Parity_that_closing_has_written_counts_at_the_next_opening()
    {
        MakeFile("file", Noise(3_000_000, 1));
        Temp.Reopen();
        lock (Temp.Volume.TreeLock)
            Assert.Equal(default, Temp.Volume.Metadata.State.ParityPack);
    }

    [Fact]
    public void A_damaged_pack_gets_no_parity_that_would_protect_its_damage()
    {
        InodeNumber inode = MakeFile("file", Noise(3_000_000, 1));
        Temp.Reopen();
        Region region = RegionOf(inode, 0);
        DamageFile(inode);
        string parity = Path.ChangeExtension(PackPath(region.Block.Pack), "parity");
        File.Delete(parity);
        Temp.Reopen();
        Assert.False(File.Exists(parity));
        Assert.True(ParityFiles().Length > 0);
    }

    [Fact]
    public void Damaged_parity_of_a_damaged_pack_stays_and_still_heals()
    {
        byte[] content = Noise(3_000_000, 1);
        InodeNumber inode = MakeFile("file", content);
        Temp.Reopen();
        Region region = RegionOf(inode, 0);
        string parity = Path.ChangeExtension(PackPath(region.Block.Pack), "parity");
        Flip(parity, new FileInfo(parity).Length / 2, 4);
        DamageFile(inode);
        ScrubReport first = Scrub();
        Assert.Equal(1, first.HealedCount);
        Assert.Contains("left as it is", Assert.Single(first.Remarks));
        Assert.True(File.Exists(parity));

        DamageFile(inode, RegionOf(inode, 300_000).Block.Pack == region.Block.Pack ? 300_000 : 700_000);
        ScrubReport second = Scrub();
        Assert.Equal(1, second.HealedCount);
        Assert.Equal(content, ReadAll(inode));
    }

    [Fact]
    public void Parity_that_is_gone_is_made_again_by_a_scrub()
    {
        MakeFile("file", Noise(3_000_000, 1));
        Temp.Reopen();
        string[] files = ParityFiles();
        Temp.Volume.Integrity.WriteMissingParity(CancellationToken.None);
        File.Delete(files[0]);
        Scrub();
        Assert.Equal(files, ParityFiles());
    }

    private ScrubReport Scrub() => Temp.Volume.Integrity.Scrub(new ScrubOptions(), null, CancellationToken.None);

    [Fact]
    public void A_volume_without_parity_has_no_parity_files()
    {
        using var plain = new Hartfs.Testing.TempVolume(Settings);
        Assert.Empty(Directory.GetFiles(plain.Path, "*.parity", SearchOption.AllDirectories));
    }

    private CheckReport Check() =>
        Temp.Volume.Integrity.Check(new CheckOptions(), null, CancellationToken.None);
}
