using System.Buffers.Binary;
using Hartfs.Core;
using Hartfs.Core.Integrity;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Integrity;
using Hartfs.Testing.Modelling;
using Xunit;

namespace Hartfs.Tests.Core.Integrity;

public sealed class RecoveryTests : DamageTest
{
    public RecoveryTests()
    {
        Temp.Settings = Temp.Settings with { MetadataCopyInterval = TimeSpan.FromHours(6) };
        Temp.Reopen();
    }

    [Fact]
    public void A_clean_unmount_leaves_a_copy_from_which_everything_comes_back()
    {
        Fill();
        List<string> tree = Tree();
        Temp.Close();
        LoseMetadata();
        RecoveryReport report = Recover();
        Assert.NotEqual(0, report.NamesTime);
        Assert.Empty(report.Missing);
        Assert.Empty(report.Contradictions);
        Assert.Equal(0, report.LostFileCount);
        Temp.Open();
        Assert.Equal(tree, Tree());
        Verify();
    }

    [Fact]
    public void A_broken_database_is_kept_beside_the_new_one()
    {
        Fill();
        Temp.Close();
        string path = VolumeLayout.MetadataPath(Temp.Path);
        Flip(path, 4096 * 3, 2000);
        byte[] broken = File.ReadAllBytes(path);
        RecoveryReport report = Recover();
        Assert.Equal(broken, File.ReadAllBytes(Assert.Single(report.KeptFiles)));
        Temp.Open();
        Verify();
    }

