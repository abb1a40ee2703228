using Hartfs.Core;
using Hartfs.Core.Integrity;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Integrity;
using Hartfs.Testing.Modelling;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.Tests.Core.Integrity;

public sealed class CheckTests : DamageTest
{
    public CheckTests()
    {
        Temp.Log.Expect("damaged");
        Temp.Log.Expect("superblock");
        InodeNumber folder = MakeDirectory("folder");
        for (int index = 0; index < 50; index++)
            MakeFile(folder, $"file{index}", Noise(20_000 + index, index));
        InodeNumber other = MakeDirectory(folder, "sub");
        MakeFile(other, "deep", Noise(1000, 90));
        MakeFile("large", Noise(2_500_000, 99));
        Ok(Fs.SetXattr(Find("large"), Name("user.a"), Name("b"), XattrMode.CreateOrReplace, false));
        Temp.Reopen();
    }

    public static TheoryData<string, string> Contradictions => new()
    {
        { "UPDATE inode SET link_count = 7 WHERE number = 5", "names" },
        { "UPDATE inode SET link_count = 9 WHERE number = 2", "names" },
        { "DELETE FROM entry WHERE parent = 2 AND target >> 4 = 6", "names" },
        { "DELETE FROM entry WHERE target >> 4 = 2", "names" },
        { "DELETE FROM inode WHERE number = 7", "names" },
        { "INSERT INTO entry SELECT parent, cookie + 1, 1, target, x'2e2e' FROM entry WHERE target >> 4 = 8", "names" },
        { "UPDATE inode SET parent = 1 WHERE parent = 2", "names" },
        { "UPDATE inode SET hole_bytes = 3 WHERE number = 9", "extents" },
        { "UPDATE inode SET flags = 0", "attributes" },
        { "UPDATE state SET value = value + 1 WHERE name = 'file_count'", "counts" },
        { "UPDATE state SET value = value + 4096 WHERE name = 'data_bytes'", "counts" },
        { "UPDATE state SET value = 12 WHERE name = 'logical_bytes'", "counts" },
    };

    [Fact]
    public void Passes_have_numbers_and_names_that_never_change()
    {
        string[] expected =
        [
            "1 superblock", "2 metadata-pages", "3 names", "4 extents", "5 attributes", "6 references", "7 codex",
            "8 history", "9 counts", "10 packs", "11 blocks", "12 index", "13 copies", "14 parity",
        ];
        Assert.Equal(expected, CheckPass.All.Select(pass => $"{pass.Id} {pass.Name}"));
        string document = File.ReadAllText(SourceTree.PathOf("native-notes/operations.md"));
        foreach (CheckPass pass in CheckPass.All)
            Assert.Contains($"| {pass.Id} | {pass.Name} |", document);
    }

