using Hartfs.Core;
using Hartfs.Format;
using Xunit;

namespace Hartfs.Tests.Core;

public sealed class FileSystemNameTests : VolumeTest
{
    [Fact]
    public void A_new_root_is_an_empty_directory_that_holds_itself()
    {
        InodeRecord root = Attributes(InodeNumber.Root);
        Assert.True(root.IsDirectory);
        Assert.Equal(2u, root.LinkCount);
        Assert.Empty(Names(InodeNumber.Root));
        Ok(Fs.LookupParent(InodeNumber.Root, out InodeRecord parent));
        Assert.Equal(InodeNumber.Root, parent.Number);
    }

    [Fact]
    public void A_name_has_255_bytes_at_most()
    {
        MakeFile(new string('n', 255));
        byte[] tooLong = Name(new string('n', 256));
        Assert.Equal(FsError.NameTooLong, Fs.Lookup(InodeNumber.Root, tooLong, out _));
        Assert.Equal(FsError.NameTooLong,
            Fs.Create(InodeNumber.Root, tooLong, InodeMode.RegularFile, 0, 0, default, out _));
        Assert.Equal(FsError.NameTooLong, Fs.MakeDirectory(InodeNumber.Root, tooLong, 0, 0, default, out _));
        Assert.Equal(FsError.NameTooLong, Rename(new string('n', 255), new string('n', 256)));
        Assert.Equal([new string('n', 255)], Names(InodeNumber.Root));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\0b")]
    public void Some_names_are_no_names(string name)
    {
        Assert.Equal(FsError.InvalidName,
            Fs.Create(InodeNumber.Root, Name(name), InodeMode.RegularFile, 0, 0, default, out _));
        Assert.Empty(Names(InodeNumber.Root));
    }

    [Fact]
    public void Names_that_differ_in_case_or_composition_are_different_names()
    {
        string[] names = ["a", "A", "\u00e9", "e\u0301", "\u212a", "k"];
        foreach (string name in names) MakeFile(name, Name(name));
        Assert.Equal(names.Order(StringComparer.Ordinal), Names(InodeNumber.Root));
        foreach (string name in names) Assert.Equal(Name(name), ReadAll(Find(name)));
    }

    [Fact]
    public void Links_count_and_the_last_one_takes_the_file_with_it()
    {
        InodeNumber file = MakeFile("a", "x"u8);
        Ok(Fs.Link(file, InodeNumber.Root, Name("b"), out InodeRecord linked));
        Assert.Equal(2u, linked.LinkCount);
        Ok(Fs.Unlink(InodeNumber.Root, Name("a")));
        Assert.Equal(1u, Attributes(file).LinkCount);
        Ok(Fs.Unlink(InodeNumber.Root, Name("b")));
        Assert.Equal(0u, Attributes(file).LinkCount);
        Fs.Forget(file, 2);
        Assert.Equal(FsError.Stale, Fs.GetAttributes(file, out _));
    }

    [Fact]
    public void When_the_driver_goes_files_without_names_go_with_it_and_nothing_else()
    {
        InodeNumber stored = MakeFile("a", "x"u8);
        Ok(Temp.Volume.Commit());
        InodeNumber fresh = MakeFile("b", "y"u8);
        InodeNumber named = MakeFile("c", "z"u8);
        Ok(Fs.Unlink(InodeNumber.Root, Name("a")));
        Ok(Fs.Unlink(InodeNumber.Root, Name("b")));
        Fs.ForgetAll();
        Assert.Equal(FsError.Stale, Fs.GetAttributes(stored, out _));
        Assert.Equal(FsError.Stale, Fs.GetAttributes(fresh, out _));
        Assert.Equal("z"u8.ToArray(), ReadAll(named));
        Ok(Temp.Volume.Commit());
        Assert.Empty(Temp.Volume.Metadata.Inodes.ListOrphans());
        Assert.Equal(0, Temp.Volume.Budget.UsedBytes);
        Assert.Equal(0, Temp.Volume.Metadata.State.FileCount - 1);
    }

    [Fact]
    public void An_unlinked_file_that_is_referred_to_can_still_be_written_and_read()
    {
        InodeNumber file = MakeFile("a", Noise(100_000, 1));
        Ok(Temp.Volume.Commit());
        Ok(Fs.Unlink(InodeNumber.Root, Name("a")));
        Ok(Fs.Write(file, 50_000, "still here"u8, false, true));
        Ok(Temp.Volume.Commit());
        byte[] expected = Noise(100_000, 1);
        "still here"u8.CopyTo(expected.AsSpan(50_000));
        Assert.Equal(expected, ReadAll(file));
    }

    [Fact]
    public void What_was_unlinked_and_open_at_a_crash_leaves_nothing_behind()
    {
        MakeFile("kept", "x"u8);
        InodeNumber file = MakeFile("a", Noise(100_000, 1));
        Ok(Fs.CreateUnnamed(InodeNumber.Root, Octal644, 0, default, out InodeRecord unnamed));
        Ok(Fs.Write(unnamed.Number, 0, Noise(1000, 2), false, true));
        Ok(Fs.Unlink(InodeNumber.Root, Name("a")));
        Ok(Temp.Volume.Commit());
        Temp.Log.Expect("recover");
        Temp.Crash();
        Assert.Equal(FsError.Stale, Fs.GetAttributes(file, out _));
        Assert.Equal(FsError.Stale, Fs.GetAttributes(unnamed.Number, out _));
        Assert.Equal(1, Temp.Volume.GetStatistics().FileCount);
    }

    [Fact]
    public void A_file_without_a_name_can_get_one()
    {
        Ok(Fs.CreateUnnamed(InodeNumber.Root, 0x1FF, 0x12, new Credentials(5, 6), out InodeRecord inode));
        Assert.Equal((0u, InodeMode.RegularFile | Octal755 & ~0x12 | 0x1ED, 5u, 6u),
            (inode.LinkCount, inode.Mode, inode.Uid, inode.Gid));
        Ok(Fs.Write(inode.Number, 0, "content"u8, false, true));
        Ok(Fs.Link(inode.Number, InodeNumber.Root, Name("named"), out _));
        Temp.Reopen();
        Assert.Equal("content"u8.ToArray(), ReadAll(Find("named")));
    }

    [Fact]
    public void Directories_cannot_be_linked_nor_unlinked_nor_files_removed_as_directories()
    {
        InodeNumber directory = MakeDirectory("d");
        MakeFile("f");
        Assert.Equal(FsError.NotPermitted, Fs.Link(directory, InodeNumber.Root, Name("e"), out _));
        Assert.Equal(FsError.IsADirectory, Fs.Unlink(InodeNumber.Root, Name("d")));
        Assert.Equal(FsError.NotADirectory, Fs.RemoveDirectory(InodeNumber.Root, Name("f")));
        MakeFile(directory, "inside");
        Assert.Equal(FsError.DirectoryNotEmpty, Fs.RemoveDirectory(InodeNumber.Root, Name("d")));
    }

    [Fact]
    public void A_removed_directory_takes_no_names()
    {
        InodeNumber directory = MakeDirectory("d");
        Ok(Fs.RemoveDirectory(InodeNumber.Root, Name("d")));
        Assert.Equal(0u, Attributes(directory).LinkCount);
        InodeNumber file = MakeFile("f");
        Assert.Equal(FsError.NotFound,
            Fs.Create(directory, Name("x"), InodeMode.RegularFile, 0, 0, default, out _));
        Assert.Equal(FsError.NotFound, Fs.MakeDirectory(directory, Name("x"), 0, 0, default, out _));
        Assert.Equal(FsError.NotFound, Fs.Link(file, directory, Name("x"), out _));
        Assert.Equal(FsError.NotFound,
            Fs.Rename(InodeNumber.Root, Name("f"), directory, Name("x"), RenameMode.Replace));
    }

    [Fact]
    public void A_symbolic_link_holds_4095_bytes_at_most()
    {
        byte[] longest = Name(new string('t', 4095));
        Ok(Fs.MakeSymbolicLink(InodeNumber.Root, Name("l"), longest, default, out InodeRecord link));
        Assert.Equal((InodeMode.SymbolicLink | 0x1FF, 4095L), (link.Mode, link.Size));
        Ok(Fs.ReadSymbolicLink(link.Number, out byte[] target));
        Assert.Equal(longest, target);
        Assert.Equal(FsError.NameTooLong,
            Fs.MakeSymbolicLink(InodeNumber.Root, Name("m"), [.. longest, 1], default, out _));
        Assert.Equal(FsError.InvalidArgument, Fs.ReadSymbolicLink(MakeFile("f"), out _));
    }

    [Fact]
    public void A_directory_may_replace_an_empty_directory_only()
    {
        InodeNumber full = MakeDirectory("full");
        MakeFile(full, "x");
        MakeDirectory("empty");
        MakeFile("file");
        Assert.Equal(FsError.DirectoryNotEmpty, Rename("empty", "full"));
        Assert.Equal(FsError.NotADirectory, Rename("empty", "file"));
        Assert.Equal(FsError.IsADirectory, Rename("file", "empty"));
        Ok(Rename("full", "empty"));
        Assert.Equal(full, Find("empty"));
        Assert.Equal(3u, Attributes(InodeNumber.Root).LinkCount);
    }

    [Fact]
    public void A_directory_cannot_be_moved_below_itself()
    {
        InodeNumber a = MakeDirectory("a");
        InodeNumber b = MakeDirectory(a, "b");
        Assert.Equal(FsError.InvalidArgument,
            Fs.Rename(InodeNumber.Root, Name("a"), a, Name("x"), RenameMode.Replace));
        Assert.Equal(FsError.InvalidArgument,
            Fs.Rename(InodeNumber.Root, Name("a"), b, Name("x"), RenameMode.Replace));
        Assert.Equal(FsError.InvalidArgument,
            Fs.Rename(a, Name("b"), InodeNumber.Root, Name("a"), RenameMode.Exchange));
    }

    [Fact]
    public void Exchange_needs_both_names_and_moves_parents()
    {
        InodeNumber p = MakeDirectory("p");
        InodeNumber d = MakeDirectory(p, "d");
        InodeNumber f = MakeFile("f");
        Assert.Equal(FsError.NotFound, Rename("f", "missing", RenameMode.Exchange));
        Ok(Fs.Rename(InodeNumber.Root, Name("f"), p, Name("d"), RenameMode.Exchange));
        Assert.Equal(d, Find("f"));
        Ok(Fs.Lookup(p, Name("d"), out InodeRecord moved));
        Assert.Equal(f, moved.Number);
        Assert.Equal((2u, 4u), (Attributes(p).LinkCount, Attributes(InodeNumber.Root).LinkCount));
        Ok(Fs.LookupParent(d, out InodeRecord parent));
        Assert.Equal(InodeNumber.Root, parent.Number);
    }

    [Fact]
    public void A_whiteout_is_a_character_device_of_number_0()
    {
        MakeFile("f");
        Ok(Rename("f", "g", RenameMode.Whiteout));
        InodeRecord whiteout = Attributes(Find("f"));
        Assert.Equal((InodeMode.CharacterDevice, 0u), (whiteout.Mode & InodeMode.TypeMask, whiteout.Device));
    }

    [Fact]
    public void A_listing_goes_on_where_it_stopped_though_entries_before_and_behind_go()
    {
        for (int i = 0; i < 1000; i++) MakeFile($"f{i:d4}");
        HashSet<string> seen = [];
        long cookie = 0;
        while (true)
        {
            NameList page = new(7);
            Ok(Fs.ReadDirectory(InodeNumber.Root, cookie, withAttributes: false, ref page));
            if (page.Names.Count == 0) break;
            foreach (string name in page.Names) Assert.True(seen.Add(name), name + " came twice");
            cookie = page.Cookie;
            foreach (string name in page.Names.Where(name => name[0] == 'f').Take(3))
                Ok(Fs.Unlink(InodeNumber.Root, Name(name)));
        }

        Assert.Equal(1002, seen.Count);
    }

    [Fact]
    public void Every_operation_on_a_number_that_never_was_is_stale()
    {
        InodeNumber none = new(99_999);
        Assert.Equal(FsError.Stale, Fs.GetAttributes(none, out _));
        Assert.Equal(FsError.Stale, Fs.Lookup(none, Name("a"), out _));
        Assert.Equal(FsError.Stale, Fs.Read(none, 0, new byte[1], out _));
        Assert.Equal(FsError.Stale, Fs.Write(none, 0, new byte[1], false, true));
        Assert.Equal(FsError.Stale, Fs.Link(none, InodeNumber.Root, Name("a"), out _));
        Assert.Equal(FsError.Stale, Fs.ReadSymbolicLink(none, out _));
        Assert.Equal(FsError.Stale, Fs.SetXattr(none, Name("user.a"), [], XattrMode.CreateOrReplace, false));
    }

    private struct NameList(int capacity) : IDirectorySink
    {
        public List<string> Names { get; } = [];

        public long Cookie { get; private set; }

        public bool Add(ReadOnlySpan<byte> name, long nextCookie, in InodeRecord inode)
        {
            if (Names.Count == capacity) return false;
            Names.Add(System.Text.Encoding.UTF8.GetString(name));
            Cookie = nextCookie;
            return true;
        }
    }
}
