using System.Buffers.Binary;
using Xunit;

namespace Hartfs.Conformance.Posix;

public abstract partial class PosixSuite
{
    private const string AccessAcl = "system.posix_acl_access";
    private const string DefaultAcl = "system.posix_acl_default";

    [Fact]
    public void Times_are_kept_to_the_nanosecond_before_1970_and_beyond_2038()
    {
        PosixPath path = NewFile("a", ""u8);
        (long, long)[] times = [(1, 123_456_789), (-100, 1), (4_000_000_000, 999_999_999)];
        foreach ((long seconds, long nanoseconds) in times)
        {
            Sys.SetTimes(path, (seconds, nanoseconds), (seconds + 1, nanoseconds));
            Status status = Sys.Stat(path);
            Assert.Equal(seconds * 1_000_000_000 + nanoseconds, status.AccessTime);
            Assert.Equal((seconds + 1) * 1_000_000_000 + nanoseconds, status.ModifyTime);
        }

        Sys.SetTimes(path, (0, Sys.UTIME_OMIT), (7, 7));
        Assert.Equal(4_000_000_000_999_999_999, Sys.Stat(path).AccessTime);
        Sys.SetTimes(path, (0, Sys.UTIME_NOW), (0, Sys.UTIME_OMIT));
        Assert.Equal(7_000_000_007, Sys.Stat(path).ModifyTime);
        Assert.True(Sys.Stat(path).AccessTime > 1_700_000_000_000_000_000);
    }

    [Fact]
    public void Writing_moves_the_times_and_reading_the_access_time()
    {
        PosixPath path = NewFile("a", "x"u8);
        Sys.SetTimes(path, (1, 0), (1, 0));
        Status before = Sys.Stat(path);
        Thread.Sleep(20);
        using (Descriptor file = Sys.Open(path, Sys.O_RDWR))
        {
            file.Write(0, "y"u8);
            Assert.True(file.Stat().ModifyTime > 1_700_000_000_000_000_000, "mtime before close");
        }

        Status after = Sys.Stat(path);
        Assert.True(after.ModifyTime > 1_700_000_000_000_000_000, "mtime");
        Assert.True(after.ChangeTime > before.ChangeTime, "ctime");
        Assert.Equal(before.BirthTime, after.BirthTime);
    }

    [Fact]
    public void A_time_set_after_writing_stays()
    {
        PosixPath path = At("a");
        using (Descriptor file = Sys.Open(path, Sys.O_CREAT | Sys.O_RDWR))
        {
            file.Write(0, Noise(200_000, 10));
            Sys.SetTimes(path, (5, 5), (6, 6));
        }

        Assert.Equal((5_000_000_005, 6_000_000_006), (Sys.Stat(path).AccessTime, Sys.Stat(path).ModifyTime));
        using (Descriptor file = Sys.Open(path, Sys.O_RDWR)) file.Sync();
        Assert.Equal(6_000_000_006, Sys.Stat(path).ModifyTime);
    }

    [Fact]
    public void The_umask_takes_bits_away()
    {
        uint before = Sys.UMask(0x17);
        try
        {
            NewFile("file", ""u8, 0x1B6);
            Sys.MkDir(At("directory"), 0x1FF);
            Sys.MkNod(At("fifo"), 0x1000 | 0x1B6);
        }
        finally
        {
            Sys.UMask(before);
        }

        Assert.Equal((0x1A0u, 0x1E8u, 0x1A0u), (Sys.Stat(At("file")).Permissions,
            Sys.Stat(At("directory")).Permissions, Sys.Stat(At("fifo")).Permissions));
    }

    [Fact]
    public void A_set_group_id_directory_gives_its_group_and_passes_the_bit_on()
    {
        Sys.MkDir(At("d"));
        Sys.ChOwn(At("d"), 0, 1234);
        Sys.ChMod(At("d"), 0x400 | 0x1ED);
        NewFile("d/file", ""u8);
        Sys.MkDir(At("d/sub"));
        Assert.Equal((1234u, 0x1A4u), (Sys.Stat(At("d/file")).Gid, Sys.Stat(At("d/file")).Permissions));
        Assert.Equal((1234u, 0x400u | 0x1EDu), (Sys.Stat(At("d/sub")).Gid, Sys.Stat(At("d/sub")).Permissions));
    }

    [Fact]
    public void Chown_and_writing_by_others_take_the_set_id_bits_away()
    {
        PosixPath path = NewFile("a", "x"u8);
        Sys.ChMod(path, 0xC00 | 0x1ED);
        Sys.ChOwn(path, 1000, 1000);
        Assert.Equal(0x1EDu, Sys.Stat(path).Permissions);
        Sys.ChMod(path, 0xC00 | 0x1FF);
        AsUser(2000, $"open(my $f, '+<', '{path}') or die $!; syswrite($f, 'y') or die $!; close($f) or die $!");
        Assert.Equal(0x1FFu, Sys.Stat(path).Permissions);
    }

    [Fact]
    public void Permissions_are_checked_for_everyone_but_root()
    {
        Sys.ChMod(_directory, 0x1FF);
        PosixPath path = NewFile("secret", "x"u8, 0x180);
        Sys.MkDir(At("sticky"));
        Sys.ChMod(At("sticky"), 0x3FF);
        NewFile("sticky/roots", ""u8);
        string attempts = $"sub e {{ return $_[0] ? 0 : $!+0 }} print e(open(my $f, '<', '{path}')), ' ', " +
            $"e(unlink '{At("sticky/roots")}'), ' ', e(chmod 0777, '{path}'), ' ', " +
            $"e(mkdir '{At("mine")}'), ' ', (stat '{At("mine")}')[4]";
        Assert.Equal("13 1 1 0 2000", AsUser(2000, attempts));
    }

