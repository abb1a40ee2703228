using System.Globalization;
using Xunit;

namespace Hartfs.Conformance.Posix;

public abstract partial class PosixSuite
{
    [Fact]
    public void Names_are_any_bytes_but_slash_and_zero_and_keep_their_case()
    {
        List<byte[]> names = [.. Enumerable.Range(1, 255).Where(value => value is not ('/' or '.'))
            .Select(value => new[] { (byte)value })];
        names.AddRange([[0xC3, 0x28], [0xFF, 0xFE, 0xFD], [0xE2, 0x82, 0xAC], [.. "Ab"u8], [.. "aB"u8],
            [0xC3, 0xA9], [(byte)'e', 0xCC, 0x81]]);
        foreach (byte[] name in names) NewFile(name, name);
        Assert.Equal(names.Select(Convert.ToHexString).Order(),
            DirectoryStream.ReadAll(_directory).Select(entry => Convert.ToHexString(entry.Name)).Order());
        foreach (byte[] name in names) Assert.Equal(name, ReadFile(At(name)));
        foreach (byte[] name in names) Sys.Unlink(At(name));
        Assert.Empty(Names(_directory));
    }

    [Fact]
    public void A_name_has_at_most_255_bytes()
    {
        string longest = new('n', 255);
        NewFile(longest, "x"u8);
        Assert.Equal([longest], Names(_directory));
        Assert.Equal(Errno.ENAMETOOLONG, Sys.Error(() => Sys.Open(At(longest + "n"), Sys.O_CREAT | Sys.O_RDWR)));
        Assert.Equal(Errno.ENAMETOOLONG, Sys.Error(() => Sys.MkDir(At(longest + "n"))));
        Assert.Equal(Errno.ENAMETOOLONG, Sys.Error(() => Sys.Rename(At(longest), At(longest + "n"))));
        Assert.Equal(Errno.ENAMETOOLONG, Sys.Error(() => Sys.Stat(At(longest + "n"))));
    }

    [Fact]
    public void Paths_may_be_deep()
    {
        const int Depth = 600;
        string script = $"for i in $(seq {Depth}); do mkdir d && cd d; done; echo deep > file; pwd | tr -cd / | wc -c";
        string slashes = Targets.CommandLine.Shell(script, _directory.ToString());
        Assert.True(int.Parse(slashes, CultureInfo.InvariantCulture) > Depth, slashes);
        string found = Targets.CommandLine.Shell("find . -name file -printf '%d'", _directory.ToString());
        Assert.Equal((Depth + 1).ToString(CultureInfo.InvariantCulture), found);
        Targets.CommandLine.Run("rm", ["-r", (_directory / "d").ToString()]);
        Assert.Empty(Names(_directory));
    }

    [Fact]
    public void Hard_links_are_one_inode_until_the_last_is_gone()
    {
        PosixPath path = NewFile("a", "one"u8);
        Sys.Link(path, At("b"));
        Assert.Equal(Sys.Stat(path), Sys.Stat(At("b")));
        Assert.Equal(2u, Sys.Stat(path).LinkCount);
        using (Descriptor file = Sys.Open(At("b"), Sys.O_WRONLY)) file.Write(0, "two"u8);
        Assert.Equal("two"u8.ToArray(), ReadFile(path));
        Sys.Unlink(path);
        Assert.Equal(1u, Sys.Stat(At("b")).LinkCount);
        Assert.Equal("two"u8.ToArray(), ReadFile(At("b")));
    }

    [Fact]
    public void Linking_says_what_is_wrong()
    {
        PosixPath path = NewFile("a", ""u8);
        Sys.MkDir(At("d"));
        Assert.Equal(Errno.EEXIST, Sys.Error(() => Sys.Link(path, At("d"))));
        Assert.Equal(Errno.EPERM, Sys.Error(() => Sys.Link(At("d"), At("e"))));
        Assert.Equal(Errno.ENOENT, Sys.Error(() => Sys.Link(At("missing"), At("e"))));
        Assert.Equal(Errno.ENOENT, Sys.Error(() => Sys.Link(path, At("missing") / "e")));
    }

    [Fact]
    public void Symbolic_links_hold_up_to_4095_bytes_and_are_followed()
    {
        PosixPath target = NewFile("a", "found"u8);
        Sys.SymLink("a", At("short"));
        Assert.Equal("found"u8.ToArray(), ReadFile(At("short")));
        string longest = new('t', 4095);
        Sys.SymLink(longest, At("long"));
        Assert.Equal(longest, System.Text.Encoding.ASCII.GetString(Sys.ReadLink(At("long"))));
        Assert.Equal((0xA000u, 4095), (Sys.Stat(At("long")).Type, Sys.Stat(At("long")).Size));
        Assert.Equal(Errno.ENAMETOOLONG, Sys.Error(() => Sys.SymLink(longest + "t", At("longer"))));
        Assert.Equal(Errno.EINVAL, Sys.Error(() => Sys.ReadLink(target)));
    }

    [Fact]
    public void Removing_says_what_is_wrong()
    {
        PosixPath file = NewFile("a", ""u8);
        Sys.MkDir(At("d"));
        NewFile("d/x", ""u8);
        Assert.Equal(Errno.ENOTEMPTY, Sys.Error(() => Sys.RmDir(At("d"))));
        Assert.Equal(Errno.ENOTDIR, Sys.Error(() => Sys.RmDir(file)));
        Assert.Equal(Errno.EISDIR, Sys.Error(() => Sys.Unlink(At("d"))));
        Assert.Equal(Errno.ENOENT, Sys.Error(() => Sys.Unlink(At("missing"))));
        Assert.Equal(Errno.EINVAL, Sys.Error(() => Sys.RmDir(At("d") / ".")));
    }

    [Fact]
    public void Directories_count_their_sub_directories_as_links()
    {
        Sys.MkDir(At("d"));
        Assert.Equal(2u, Sys.Stat(At("d")).LinkCount);
        for (int i = 0; i < 10; i++) Sys.MkDir(At("d") / $"{i}");
        Assert.Equal(12u, Sys.Stat(At("d")).LinkCount);
        Sys.Rename(At("d") / "0", At("moved"));
        Sys.RmDir(At("d") / "1");
        Assert.Equal(10u, Sys.Stat(At("d")).LinkCount);
    }

    [Fact]
    public void Fifos_sockets_and_devices_keep_type_and_number()
    {
        Sys.MkNod(At("fifo"), 0x1000 | 0x1A4);
        Sys.MkNod(At("socket"), 0xC000 | 0x1A4);
        Sys.MkNod(At("character"), 0x2000 | 0x180, 1, 3);
        Sys.MkNod(At("block"), 0x6000 | 0x180, 259, 70_000);
        Assert.Equal((0x1000u, 0x1A4u), (Sys.Stat(At("fifo")).Type, Sys.Stat(At("fifo")).Permissions));
        Assert.Equal(0xC000u, Sys.Stat(At("socket")).Type);
        Status character = Sys.Stat(At("character"));
        Assert.Equal((0x2000u, 1u, 3u), (character.Type, character.DeviceMajor, character.DeviceMinor));
        Status block = Sys.Stat(At("block"));
        Assert.Equal((0x6000u, 259u, 70_000u), (block.Type, block.DeviceMajor, block.DeviceMinor));
        Targets.CommandLine.Shell("timeout 20 bash -c '(echo through > fifo) & read line < fifo; [ $line = through ]'",
            _directory.ToString());
    }
}