    [Fact]
    public void Content_newer_than_the_names_goes_under_lost_and_found()
    {
        Fill();
        Assert.True(Temp.Volume.Integrity.CopyMetadata(CancellationToken.None));
        byte[] text = System.Text.Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Range(0, 60_000).Select(number => $"line {number}\n")));
        MakeFile("new.txt", text);
        Ok(Temp.Volume.Commit());
        Temp.Settings = Temp.Settings with { MetadataCopyInterval = null };
        Temp.Crash();
        Temp.Close();
        LoseMetadata();
        RecoveryReport report = Recover();
        Assert.Equal(text.Length, report.LostBytes);
        Assert.Equal(1, report.LostFileCount);
        Temp.Open();
        Assert.Equal(FsError.NotFound, Fs.Lookup(InodeNumber.Root, Name("new.txt"), out _));
        InodeNumber at = InodeNumber.Root;
        foreach (string part in report.LostFolder!.Split('/', StringSplitOptions.RemoveEmptyEntries).Append("0000"))
        {
            Ok(Fs.Lookup(at, Name(part), out InodeRecord next));
            at = next.Number;
        }

        string name = Assert.Single(Names(at));
        Assert.EndsWith(".txt", name);
        Ok(Fs.Lookup(at, Name(name), out InodeRecord file));
        Assert.Equal(text, ReadAll(file.Number));
        Verify();
    }

    [Fact]
    public void A_damaged_copy_is_passed_over_for_the_older_one()
    {
        Fill();
        Assert.True(Temp.Volume.Integrity.CopyMetadata(CancellationToken.None));
        MakeFile("later", Noise(500_000, 77));
        Assert.True(Temp.Volume.Integrity.CopyMetadata(CancellationToken.None));
        Temp.Settings = Temp.Settings with { MetadataCopyInterval = null };
        Temp.Crash();
        Temp.Close();
        string[] copies = Copies();
        Assert.Equal(2, copies.Length);
        Flip(copies[1], new FileInfo(copies[1]).Length / 2, 16);
        LoseMetadata();
        RecoveryReport report = Recover();
        Assert.Equal(1, report.UnusableCopyCount);
        Assert.True(report.LostBytes >= 500_000);
        Temp.Open();
        Verify();
    }

    [Theory]
    [InlineData(70)]
    [InlineData(30)]
    public void A_copy_whose_list_or_footer_alone_is_damaged_gives_everything_back(int bytesFromEnd)
    {
        Fill();
        List<string> tree = Tree();
        Assert.True(Temp.Volume.Integrity.CopyMetadata(CancellationToken.None));
        Temp.Settings = Temp.Settings with { MetadataCopyInterval = null };
        Temp.Close();
        string copy = Assert.Single(Copies());
        Flip(copy, new FileInfo(copy).Length - bytesFromEnd);
        LoseMetadata();
        Assert.Equal(0, Recover().UnusableCopyCount);
        Temp.Open();
        Assert.Equal(tree, Tree());
        Verify();
    }

    [Fact]
    public void Only_the_newest_two_copies_are_kept()
    {
        for (int round = 0; round < 5; round++)
        {
            MakeFile($"file{round}", Noise(10_000, round));
            Assert.True(Temp.Volume.Integrity.CopyMetadata(CancellationToken.None));
        }

        Assert.Equal(2, Copies().Length);
    }

    [Fact]
    public void A_copy_taken_while_files_are_written_is_the_state_of_one_moment()
    {
        Fill();
        using var stop = new CancellationTokenSource();
        var writer = new Thread(() =>
        {
            for (int number = 0; !stop.IsCancellationRequested; number++)
                MakeFile($"busy{number}", Noise(30_000, number));
        });
        writer.Start();
        for (int round = 0; round < 5; round++)
            Assert.True(Temp.Volume.Integrity.CopyMetadata(CancellationToken.None));
        stop.Cancel();
        writer.Join();
        Temp.Settings = Temp.Settings with { MetadataCopyInterval = null };
        Ok(Temp.Volume.Commit());
        Temp.Crash();
        Temp.Close();
        LoseMetadata();
        RecoveryReport report = Recover();
        Assert.Empty(report.Contradictions);
        Assert.Empty(report.Missing);
        Temp.Open();
        Verify();
        foreach (string name in Names(InodeNumber.Root).Where(each => each.StartsWith("busy")))
        {
            InodeNumber inode = Find(name);
            if (Attributes(inode).Size > 0)
                Assert.Equal(Noise(30_000, int.Parse(name[4..])), ReadAll(inode));
        }
    }

    [Fact]
    public void Both_superblocks_come_back_from_a_copy_too()
    {
        Fill();
        List<string> tree = Tree();
        Temp.Close();
        LoseMetadata();
        File.Delete(Path.Combine(Temp.Path, "superblock"));
        Flip(Path.Combine(Temp.Path, "superblock.copy"), 100);
        Recover();
        Temp.Open();
        Assert.Equal(tree, Tree());
    }

    [Fact]
    public void With_both_superblocks_gone_whole_metadata_stay_as_they_are()
    {
        Fill();
        Assert.True(Temp.Volume.Integrity.CopyMetadata(CancellationToken.None));
        MakeFile("newer than the copy", Noise(100_000, 3));
        Ok(Temp.Volume.Commit());
        List<string> tree = Tree();
        Temp.Settings = Temp.Settings with { MetadataCopyInterval = null };
        Temp.Close();
        byte[] before = File.ReadAllBytes(VolumeLayout.MetadataPath(Temp.Path));
        File.Delete(Path.Combine(Temp.Path, "superblock"));
        Flip(Path.Combine(Temp.Path, "superblock.copy"), 100);
        RecoveryReport report = Recover();
        Assert.True(report.IsSuperblockOnly);
        Assert.Equal(before, File.ReadAllBytes(VolumeLayout.MetadataPath(Temp.Path)));
        Temp.Open();
        Assert.Equal(tree, Tree());
    }

    [Fact]
    public void What_a_crash_left_is_usable_with_its_log_and_not_replaced()
    {
        Fill();
        Assert.True(Temp.Volume.Integrity.CopyMetadata(CancellationToken.None));
        MakeFile("only in the log", Noise(100_000, 3));
        Ok(Temp.Volume.Commit());
        string left = Temp.CopyOfDirectory();
        string database = VolumeLayout.MetadataPath(left);
        Assert.True(new FileInfo(database + "-wal").Length > 0);
        // A page that the log has: without it the database is broken.
        Flip(database, (PageInLog(database) - 1) * 4096, 4096);
        Assert.False(MetadataStore.IsWhole(database, volume: null));
        Assert.Contains("--force", Assert.Throws<VolumeException>(() => VolumeRecovery.Run(left, new RecoveryOptions(),
            Temp.Log, Temp.Time, null, CancellationToken.None)).Message);
        Assert.Empty(Directory.GetFiles(left, "*.recovered*"));
        Assert.True(new FileInfo(database + "-wal").Length > 0);
    }

    [Fact]
    public void A_usable_database_is_not_replaced_unless_forced()
    {
        Fill();
        Temp.Close();
        byte[] before = File.ReadAllBytes(VolumeLayout.MetadataPath(Temp.Path));
        VolumeException refusal = Assert.Throws<VolumeException>(() => Recover());
        Assert.Contains("--force", refusal.Message);
        Assert.Equal(before, File.ReadAllBytes(VolumeLayout.MetadataPath(Temp.Path)));
        Recover(new RecoveryOptions { Force = true });
        Temp.Open();
        Verify();
    }

    [Fact]
    public void Without_a_copy_all_content_is_found_when_asked_for()
    {
        byte[] content = Noise(2_000_000, 5);
        MakeFile("file", content);
        Temp.Close();
        Directory.Delete(Path.Combine(Temp.Path, "copies"), recursive: true);
        LoseMetadata();
        Assert.Contains("--without-names", Assert.Throws<VolumeException>(() => Recover()).Message);
        Assert.False(File.Exists(VolumeLayout.MetadataPath(Temp.Path)));
        RecoveryReport report = Recover(new RecoveryOptions { WithoutNames = true });
        Assert.Equal(content.Length, report.LostBytes);
        Temp.Open();
        Verify();
    }

    [Fact]
    public void Files_whose_pack_is_gone_are_listed_and_the_others_are_whole()
    {
        byte[] first = Noise(1_500_000, 1);
        byte[] second = Noise(1_500_000, 2);
        MakeFile("first", first);
        Ok(Temp.Volume.Commit());
        MakeFile("second", second);
        Temp.Close();
        File.Delete(Packs()[^1]);
        LoseMetadata();
        RecoveryReport report = Recover();
        Assert.Contains(report.Missing, range => range.Path == "/second");
        Assert.DoesNotContain(report.Missing, range => range.Path == "/first");
        Temp.Open();
        Assert.Equal(first, ReadAll(Find("first")));
    }

    private void Fill()
    {
        InodeNumber folder = MakeDirectory("folder");
        for (int index = 0; index < 200; index++)
            MakeFile(folder, $"small{index}", Noise(index * 37, index));
        MakeFile("large", Noise(3_000_000, 1000));
        MakeFile("zeros", new byte[500_000]);
        Ok(Temp.Volume.Commit());
    }

    // https://www.sqlite.org/fileformat2.html#the_write_ahead_log
    private static long PageInLog(string database)
    {
        byte[] log = File.ReadAllBytes(database + "-wal");
        long pages = new FileInfo(database).Length / 4096;
        for (int at = 32; at + 24 + 4096 <= log.Length; at += 24 + 4096)
        {
            uint page = BinaryPrimitives.ReadUInt32BigEndian(log.AsSpan(at));
            if (page > 1 && page <= pages && log.AsSpan(at + 8, 8).SequenceEqual(log.AsSpan(16, 8)))
                return page;
        }

        throw new InvalidOperationException("the log has no page of the database");
    }

    private List<string> Tree() => TreeDump.Take(new ProductTree(Temp.FileSystem), withData: true);

    private string[] Copies() =>
        [.. Directory.GetFiles(Path.Combine(Temp.Path, "copies"), "*.copy", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)];

    private void LoseMetadata()
    {
        foreach (string file in Directory.GetFiles(Temp.Path, "metadata.sqlite*"))
            File.Delete(file);
    }

    private RecoveryReport Recover(RecoveryOptions? options = null)
    {
        Temp.Log.Expect("copy of the metadata cannot be used");
        Temp.Log.Expect("superblock");
        return VolumeRecovery.Run(Temp.Path, options ?? new RecoveryOptions(), Temp.Log, Temp.Time, null,
            CancellationToken.None);
    }

    private void Verify()
    {
        lock (Temp.Volume.TreeLock)
            Assert.Empty(MetadataInvariants.Check(Temp.Volume.Metadata));
        Assert.Empty(Temp.Volume.Integrity.Scrub(new ScrubOptions(), null, CancellationToken.None).Ranges);
        MetadataStore store = Temp.Volume.Metadata;
        Assert.False(store.IsFailed);
    }
}