    [Fact]
    public void Extended_attributes_are_set_read_listed_and_removed()
    {
        PosixPath path = NewFile("a", ""u8);
        byte[] value = Noise(2000, 11);
        Sys.SetXattr(path, "user.one", value);
        Sys.SetXattr(path, "user.empty", []);
        Sys.SetXattr(path, "trusted.two", [1, 2, 3]);
        Assert.Equal(value, Sys.GetXattr(path, "user.one"));
        Assert.Empty(Sys.GetXattr(path, "user.empty"));
        Assert.Equal(["trusted.two", "user.empty", "user.one"],
            Sys.ListXattrs(path).Where(name => !name.StartsWith("security.", StringComparison.Ordinal)).Order());
        Assert.Equal(Errno.ERANGE, Sys.Error(() => Sys.GetXattr(path, "user.one", 10)));
        Assert.Equal(Errno.ENODATA, Sys.Error(() => Sys.GetXattr(path, "user.none")));
        Assert.Equal(Errno.EEXIST, Sys.Error(() => Sys.SetXattr(path, "user.one", value, 1)));
        Assert.Equal(Errno.ENODATA, Sys.Error(() => Sys.SetXattr(path, "user.none", value, 2)));
        Assert.Equal(Errno.ERANGE, Sys.Error(() => Sys.SetXattr(path, "user." + new string('n', 251), value)));
        Assert.Equal(Errno.EOPNOTSUPP, Sys.Error(() => Sys.SetXattr(path, "unknown.one", value)));
        Sys.RemoveXattr(path, "user.one");
        Assert.Equal(Errno.ENODATA, Sys.Error(() => Sys.RemoveXattr(path, "user.one")));
        Sys.MkDir(At("d"));
        Sys.SetXattr(At("d"), "user.on.directory", value);
        Assert.Equal(value, Sys.GetXattr(At("d"), "user.on.directory"));
    }

    [Fact]
    public void An_access_acl_shows_in_the_mode_and_chmod_in_the_acl()
    {
        PosixPath path = NewFile("a", ""u8);
        Sys.SetXattr(path, AccessAcl, Acl((1, 7, -1), (2, 6, 1000), (4, 5, -1), (16, 7, -1), (32, 4, -1)));
        Assert.Equal(0x1FCu, Sys.Stat(path).Permissions);
        Sys.ChMod(path, 0x1A0);
        Assert.Equal(Acl((1, 6, -1), (2, 6, 1000), (4, 5, -1), (16, 4, -1), (32, 0, -1)),
            Sys.GetXattr(path, AccessAcl));
        Sys.RemoveXattr(path, AccessAcl);
        Assert.Equal(Errno.ENODATA, Sys.Error(() => Sys.GetXattr(path, AccessAcl)));
        Sys.SetXattr(path, AccessAcl, Acl((1, 6, -1), (4, 6, -1), (32, 0, -1)));
        Assert.Equal(0x1B0u, Sys.Stat(path).Permissions);
        Assert.Equal(Errno.ENODATA, Sys.Error(() => Sys.GetXattr(path, AccessAcl)));
    }

    [Fact]
    public void A_default_acl_shapes_what_is_made_in_the_directory_instead_of_the_umask()
    {
        byte[] acl = Acl((1, 7, -1), (2, 7, 1000), (4, 5, -1), (16, 7, -1), (32, 5, -1));
        Sys.MkDir(At("d"));
        Sys.SetXattr(At("d"), DefaultAcl, acl);
        uint before = Sys.UMask(0x3F);
        try
        {
            NewFile("d/file", ""u8, 0x1B6);
            Sys.MkDir(At("d/sub"), 0x1FF);
        }
        finally
        {
            Sys.UMask(before);
        }

        Assert.Equal(0x1B4u, Sys.Stat(At("d/file")).Permissions);
        Assert.Equal(Acl((1, 6, -1), (2, 7, 1000), (4, 5, -1), (16, 6, -1), (32, 4, -1)),
            Sys.GetXattr(At("d/file"), AccessAcl));
        Assert.Equal(0x1FDu, Sys.Stat(At("d/sub")).Permissions);
        Assert.Equal(acl, Sys.GetXattr(At("d/sub"), DefaultAcl));
        Assert.Equal(acl, Sys.GetXattr(At("d/sub"), AccessAcl));
    }

    [Fact]
    public void An_acl_lets_in_whom_it_names()
    {
        Sys.ChMod(_directory, 0x1FF);
        PosixPath path = NewFile("a", "x"u8, 0x180);
        Sys.SetXattr(path, AccessAcl, Acl((1, 6, -1), (2, 4, 2000), (4, 0, -1), (16, 4, -1), (32, 0, -1)));
        Assert.Equal("0 13", Try(2000) + " " + Try(2001));

        string Try(int uid) => AsUser(uid, $"print open(my $f, '<', '{path}') ? 0 : $!+0");
    }

    /// <summary>Runs a line of Perl (every Debian has it) as a user without groups.</summary>
    private static string AsUser(int uid, string perl) => Targets.CommandLine.Run("perl",
        ["-e", $"$) = '{uid} {uid}'; $( = {uid}; $< = $> = {uid}; die if $> != {uid}; {perl}"]);

    private static byte[] Acl(params (int Tag, int Bits, int Id)[] entries)
    {
        byte[] value = new byte[4 + entries.Length * 8];
        value[0] = 2;
        for (int i = 0; i < entries.Length; i++)
        {
            value[4 + i * 8] = (byte)entries[i].Tag;
            value[6 + i * 8] = (byte)entries[i].Bits;
            BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(8 + i * 8), entries[i].Id);
        }

        return value;
    }
}
