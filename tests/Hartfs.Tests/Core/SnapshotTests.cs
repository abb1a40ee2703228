using System.Text;
using Hartfs.Core;
using Hartfs.Core.Snapshots;
using Hartfs.Format;
using Hartfs.Metadata.Integrity;
using Hartfs.Testing;
using Hartfs.Testing.Modelling;
using Xunit;

namespace Hartfs.Tests.Core;

/// <summary>Making, reading, holding and deleting snapshots.</summary>
public sealed class SnapshotTests : VolumeTest
{
    private SnapshotSet Snapshots => Temp.Volume.Snapshots;

    private VolumeTree Tree => Temp.Volume.Tree;

    [Fact]
    public void A_snapshot_stays_as_it_was_whatever_becomes_of_the_live_tree()
    {
        byte[] before = Noise(300_000, 1);
        InodeNumber directory = MakeDirectory("d");
        InodeNumber file = MakeFile(directory, "file", before);
        Ok(Fs.SetXattr(file, Name("user.a"), "old"u8, XattrMode.CreateOrReplace, false));
        Ok(Fs.MakeSymbolicLink(directory, Name("link"), "target"u8, default, out _));
        MakeFile("removed", Noise(5000, 2));
        List<string> expected = TreeDump.Take(Temp.Tree, withData: true);
        Snapshots.Create("one"u8);

        Ok(Fs.Write(file, 100, Noise(1000, 3), false, true));
        Ok(Fs.SetXattr(file, Name("user.a"), "new"u8, XattrMode.CreateOrReplace, false));
        Ok(Fs.Unlink(InodeNumber.Root, Name("removed")));
        Ok(Fs.Unlink(directory, Name("link")));
        Ok(Rename("d", "e"));
        MakeFile("added", Noise(10, 4));
        AssertHolds("one", expected);
        Temp.Reopen();
        AssertHolds("one", expected);
        Assert.Empty(MetadataInvariants.Check(Temp.Volume.Metadata));
    }

    [Fact]
    public void Dirty_data_in_flight_is_in_the_snapshot()
    {
        for (int index = 0; index < 40; index++)
            MakeFile($"f{index}", Noise(1 << 20, index));
        List<string> expected = TreeDump.Take(Temp.Tree, withData: true);
        Snapshots.Create("one"u8);
        Ok(Fs.Write(Find("f7"), 0, Noise(1 << 20, 99), false, true));
        AssertHolds("one", expected);
        Temp.Crash();
        Temp.Log.Expect("recover");
        Temp.Log.Expect("unclean");
        AssertHolds("one", expected);
    }

    [Fact]
    public void Bytes_that_ride_in_the_metadata_are_in_packs_before_a_snapshot_holds_them()
    {
        InodeNumber file = MakeFile("f", Noise(3000, 1));
        Ok(Fs.Synchronize(file));
        Assert.True(Temp.Volume.Metadata.Inline.TotalBytes > 0);
        Snapshots.Create("one"u8);
        Assert.Equal(0, Temp.Volume.Metadata.Inline.TotalBytes);
    }

    [Fact]
    public void A_file_without_a_name_is_not_in_the_snapshot()
    {
        InodeNumber file = MakeFile("f", Noise(100_000, 1));
        Ok(Fs.Unlink(InodeNumber.Root, Name("f")));
        Snapshots.Create("one"u8);
        using SnapshotUse use = Snapshots.Use("one"u8);
        Assert.Equal(FsError.NotFound, use.FileSystem.Lookup(InodeNumber.Root, Name("f"), out _));
        Assert.Equal(FsError.Stale, use.FileSystem.GetAttributes(file, out _));
        Assert.Equal(Noise(100_000, 1), ReadAll(file));
    }

