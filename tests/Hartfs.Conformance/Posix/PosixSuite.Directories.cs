using System.Globalization;
using System.Text;
using Xunit;

namespace Hartfs.Conformance.Posix;

public abstract partial class PosixSuite
{
    private const int ManyEntries = 10_000;

    [Fact]
    public void A_directory_of_10000_entries_lists_each_once_while_others_are_deleted()
    {
        Sys.MkDir(At("many"));
        Targets.CommandLine.Shell($"cd many && seq -f f%05g 0 {ManyEntries - 1} | xargs touch", _directory.ToString());
        HashSet<string> seen = [];
        int deleted = 0;
        using (DirectoryStream stream = new(At("many")))
        {
            while (stream.Next() is { } entry)
            {
                string name = Encoding.ASCII.GetString(entry.Name);
                if (name is "." or "..") continue;
                Assert.True(seen.Add(name), name + " came twice");
                if (int.Parse(name[1..], CultureInfo.InvariantCulture) % 2 != 0) continue;
                Sys.Unlink(At("many") / name);
                deleted++;
            }
        }

        Assert.Equal(ManyEntries, seen.Count);
        Assert.Equal(ManyEntries - deleted, Names(At("many")).Count);
        Targets.CommandLine.Run("rm", ["-r", At("many").ToString()]);
    }

    [Fact]
    public void A_position_told_can_be_sought_again()
    {
        for (int i = 0; i < 300; i++) NewFile($"f{i:d3}", ""u8);
        using DirectoryStream stream = new(_directory);
        for (int i = 0; i < 120; i++) Assert.NotNull(stream.Next());
        long position = stream.Position;
        List<string> rest = Rest(stream);
        stream.Seek(position);
        Assert.Equal(rest, Rest(stream));
        stream.Seek(0);
        Assert.Equal(302, Rest(stream).Count);

        static List<string> Rest(DirectoryStream stream)
        {
            List<string> names = [];
            while (stream.Next() is { } entry) names.Add(Encoding.ASCII.GetString(entry.Name));
            return names;
        }
    }

    [Fact]
    public void A_listing_says_each_entrys_type()
    {
        NewFile("file", ""u8);
        Sys.MkDir(At("directory"));
        Sys.SymLink("file", At("link"));
        Sys.MkNod(At("fifo"), 0x1000 | 0x1A4);
        Assert.Equal(["directory:4", "fifo:1", "file:8", "link:10"], DirectoryStream.ReadAll(_directory)
            .Select(entry => $"{Encoding.ASCII.GetString(entry.Name)}:{entry.Type}").Order());
    }

    [Fact]
    public void Statvfs_tells_space_and_the_longest_name()
    {
        var figures = Sys.StatVfs(_directory);
        Assert.Equal(255ul, figures.NameMax);
        Assert.InRange(figures.BlockSize, 512ul, 1ul << 20);
        Assert.InRange(figures.Free, 1ul, figures.Blocks);
        Assert.InRange(figures.FreeInodes, 1ul, figures.Inodes);
    }

    [Fact]
    public void A_changed_directory_has_new_times()
    {
        Sys.MkDir(At("d"));
        foreach (Action change in new Action[]
        {
            () => NewFile("d/a", ""u8), () => Sys.Link(At("d/a"), At("d/b")), () => Sys.Rename(At("d/a"), At("d/c")),
            () => Sys.Unlink(At("d/c")), () => Sys.MkDir(At("d/e")), () => Sys.RmDir(At("d/e")),
            () => Sys.SymLink("x", At("d/f")),
        })
        {
            Sys.SetTimes(At("d"), (1, 0), (1, 0));
            long change0 = Sys.Stat(At("d")).ChangeTime;
            Thread.Sleep(10);
            change();
            Status after = Sys.Stat(At("d"));
            Assert.True(after.ModifyTime > 1_000_000_000_000_000_000, "mtime is now");
            Assert.True(after.ChangeTime > change0, "ctime moved");
        }
    }
}
