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
    public void A_volume_without_parity_has_no_parity_files()
    {
        using var plain = new Hartfs.Testing.TempVolume(Settings);
        Assert.Empty(Directory.GetFiles(plain.Path, "*.parity", SearchOption.AllDirectories));
    }
}
