using Xunit;

namespace Hartfs.Conformance.Posix;

public abstract partial class PosixSuite
{
    [Fact]
    public void Rename_replaces_a_file_whose_holders_keep_it()
    {
        PosixPath from = NewFile("from", "new"u8);
        PosixPath to = NewFile("to", "old"u8);
        using Descriptor held = Sys.Open(to, Sys.O_RDONLY);
        Sys.Rename(from, to);
        Assert.Equal(["to"], Names(_directory));
        Assert.Equal("new"u8.ToArray(), ReadFile(to));
        Assert.Equal("old"u8.ToArray(), held.Read(0, 10));
        Assert.Equal(0u, held.Stat().LinkCount);
    }

    [Fact]
    public void Rename_between_two_names_of_one_inode_does_nothing()
    {
        PosixPath one = NewFile("one", "x"u8);
        Sys.Link(one, At("two"));
        Sys.Rename(one, At("two"));
        Assert.Equal(["one", "two"], Names(_directory));
    }

    [Fact]
    public void Rename_keeps_directories_and_files_apart()
    {
        PosixPath file = NewFile("file", ""u8);
        Sys.MkDir(At("empty"));
        Sys.MkDir(At("full"));
        NewFile("full/x", ""u8);
        Assert.Equal(Errno.EISDIR, Sys.Error(() => Sys.Rename(file, At("empty"))));
        Assert.Equal(Errno.ENOTDIR, Sys.Error(() => Sys.Rename(At("empty"), file)));
        Assert.Equal(Errno.ENOTEMPTY, Sys.Error(() => Sys.Rename(At("empty"), At("full"))));
        Sys.Rename(At("full"), At("empty"));
        Assert.Equal(["empty", "file"], Names(_directory));
        Assert.Equal(["x"], Names(At("empty")));
    }

    [Fact]
    public void A_directory_cannot_be_moved_into_itself()
    {
        Sys.MkDir(At("a"));
        Sys.MkDir(At("a") / "b");
        Assert.Equal(Errno.EINVAL, Sys.Error(() => Sys.Rename(At("a"), At("a") / "b" / "c")));
        Assert.Equal(Errno.ENOTEMPTY, Sys.Error(() => Sys.Rename(At("a") / "b", At("a"))));
    }

    [Fact]
    public void Rename_without_replacing_refuses_an_existing_name()
    {
        PosixPath one = NewFile("one", "1"u8);
        PosixPath two = NewFile("two", "2"u8);
        Assert.Equal(Errno.EEXIST, Sys.Error(() => Sys.Rename(one, two, Sys.RENAME_NOREPLACE)));
        Sys.Rename(one, At("three"), Sys.RENAME_NOREPLACE);
        Assert.Equal(["three", "two"], Names(_directory));
    }

    [Fact]
    public void Exchange_swaps_a_file_and_a_directory_across_parents()
    {
        Sys.MkDir(At("p"));
        Sys.MkDir(At("p") / "d");
        NewFile("p/d/inside", ""u8);
        PosixPath file = NewFile("file", "content"u8);
        Sys.Rename(file, At("p") / "d", Sys.RENAME_EXCHANGE);
        Assert.Equal("content"u8.ToArray(), ReadFile(At("p") / "d"));
        Assert.Equal(["inside"], Names(At("file")));
        Assert.Equal(2u, Sys.Stat(At("p")).LinkCount);
        Assert.Equal(4u, Sys.Stat(_directory).LinkCount);
        Assert.Equal(Sys.Stat(_directory).Inode, Sys.Stat(At("file") / "..").Inode);
        Assert.Equal(Errno.ENOENT, Sys.Error(() => Sys.Rename(At("p"), At("none"), Sys.RENAME_EXCHANGE)));
    }

    [Fact]
    public void Rename_with_whiteout_leaves_a_character_device_behind()
    {
        PosixPath file = NewFile("file", "x"u8);
        Sys.Rename(file, At("moved"), Sys.RENAME_WHITEOUT);
        Status whiteout = Sys.Stat(file);
        Assert.Equal((0x2000u, 0u, 0u), (whiteout.Type, whiteout.DeviceMajor, whiteout.DeviceMinor));
        Assert.Equal("x"u8.ToArray(), ReadFile(At("moved")));
    }

    [Fact]
    public void A_moved_directory_finds_its_new_parent()
    {
        Sys.MkDir(At("a"));
        Sys.MkDir(At("b"));
        Sys.MkDir(At("a") / "child");
        Sys.Rename(At("a") / "child", At("b") / "child");
        Assert.Equal(Sys.Stat(At("b")).Inode, Sys.Stat(At("b") / "child" / "..").Inode);
        Assert.Equal((2u, 3u), (Sys.Stat(At("a")).LinkCount, Sys.Stat(At("b")).LinkCount));
    }
}
