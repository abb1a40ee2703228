using Xunit;

namespace Hartfs.Conformance.Posix;

public abstract partial class PosixSuite
{
    [Fact]
    public void O_EXCL_refuses_an_existing_name_and_follows_no_link()
    {
        PosixPath file = NewFile("a", "x"u8);
        Assert.Equal(Errno.EEXIST, Sys.Error(() => Sys.Open(file, Sys.O_CREAT | Sys.O_EXCL | Sys.O_RDWR)));
        Sys.SymLink("nowhere", At("link"));
        Assert.Equal(Errno.EEXIST, Sys.Error(() => Sys.Open(At("link"), Sys.O_CREAT | Sys.O_EXCL | Sys.O_RDWR)));
        Assert.False(Sys.Exists(At("nowhere")));
    }

    [Fact]
    public void O_TRUNC_empties_a_file_and_keeps_its_inode()
    {
        PosixPath path = NewFile("a", Noise(100_000, 1));
        ulong inode = Sys.Stat(path).Inode;
        using (Sys.Open(path, Sys.O_WRONLY | Sys.O_TRUNC))
        {
        }

        Assert.Equal((0, inode), (Sys.Stat(path).Size, Sys.Stat(path).Inode));
        Assert.Empty(ReadFile(path));
    }

    [Fact]
    public void O_APPEND_writes_at_the_end_whoever_else_writes()
    {
        PosixPath path = NewFile("a", ""u8);
        using Descriptor one = Sys.Open(path, Sys.O_WRONLY | Sys.O_APPEND);
        using Descriptor other = Sys.Open(path, Sys.O_WRONLY | Sys.O_APPEND);
        for (int i = 0; i < 500; i++)
        {
            one.Append("one,"u8);
            other.Append("other,"u8);
        }

        Assert.Equal(string.Concat(Enumerable.Repeat("one,other,", 500)),
            System.Text.Encoding.ASCII.GetString(ReadFile(path)));
    }

    [Fact]
    public void A_file_without_a_name_can_be_written_and_named_later()
    {
        using Descriptor file = Sys.Open(_directory, Sys.O_TMPFILE | Sys.O_RDWR, 0x180);
        file.Write(0, "later"u8);
        Assert.Equal(0u, file.Stat().LinkCount);
        Assert.Empty(Names(_directory));
        file.LinkTo(At("named"));
        Assert.Equal((1u, 0x180u), (file.Stat().LinkCount, file.Stat().Permissions));
        Assert.Equal("later"u8.ToArray(), ReadFile(At("named")));
    }

    [Fact]
    public void A_file_without_a_name_opened_exclusively_cannot_be_named()
    {
        using Descriptor file = Sys.Open(_directory, Sys.O_TMPFILE | Sys.O_EXCL | Sys.O_RDWR, 0x180);
        Assert.Equal(Errno.ENOENT, Sys.Error(() => file.LinkTo(At("named"))));
    }

    [Fact]
    public void Opening_says_what_is_wrong()
    {
        PosixPath file = NewFile("a", ""u8);
        Sys.SymLink("loop", At("loop"));
        Assert.Equal(Errno.ENOENT, Sys.Error(() => Sys.Open(At("missing"), Sys.O_RDONLY)));
        Assert.Equal(Errno.ENOTDIR, Sys.Error(() => Sys.Open(file / "b", Sys.O_RDONLY)));
        Assert.Equal(Errno.ENOTDIR, Sys.Error(() => Sys.Open(file, Sys.O_RDONLY | Sys.O_DIRECTORY)));
        Assert.Equal(Errno.EISDIR, Sys.Error(() => Sys.Open(_directory, Sys.O_WRONLY)));
        Assert.Equal(Errno.ELOOP, Sys.Error(() => Sys.Open(At("loop"), Sys.O_RDONLY)));
        Assert.Equal(Errno.ELOOP, Sys.Error(() => Sys.Open(At("loop"), Sys.O_RDONLY | Sys.O_NOFOLLOW)));
    }

    [Fact]
    public void An_unlinked_file_lives_until_it_is_closed()
    {
        byte[] content = Noise(300_000, 2);
        PosixPath path = NewFile("a", content);
        using Descriptor file = Sys.Open(path, Sys.O_RDWR);
        Sys.Unlink(path);
        Assert.False(Sys.Exists(path));
        Assert.Equal(0u, file.Stat().LinkCount);
        Assert.Equal(content, file.Read(0, content.Length));
        file.Write(content.Length, "more"u8);
        file.Sync();
        Assert.Equal(content.Length + 4, file.Stat().Size);
        NewFile("a", "another"u8);
        Assert.Equal("more"u8.ToArray(), file.Read(content.Length, 4));
    }

    [Fact]
    public void A_removed_directory_that_is_a_working_directory_takes_no_new_names()
    {
        Sys.MkDir(At("d"));
        using Descriptor directory = Sys.Open(At("d"), Sys.O_RDONLY | Sys.O_DIRECTORY);
        Sys.RmDir(At("d"));
        PosixPath gone = $"/proc/self/fd/{directory.Number}";
        Assert.Equal(Errno.ENOENT, Sys.Error(() => Sys.Open(gone / "x", Sys.O_CREAT | Sys.O_RDWR)));
        Assert.Equal(Errno.ENOENT, Sys.Error(() => Sys.MkDir(gone / "x")));
        Assert.Equal(0u, directory.Stat().LinkCount);
    }
}