    [Fact]
    public void A_sound_volume_has_no_findings_and_is_not_changed()
    {
        Assert.Equal(0, Check().OpenCount);
        Assert.True(Check().IsComplete);
        Temp.Close();
        Dictionary<string, byte[]> before = Snapshot();
        Temp.Settings = Temp.Settings with { ReadOnly = true };
        Temp.Open();
        Assert.Equal(0, Check().OpenCount);
        Temp.Close();
        Assert.Equal(before, Snapshot());
    }

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void A_contradiction_in_the_metadata_is_found_and_repaired(string sql, string pass)
    {
        Temp.Close();
        using (MetadataStore store = MetadataStore.Open(VolumeLayout.MetadataPath(Temp.Path), new MetadataSettings(),
            NullLogger.Instance))
        {
            store.Database.Execute(sql);
            store.Commit();
        }

        Temp.Open();
        CheckReport found = Check();
        Assert.Contains(found.Results, result => result.Pass.Name == pass && result.FindingCount > 0);
        Assert.Equal(found.OpenCount, Check().OpenCount);

        CheckReport repaired = Check(new CheckOptions { Repair = true });
        Assert.Equal(0, repaired.OpenCount);
        Assert.Equal(0, Check().OpenCount);
        Temp.Reopen();
        Assert.Equal(0, Check().OpenCount);
        TreeDump.Take(new ProductTree(Temp.FileSystem), withData: true);
        Assert.Equal(Noise(2_500_000, 99), ReadAll(Find("large")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(CheckPass.NamesId)]
    public void Nothing_is_repaired_by_what_broken_pages_say(int fromPass)
    {
        Temp.Close();
        string path = VolumeLayout.MetadataPath(Temp.Path);
        long page;
        using (MetadataStore store = MetadataStore.Open(path, new MetadataSettings(), NullLogger.Instance))
        {
            // One that is looked at by a check only.
            page = store.Database.QueryInt64(
                "SELECT rootpage FROM sqlite_schema WHERE name = 'symlink_past_died'");
            store.Database.Execute("DELETE FROM inode WHERE number = 7");
            store.Commit();
        }

        Flip(path, (page - 1) * 4096, 2);
        Temp.Open();
        CheckReport report = Check(new CheckOptions { Repair = true, FromPass = fromPass });
        CheckResult names = report.Results.Single(result => result.Pass.Id == CheckPass.NamesId);
        Assert.True(names.FindingCount > 0);
        Assert.False(names.IsRepaired);
        Temp.Log.Expect("metadata");
    }

    [Fact]
    public void A_mounted_volume_is_checked_but_its_metadata_are_not_repaired()
    {
        lock (Temp.Volume.TreeLock)
            Temp.Volume.Metadata.Database.Execute("UPDATE inode SET link_count = 7 WHERE number = 5");
        CheckReport report = Check(new CheckOptions { Repair = true, IsMounted = true });
        Assert.True(report.OpenCount > 0);
    }

    [Fact]
    public void A_check_runs_while_files_are_written()
    {
        using var stop = new CancellationTokenSource();
        var writer = new Thread(() =>
        {
            for (int number = 0; !stop.IsCancellationRequested; number++)
            {
                MakeFile($"busy{number}", Noise(40_000, number));
                if (number % 20 == 19)
                    Ok(Fs.Unlink(InodeNumber.Root, Name($"busy{number - 10}")));
            }
        });
        writer.Start();
        for (int round = 0; round < 8; round++)
        {
            CheckReport report = Check();
            Assert.True(report.OpenCount == 0, string.Join('\n', report.Results.SelectMany(each => each.Findings)));
        }

        stop.Cancel();
        writer.Join();
    }

    [Fact]
    public void Damage_outside_the_metadata_is_found_by_its_pass()
    {
        Temp.Settings = Temp.Settings with { MetadataCopyInterval = TimeSpan.FromHours(6) };
        Temp.Reopen();
        MakeFile("more", Noise(10_000, 5));
        Temp.Reopen();
        Region region = RegionOf(Find("large"), 1_000_000);
        Flip(PackPath(region.Block.Pack), region.Block.Offset + BlockHeader.Size + 5);
        Flip(Path.Combine(Temp.Path, "superblock.copy"), 200);
        string run = Directory.GetFiles(Path.Combine(Temp.Path, "index"))[0];
        Flip(run, 100);
        string copy = Directory.GetFiles(Path.Combine(Temp.Path, "copies"), "*", SearchOption.AllDirectories)[0];
        Flip(copy, new FileInfo(copy).Length / 2);

        string[] expected = ["superblock", "blocks", "index", "copies"];
        Assert.Equal(expected, Check().Results.Where(each => each.FindingCount > 0).Select(each => each.Pass.Name));
        CheckReport repaired = Check(new CheckOptions { Repair = true, IsMounted = true });
        Assert.Equal(0, repaired.OpenCount);
        Assert.Equal(0, Check().OpenCount);
        Assert.Equal(Noise(2_500_000, 99), ReadAll(Find("large")));
    }

    [Fact]
    public void Damage_to_any_part_of_a_copy_and_the_loss_of_all_are_found_and_what_a_crash_left_of_one_is_not()
    {
        Assert.True(Temp.Volume.Integrity.CopyMetadata(CancellationToken.None));
        Temp.Reopen();
        string copy = Directory.GetFiles(Path.Combine(Temp.Path, "copies"), "*", SearchOption.AllDirectories)[0];
        byte[] whole = File.ReadAllBytes(copy);
        foreach (long offset in (long[])[5, 70, whole.Length / 2, whole.Length - 70, whole.Length - 30])
        {
            Flip(copy, offset);
            CheckResult found = Check().Results.Single(each => each.FindingCount > 0);
            Assert.Equal(("copies", 1), (found.Pass.Name, found.FindingCount));
            Flip(copy, offset);
        }

        string torn = copy[..^"1.copy".Length] + "2.copy";
        foreach (int length in (int[])[whole.Length / 2, whole.Length - 20, whole.Length - 100])
        {
            File.WriteAllBytes(torn, whole[..length]);
            Assert.Equal(0, Check().OpenCount);
        }

        Temp.Close();
        File.Delete(torn);
        File.Delete(copy);
        Temp.Open();
        Assert.Contains("none is left", Check().Results.Single(each => each.FindingCount > 0).Findings[0],
            StringComparison.Ordinal);
        Assert.Equal(0, Check(new CheckOptions { Repair = true, IsMounted = true }).OpenCount);
        Assert.Equal(0, Check().OpenCount);
    }

    [Fact]
    public void A_missing_pack_and_a_damaged_list_are_findings_of_the_packs()
    {
        MakeFile("more", Noise(3_000_000, 5));
        Temp.Reopen();
        string[] packs = Packs();
        Assert.True(packs.Length >= 3);
        Flip(packs[0], new FileInfo(packs[0]).Length - 30);
        Flip(packs[1], 10);
        string name = Path.GetFileNameWithoutExtension(packs[2]);
        File.Delete(packs[2]);
        CheckResult result = Check().Results.Single(each => each.Pass.Name == "packs");
        Assert.Equal(3, result.FindingCount);
        Assert.Contains(result.Findings, finding => finding.Contains(name) && finding.Contains("missing"));
    }

    [Fact]
    public void What_is_in_use_moves_out_of_packs_whose_ends_are_damaged()
    {
        byte[] more = Noise(3_000_000, 5);
        MakeFile("more", more);
        Temp.Reopen();
        string[] packs = Packs();
        Flip(packs[0], new FileInfo(packs[0]).Length - 30);
        Flip(packs[1], 10);
        CheckReport repaired = Check(new CheckOptions { Repair = true });
        Assert.Equal(0, repaired.OpenCount);
        Assert.Equal(0, Check().OpenCount);
        Assert.DoesNotContain(packs[0], Packs());
        Assert.DoesNotContain(packs[1], Packs());
        Assert.Contains(packs[2], Packs());
        Temp.Reopen();
        Assert.Equal(more, ReadAll(Find("more")));
        Assert.Equal(0, Check().OpenCount);
    }

    [Fact]
    public void A_check_goes_on_with_the_pass_where_it_was_stopped()
    {
        using var stop = new CancellationTokenSource();
        var progress = new StopAt("extents", stop);
        CheckReport first = Temp.Volume.Integrity.Check(new CheckOptions(), progress, stop.Token);
        Assert.False(first.IsComplete);
        Assert.Equal(CheckPass.ExtentsId, first.StoppedAt);
        CheckReport second = Check(new CheckOptions { FromPass = first.StoppedAt });
        Assert.Equal(CheckPass.All.Count, first.Results.Count + second.Results.Count);
    }

    [Fact]
    public void Every_invariant_of_the_metadata_belongs_to_a_pass_on_purpose()
    {
        string[] history = ["epochs", "numbers"];
        IEnumerable<string> elsewhere = MetadataInvariants.All.Select(invariant => invariant.Name)
            .Where(name => CheckPass.OfInvariant(name) == CheckPass.HistoryId);
        Assert.DoesNotContain(elsewhere.Except(history),
            name => !name.Contains("snapshot", StringComparison.Ordinal));
    }

    private CheckReport Check(CheckOptions? options = null) =>
        Temp.Volume.Integrity.Check(options ?? new CheckOptions(), null, CancellationToken.None);

    private Dictionary<string, byte[]> Snapshot() =>
        Directory.GetFiles(Temp.Path, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) != "lock").ToDictionary(file => file, File.ReadAllBytes);

    private sealed class StopAt(string pass, CancellationTokenSource stop) : IProgress<MaintenanceProgress>
    {
        public void Report(MaintenanceProgress value)
        {
            if (value.Stage.EndsWith(pass, StringComparison.Ordinal))
                stop.Cancel();
        }
    }
}
