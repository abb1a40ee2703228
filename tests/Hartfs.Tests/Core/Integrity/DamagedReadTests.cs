using Hartfs.Core;
using Hartfs.Format;
using Xunit;

namespace Hartfs.Tests.Core.Integrity;

public sealed class DamagedReadTests : DamageTest
{
    private const int Length = 600_000;

    [Fact]
    public void A_damaged_read_is_refused_and_the_log_names_file_pack_and_place()
    {
        InodeNumber folder = MakeDirectory("photos");
        InodeNumber sub = MakeDirectory(folder, "2026");
        InodeNumber bad = MakeFile(sub, "one.raw", Noise(Length, 1));
        InodeNumber good = MakeFile("two.raw", Noise(Length, 2));
        Temp.Reopen();
        BlockLocation block = DamageFile(bad);
        Temp.Log.Expect("damaged");
        Temp.Log.Expect("cannot be read");

        Assert.Equal(FsError.CorruptData, TryRead(bad, out _));
        Assert.Equal(FsError.CorruptData, TryRead(bad, out _));
        Assert.Equal(Noise(Length, 2), ReadAll(good));

        string line = Assert.Single(Temp.Log.Lines, line => line.Contains("/photos/2026/one.raw"));
        Assert.Contains($"inode {bad}", line);
        Assert.Contains($"pack {block.Pack} at byte {block.Offset}", line);
        VolumeStatistics statistics = Temp.Volume.GetStatistics();
        Assert.Equal(1, statistics.DamagedBlocks);
        Assert.True(statistics.CorruptReads >= 2);
        Temp.Log.Verify();
    }

    [Fact]
    public void The_log_names_the_first_damaged_byte_of_the_file_and_all_before_it_can_be_read()
    {
        InodeNumber inode = MakeFile("long", Noise(3_000_000, 3));
        Temp.Reopen();
        Temp.Log.Expect("damaged");
        Temp.Log.Expect("cannot be read");
        Region region = RegionOf(inode, 2_000_000);
        DamageFile(inode, 2_000_000);
        long first = region.Start - RegionOf(inode, 0).Start;

        Assert.Equal(FsError.CorruptData, TryRead(inode, out _));
        Assert.True(Temp.Log.Contains($"cannot be read at byte {first}:"));
        byte[] before = new byte[first];
        Ok(Fs.Read(inode, 0, before, out int count));
        Assert.Equal(Noise(3_000_000, 3)[..count], before);
    }

    [Fact]
    public void Reading_damage_changes_no_byte_of_the_pack()
    {
        InodeNumber inode = MakeFile("file", Noise(Length, 4));
        Temp.Reopen();
        Temp.Log.Expect("damaged");
        Temp.Log.Expect("cannot be read");
        DamageFile(inode);
        byte[] evidence = File.ReadAllBytes(Packs()[0]);
        Assert.Equal(FsError.CorruptData, TryRead(inode, out _));
        Temp.Reopen();
        Assert.Equal(FsError.CorruptData, TryRead(inode, out _));
        Assert.Equal(evidence, File.ReadAllBytes(Packs()[0])[..evidence.Length]);
    }

    [Fact]
    public void Known_damage_is_still_known_after_a_remount_and_no_new_file_refers_to_it()
    {
        byte[] content = Noise(Length, 5);
        InodeNumber first = MakeFile("first", content);
        Temp.Reopen();
        Temp.Log.Expect("damaged");
        Temp.Log.Expect("cannot be read");
        DamageFile(first);
        Assert.Equal(FsError.CorruptData, TryRead(first, out _));
        Temp.Reopen();
        Assert.Equal(1, Temp.Volume.GetStatistics().DamagedBlocks);

        InodeNumber second = MakeFile("second", content);
        Temp.Reopen();
        Assert.Equal(content, ReadAll(second));
    }
}