    [Fact]
    public void A_volume_whose_snapshots_are_gone_keeps_no_more_versions()
    {
        InodeNumber file = MakeFile("f", Noise(100, 1));
        Snapshots.Create("one"u8);
        Snapshots.Delete("one"u8);
        Ok(Fs.Write(file, 0, Noise(100, 2), false, true));
        Ok(Temp.Volume.Commit());
        Assert.Equal(0, Count("inode_past"));
        Snapshots.Create("two"u8);
        Ok(Fs.Write(file, 0, Noise(100, 3), false, true));
        Ok(Temp.Volume.Commit());
        Ok(Fs.Write(file, 0, Noise(100, 4), false, true));
        Ok(Temp.Volume.Commit());
        Assert.Equal(1, Count("inode_past"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".snapshots")]
    [InlineData("now")]
    [InlineData("a\nb")]
    [InlineData("a\uFFFD")]
    public void A_name_that_no_snapshot_can_have_is_refused(string name)
    {
        SnapshotException failure =
            Assert.Throws<SnapshotException>(() => Snapshots.Create(Encoding.UTF8.GetBytes(name)));
        Assert.Equal(SnapshotFailure.BadName, failure.Failure);
        Assert.Empty(Snapshots.List());
    }

    [Fact]
    public void A_name_longer_than_a_directory_entry_is_refused() =>
        Assert.Equal(SnapshotFailure.BadName,
            Assert.Throws<SnapshotException>(() => Snapshots.Create(new byte[256])).Failure);

    [Fact]
    public void A_name_that_exists_is_refused()
    {
        Snapshots.Create("one"u8);
        Assert.Equal(SnapshotFailure.NameTaken,
            Assert.Throws<SnapshotException>(() => Snapshots.Create("one"u8)).Failure);
        Assert.Single(Snapshots.List());
    }

    [Fact]
    public void A_held_snapshot_is_not_deleted_before_it_is_released()
    {
        Snapshots.Create("one"u8);
        Snapshots.SetHeld("one"u8, true);
        Temp.Reopen();
        Assert.True(Snapshots.Get("one"u8).IsHeld);
        Assert.Equal(SnapshotFailure.InUse,
            Assert.Throws<SnapshotException>(() => Snapshots.Delete("one"u8)).Failure);
        Snapshots.SetHeld("one"u8, false);
        Snapshots.Delete("one"u8);
        Assert.Empty(Snapshots.List());
    }

    [Fact]
    public void A_snapshot_in_use_is_not_deleted()
    {
        Snapshots.Create("one"u8);
        using (Snapshots.Use("one"u8))
            Assert.Equal(SnapshotFailure.InUse,
                Assert.Throws<SnapshotException>(() => Snapshots.Delete("one"u8)).Failure);
        Snapshots.Delete("one"u8);
    }

    [Fact]
    public void A_rollback_leaves_open_files_as_they_are_and_their_names_lead_to_what_the_snapshot_has()
    {
        byte[] before = Noise(30_000, 1);
        byte[] after = Noise(50_000, 2);
        MakeFile("changed", before);
        MakeFile("same", before);
        Ok(Fs.Lookup(InodeNumber.Root, Name("changed"), out InodeRecord changed));
        Ok(Fs.Lookup(InodeNumber.Root, Name("same"), out InodeRecord same));
        Ok(Fs.Link(changed.Number, InodeNumber.Root, Name("second name"), out _));
        Snapshots.Create("one"u8);
        Ok(Fs.Write(changed.Number, 0, after, false, true));
        Snapshots.RollBack("one"u8);

        byte[] read = new byte[after.Length];
        Ok(Fs.Read(changed.Number, 0, read, out int count));
        Assert.Equal(after, read[..count]);
        Assert.Equal(0u, Attributes(changed.Number).LinkCount);
        Assert.Equal(same.Number, Find("same"));
        Assert.NotEqual(changed.Number, Find("changed"));
        Assert.Equal(Find("changed"), Find("second name"));
        Assert.Equal(2u, Attributes(Find("changed")).LinkCount);
        Ok(Fs.Read(Find("changed"), 0, read, out count));
        Assert.Equal(before, read[..count]);
        Assert.Empty(MetadataInvariants.Check(Temp.Volume.Metadata));
    }

    [Fact]
    public void What_is_asked_of_a_snapshot_that_is_gone_is_refused()
    {
        Snapshots.Create("one"u8);
        Snapshots.Delete("one"u8);
        Assert.Equal(SnapshotFailure.NotFound,
            Assert.Throws<SnapshotException>(() => Snapshots.Delete("one"u8)).Failure);
        Assert.Equal(SnapshotFailure.NotFound,
            Assert.Throws<SnapshotException>(() => Snapshots.SetHeld("one"u8, true)).Failure);
        Assert.Equal(SnapshotFailure.NotFound,
            Assert.Throws<SnapshotException>(() => Snapshots.RollBack("one"u8)).Failure);
        Assert.Throws<SnapshotException>(() => Snapshots.Use("one"u8));
    }

    [Fact]
    public void Snapshots_are_browsed_by_name_and_listed_only_when_asked_for()
    {
        byte[] content = Noise(70_000, 1);
        MakeFile("f", content);
        Snapshots.Create("one"u8);
        Snapshots.Create("two"u8);
        Ok(Fs.Unlink(InodeNumber.Root, Name("f")));
        ProductTree tree = new(Tree);
        Assert.DoesNotContain(".snapshots", List(tree, InodeNumber.Root));
        Tree.ShowsSnapshots = true;
        Assert.Contains(".snapshots", List(tree, InodeNumber.Root));
        Ok(Tree.Lookup(InodeNumber.Root, ".snapshots"u8, out InodeRecord all));
        Assert.Equal(["one", "two"], List(tree, all.Number));
        Ok(Tree.Lookup(all.Number, "two"u8, out InodeRecord two));
        Ok(Tree.Lookup(two.Number, "f"u8, out InodeRecord file));
        byte[] read = new byte[content.Length];
        Ok(Tree.Read(file.Number, 0, read, out int count));
        Assert.Equal(content.Length, count);
        Assert.Equal(content, read);
        Ok(Tree.LookupParent(two.Number, out InodeRecord parent));
        Assert.Equal(all.Number, parent.Number);
        Snapshots.Delete("two"u8);
        Assert.Equal(FsError.Stale, Tree.GetAttributes(file.Number, out _));
        Assert.Equal(FsError.NotFound, Tree.Lookup(all.Number, "two"u8, out _));
        Assert.Equal(["one"], List(tree, all.Number));
    }

    [Fact]
    public void Many_snapshots_are_listed_in_the_order_of_their_making_and_momentary_ones_are_not()
    {
        List<string> expected = [];
        for (int number = 1; number <= 200; number++)
        {
            string name = $"s{number}";
            bool isMomentary = number % 70 == 1;
            lock (Temp.Volume.TreeLock)
                Temp.Volume.Metadata.Snapshots.Create(
                    Name(name), isMomentary ? SnapshotKind.Momentary : SnapshotKind.Named, 1000 + number);
            if (!isMomentary)
                expected.Add(name);
        }

        var tree = new ProductTree(Tree);
        Ok(Tree.Lookup(InodeNumber.Root, ".snapshots"u8, out InodeRecord all));
        Assert.Equal(expected, List(tree, all.Number));
        Assert.Equal((uint)expected.Count + 2, all.LinkCount);
        lock (Temp.Volume.TreeLock)
            Assert.Equal(1200, Temp.Volume.Metadata.Snapshots.GetTotals().NewestCreated);
        Snapshots.Delete("s64"u8);
        Snapshots.Delete("s200"u8);
        Assert.Equal(expected.Except(["s64", "s200"]), List(tree, all.Number));
        Ok(Tree.GetAttributes(all.Number, out all));
        Assert.Equal((uint)expected.Count, all.LinkCount);
    }

    [Fact]
    public void Every_change_inside_a_snapshot_is_refused()
    {
        MakeFile("f", Noise(100, 1));
        InodeNumber live = MakeFile("live");
        Snapshots.Create("one"u8);
        Ok(Tree.Lookup(InodeNumber.Root, ".snapshots"u8, out InodeRecord all));
        Ok(Tree.Lookup(all.Number, "one"u8, out InodeRecord top));
        Ok(Tree.Lookup(top.Number, "f"u8, out InodeRecord file));
        AttributeChange chmod = new() { Fields = AttributeFields.Mode, Mode = 0 };
        foreach (InodeNumber parent in new[] { all.Number, top.Number })
        {
            Assert.Equal(FsError.ReadOnly, Tree.Create(parent, "x"u8, Octal644, 0, 0, default, out _));
            Assert.Equal(FsError.ReadOnly, Tree.MakeDirectory(parent, "x"u8, Octal755, 0, default, out _));
            Assert.Equal(FsError.ReadOnly, Tree.MakeSymbolicLink(parent, "x"u8, "y"u8, default, out _));
            Assert.Equal(FsError.ReadOnly, Tree.CreateUnnamed(parent, Octal644, 0, default, out _));
            Assert.Equal(FsError.ReadOnly, Tree.Link(live, parent, "x"u8, out _));
            Assert.Equal(FsError.ReadOnly, Tree.Unlink(parent, "f"u8));
            Assert.Equal(FsError.ReadOnly, Tree.RemoveDirectory(parent, "one"u8));
            Assert.Equal(FsError.ReadOnly,
                Tree.Rename(parent, "f"u8, InodeNumber.Root, "x"u8, RenameMode.Replace));
            Assert.Equal(FsError.ReadOnly,
                Tree.Rename(InodeNumber.Root, "live"u8, parent, "x"u8, RenameMode.Replace));
            Assert.Equal(FsError.ReadOnly, Tree.SetAttributes(parent, chmod, out _));
            Assert.Equal(FsError.ReadOnly,
                Tree.SetXattr(parent, "user.a"u8, "b"u8, XattrMode.CreateOrReplace, false));
        }

        Assert.Equal(FsError.ReadOnly, Tree.Write(file.Number, 0, "x"u8, false, true));
        Assert.Equal(FsError.ReadOnly, Tree.Allocate(file.Number, AllocateMode.Extend, 0, 10));
        Assert.Equal(FsError.ReadOnly, Tree.RemoveXattr(file.Number, "user.a"u8));
        Assert.Equal(FsError.ReadOnly, Tree.CopyRange(live, 0, file.Number, 0, 10, out _));
        Assert.Equal(FsError.DifferentVolume, Tree.Link(file.Number, InodeNumber.Root, "x"u8, out _));
        Assert.Equal(FsError.AlreadyExists,
            Tree.MakeDirectory(InodeNumber.Root, ".snapshots"u8, Octal755, 0, default, out _));
        Assert.Equal(FsError.Busy, Tree.RemoveDirectory(InodeNumber.Root, ".snapshots"u8));
    }

    [Fact]
    public void Copying_a_range_out_of_a_snapshot_shares_its_data()
    {
        byte[] content = Noise(400_000, 5);
        MakeFile("f", content);
        Snapshots.Create("one"u8);
        long stored = Temp.Volume.GetStatistics().UniqueBytes;
        Ok(Fs.Unlink(InodeNumber.Root, Name("f")));
        InodeNumber back = MakeFile("back");
        Ok(Tree.Lookup(InodeNumber.Root, ".snapshots"u8, out InodeRecord all));
        Ok(Tree.Lookup(all.Number, "one"u8, out InodeRecord top));
        Ok(Tree.Lookup(top.Number, "f"u8, out InodeRecord file));
        Ok(Tree.CopyRange(file.Number, 0, back, 0, long.MaxValue, out long copied));
        Assert.Equal(content.Length, copied);
        Assert.Equal(content, ReadAll(back));
        Ok(Temp.Volume.Commit());
        Assert.Equal(stored, Temp.Volume.GetStatistics().UniqueBytes);
    }

    [Fact]
    public void On_a_full_disk_nothing_is_made_and_snapshots_are_deleted_all_the_same()
    {
        MakeFile("f", Noise(100, 1));
        Snapshots.Create("one"u8);
        Ok(Rename("f", "g"));
        Temp.Settings = Temp.Settings with { ReservedBytes = long.MaxValue / 4 };
        Temp.Reopen();
        List<string> before = TreeDump.Take(Temp.Tree, withData: true);
        CancellationToken cancel = TestContext.Current.CancellationToken;
        Action[] attempts =
        [
            () => Snapshots.Create("two"u8),
            () => Snapshots.RollBack("one"u8),
            () => Snapshots.Clone("/g"u8, "/h"u8, cancellation: cancel),
            () => Snapshots.Restore("one"u8, "/f"u8, "/f"u8, replaces: false, cancellation: cancel),
        ];
        foreach (Action attempt in attempts)
            Assert.Equal(SnapshotFailure.OutOfSpace, Assert.Throws<SnapshotException>(attempt).Failure);
        Assert.Equal(before, TreeDump.Take(Temp.Tree, withData: true));
        Assert.Single(Snapshots.List());
        Assert.Equal("/g"u8.ToArray(), Assert.Single(Snapshots.Diff("one"u8, "now"u8, cancellation: cancel)).NewPath);
        Assert.Single(Snapshots.ListVersions("/g"u8, cancel));
        Snapshots.Delete("one"u8);
        Temp.Reopen();
        Assert.Empty(Snapshots.List());
        Assert.Empty(MetadataInvariants.Check(Temp.Volume.Metadata));
    }

    [Fact]
    public void Snapshots_without_a_name_of_their_own_made_in_one_second_have_different_names()
    {
        string[] names = [.. Enumerable.Range(0, 4).AsParallel().WithDegreeOfParallelism(4)
            .Select(_ => Encoding.UTF8.GetString(Snapshots.CreateNow().Name)).Order(StringComparer.Ordinal)];
        Assert.Equal([names[0], names[0] + "-2", names[0] + "-3", names[0] + "-4"], names);
    }

    [Fact]
    public void A_disk_that_fills_while_a_snapshot_becomes_durable_leaves_none()
    {
        using TempVolume temp = new(faultSeed: 5);
        temp.Log.Expect("full");
        temp.Log.Expect("stored");
        Ok(temp.FileSystem.Create(InodeNumber.Root, Name("f"), InodeMode.RegularFile, 0, 0, default,
            out InodeRecord file));
        Ok(temp.FileSystem.Write(file.Number, 0, Noise(2 << 20, 1), false, true));
        temp.Faults!.FullFromAppend = 1;
        Assert.Equal(SnapshotFailure.OutOfSpace,
            Assert.Throws<SnapshotException>(() => temp.Volume.Snapshots.Create("one"u8)).Failure);
        Assert.Empty(temp.Volume.Snapshots.List());
        temp.Faults.FullFromAppend = 0;
        Ok(temp.Volume.Commit());
        temp.Volume.Snapshots.Create("one"u8);
        using SnapshotUse use = temp.Volume.Snapshots.Use("one"u8);
        byte[] read = new byte[2 << 20];
        Ok(use.FileSystem.Read(file.Number, 0, read, out _));
        Assert.Equal(Noise(2 << 20, 1), read);
    }

    [Fact]
    public void A_volume_open_for_reading_shows_its_snapshots_and_makes_none()
    {
        MakeFile("f", Noise(100, 1));
        List<string> expected = TreeDump.Take(Temp.Tree, withData: true);
        Snapshots.Create("one"u8);
        Temp.Settings = Temp.Settings with { ReadOnly = true };
        Temp.Reopen();
        AssertHolds("one", expected);
        Assert.Equal(SnapshotFailure.ReadOnly,
            Assert.Throws<SnapshotException>(() => Snapshots.Create("two"u8)).Failure);
        Assert.Equal(SnapshotFailure.ReadOnly,
            Assert.Throws<SnapshotException>(() => Snapshots.Delete("one"u8)).Failure);
    }

    private static List<string> List(ProductTree tree, InodeNumber directory)
    {
        Ok(tree.List(directory, out List<(byte[] Name, InodeRecord Inode)> entries));
        return [.. entries.Select(entry => Encoding.UTF8.GetString(entry.Name))];
    }

    private long Count(string table) => Temp.Volume.Metadata.Database.QueryInt64($"SELECT count(*) FROM {table}");

    private void AssertHolds(string name, List<string> expected)
    {
        using SnapshotUse use = Snapshots.Use(Name(name));
        List<string> actual = TreeDump.Take(new ProductTree(use.FileSystem), withData: true);
        Assert.True(expected.SequenceEqual(actual), TreeDump.Difference(expected, actual));
    }
}
