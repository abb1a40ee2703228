using Hartfs.Core;
using Hartfs.Format;
using Hartfs.Testing.Modelling;
using Xunit;

namespace Hartfs.Tests.Core;

public sealed class FileSystemAttributeTests : VolumeTest
{
    private static readonly byte[] AccessName = Name(ReferenceAcl.Access);
    private static readonly byte[] DefaultName = Name(ReferenceAcl.Default);
    private static readonly byte[] CapabilityName = Name("security.capability");

    [Fact]
    public void A_set_group_id_directory_passes_on_its_group_and_to_directories_the_bit()
    {
        InodeNumber directory = MakeDirectory("d", InodeMode.SetGroupId | 0x1FF);
        AttributeChange change = new() { Fields = AttributeFields.Gid, Gid = 77 };
        Ok(Fs.SetAttributes(directory, change, out _));
        Credentials owner = new(5, 6);
        Ok(Fs.Create(directory, Name("f"), InodeMode.RegularFile | Octal644, 0, 0, owner, out InodeRecord file));
        Ok(Fs.MakeDirectory(directory, Name("s"), Octal755, 0, owner, out InodeRecord sub));
        Ok(Fs.MakeSymbolicLink(directory, Name("l"), Name("t"), owner, out InodeRecord link));
        Assert.Equal((5u, 77u, InodeMode.RegularFile | Octal644), (file.Uid, file.Gid, file.Mode));
        Assert.Equal((77u, InodeMode.Directory | InodeMode.SetGroupId | Octal755), (sub.Gid, sub.Mode));
        Assert.Equal(77u, link.Gid);
    }

    [Theory]
    [InlineData("link", true)]
    [InlineData("unlink", true)]
    [InlineData("rename", true)]
    [InlineData("create", true)]
    [InlineData("mkdir", true)]
    [InlineData("write", false)]
    [InlineData("chmod", false)]
    public void What_changes_a_directory_stamps_it(string what, bool stamped)
    {
        InodeNumber directory = MakeDirectory("d");
        InodeNumber file = MakeFile(directory, "f", "x"u8);
        long before = Attributes(directory).ModifyTime;
        Tick();
        Ok(what switch
        {
            "link" => Fs.Link(file, directory, Name("g"), out _),
            "unlink" => Fs.Unlink(directory, Name("f")),
            "rename" => Fs.Rename(directory, Name("f"), InodeNumber.Root, Name("f"), RenameMode.Replace),
            "create" => Fs.Create(directory, Name("n"), InodeMode.RegularFile, 0, 0, default, out _),
            "mkdir" => Fs.MakeDirectory(directory, Name("n"), 0, 0, default, out _),
            "write" => Fs.Write(file, 0, "y"u8, false, true),
            _ => Fs.SetAttributes(file, new AttributeChange { Fields = AttributeFields.Mode, Mode = 0 }, out _),
        });
        InodeRecord after = Attributes(directory);
        Assert.Equal(stamped ? Fs.Now : before, after.ModifyTime);
        Assert.Equal(stamped ? Fs.Now : before, after.ChangeTime);
    }

    [Fact]
    public void Link_unlink_rename_chmod_and_xattrs_stamp_the_change_time_alone()
    {
        InodeNumber file = MakeFile("a", "x"u8);
        long modified = Attributes(file).ModifyTime;
        foreach (Func<FsError> change in new Func<FsError>[]
        {
            () => Fs.Link(file, InodeNumber.Root, Name("b"), out _),
            () => Fs.Unlink(InodeNumber.Root, Name("b")),
            () => Rename("a", "c"),
            () => Fs.SetAttributes(file, new AttributeChange { Fields = AttributeFields.Mode }, out _),
            () => Fs.SetXattr(file, Name("user.a"), [1], XattrMode.CreateOrReplace, false),
            () => Fs.RemoveXattr(file, Name("user.a")),
        })
        {
            Tick();
            Ok(change());
            Assert.Equal((modified, Fs.Now), (Attributes(file).ModifyTime, Attributes(file).ChangeTime));
        }
    }

    [Fact]
    public void Reading_moves_the_access_time_as_relatime_says()
    {
        InodeNumber file = MakeFile("a", "x"u8);
        Tick();
        ReadAll(file);
        long first = Attributes(file).AccessTime;
        Assert.Equal(Fs.Now, first);
        Tick();
        ReadAll(file);
        Assert.Equal(first, Attributes(file).AccessTime);
        Temp.Time.Advance(TimeSpan.FromHours(25));
        ReadAll(file);
        long second = Attributes(file).AccessTime;
        Assert.Equal(Fs.Now, second);
        Tick();
        Ok(Fs.Write(file, 0, "y"u8, false, true));
        Tick();
        ReadAll(file);
        Assert.Equal(Fs.Now, Attributes(file).AccessTime);
        Temp.Reopen();
        Assert.NotEqual(second, Attributes(Find("a")).AccessTime);
    }

    [Fact]
    public void Times_given_are_kept_to_the_nanosecond_far_from_now()
    {
        InodeNumber file = MakeFile("a");
        foreach (long time in new[] { 1L, -1L, long.MinValue / 2, long.MaxValue, 1_234_567_890_123_456_789 })
        {
            AttributeChange change = new()
            {
                Fields = AttributeFields.AccessTime | AttributeFields.ModifyTime | AttributeFields.BirthTime,
                AccessTime = time, ModifyTime = time, BirthTime = time,
            };
            Ok(Fs.SetAttributes(file, change, out _));
            Temp.Reopen();
            InodeRecord record = Attributes(Find("a"));
            Assert.Equal((time, time, time), (record.AccessTime, record.ModifyTime, record.BirthTime));
            file = record.Number;
        }
    }

    [Fact]
    public void Killing_privileges_takes_the_set_id_bits_and_capabilities()
    {
        InodeNumber executable = MakeFile("a", "x"u8, InodeMode.SetUserId | InodeMode.SetGroupId | Octal755);
        InodeNumber locking = MakeFile("b", "x"u8, InodeMode.SetGroupId | Octal644);
        Ok(Fs.SetXattr(executable, CapabilityName, Noise(20, 1), XattrMode.CreateOrReplace, false));
        Ok(Fs.Write(executable, 0, "y"u8, true, true));
        Ok(Fs.Write(locking, 0, "y"u8, true, true));
        Assert.Equal(InodeMode.RegularFile | Octal755, Attributes(executable).Mode);
        Assert.Equal(InodeMode.RegularFile | InodeMode.SetGroupId | Octal644, Attributes(locking).Mode);
        Assert.Equal(FsError.NoSuchAttribute, Fs.GetXattr(executable, CapabilityName, [], out _));
    }

    [Theory]
    [InlineData("write")]
    [InlineData("truncate")]
    [InlineData("chown")]
    public void Capabilities_do_not_survive_a_change_of_what_they_are_for(string what)
    {
        InodeNumber file = MakeFile("a", "x"u8);
        Ok(Fs.SetXattr(file, CapabilityName, Noise(20, 1), XattrMode.CreateOrReplace, false));
        AttributeChange size = new() { Fields = AttributeFields.Size };
        AttributeChange owner = new() { Fields = AttributeFields.Uid, Uid = 9 };
        Ok(what switch
        {
            "write" => Fs.Write(file, 0, "y"u8, false, true),
            "truncate" => Fs.SetAttributes(file, size, out _),
            _ => Fs.SetAttributes(file, owner, out _),
        });
        Assert.Equal(FsError.NoSuchAttribute, Fs.GetXattr(file, CapabilityName, [], out _));
    }

    [Fact]
    public void Extended_attributes_have_their_limits_and_modes()
    {
        InodeNumber file = MakeFile("a");
        byte[] name = Name("user." + new string('n', 250));
        byte[] value = Noise(65536, 1);
        Assert.Equal(FsError.NoSuchAttribute, Fs.SetXattr(file, name, value, XattrMode.ReplaceOnly, false));
        Ok(Fs.SetXattr(file, name, value, XattrMode.CreateOnly, false));
        Assert.Equal(FsError.AlreadyExists, Fs.SetXattr(file, name, value, XattrMode.CreateOnly, false));
        Assert.Equal(FsError.ValueTooLarge,
            Fs.SetXattr(file, name, new byte[65537], XattrMode.CreateOrReplace, false));
        Assert.Equal(FsError.InvalidArgument,
            Fs.SetXattr(file, [.. name, 1], value, XattrMode.CreateOrReplace, false));
        Ok(Fs.GetXattr(file, name, [], out int length));
        Assert.Equal(65536, length);
        Assert.Equal(FsError.BufferTooSmall, Fs.GetXattr(file, name, new byte[10], out _));
        Temp.Reopen();
        Ok(Temp.Tree.GetXattr(Find("a"), name, out byte[] read));
        Assert.Equal(value, read);
    }

    [Fact]
    public void Thousands_of_attributes_on_one_file_are_all_kept()
    {
        InodeNumber file = MakeFile("a");
        for (int i = 0; i < 3000; i++)
            Ok(Fs.SetXattr(file, Name($"user.{i}"), BitConverter.GetBytes(i), XattrMode.CreateOnly, false));
        Ok(Temp.Tree.ListXattrs(file, out List<byte[]> names));
        Assert.Equal(3000, names.Count);
        for (int i = 0; i < 3000; i++) Ok(Fs.RemoveXattr(file, Name($"user.{i}")));
        Ok(Temp.Tree.ListXattrs(file, out names));
        Assert.Empty(names);
    }

    [Fact]
    public void An_access_acl_and_the_mode_follow_each_other()
    {
        InodeNumber file = MakeFile("a");
        byte[] acl = ReferenceAcl.Build(7, 5, 4, 6, (ReferenceAcl.User, 1000, 7));
        Ok(Fs.SetXattr(file, AccessName, acl, XattrMode.CreateOrReplace, false));
        Assert.Equal(InodeMode.RegularFile | 0x1F4, Attributes(file).Mode);
        Ok(Fs.SetAttributes(file, new AttributeChange { Fields = AttributeFields.Mode, Mode = 0x188 }, out _));
        Ok(Temp.Tree.GetXattr(file, AccessName, out byte[] changed));
        Assert.Equal(ReferenceAcl.Build(6, 5, 0, 1, (ReferenceAcl.User, 1000, 7)), changed);
    }

    [Fact]
    public void An_access_acl_that_says_no_more_than_a_mode_becomes_the_mode()
    {
        InodeNumber file = MakeFile("a");
        Ok(Fs.SetXattr(file, AccessName, ReferenceAcl.Build(6, 6, 0, null), XattrMode.CreateOrReplace, false));
        Assert.Equal(InodeMode.RegularFile | 0x1B0, Attributes(file).Mode);
        Assert.Equal(FsError.NoSuchAttribute, Fs.GetXattr(file, AccessName, [], out _));
    }

    [Fact]
    public void An_acl_set_by_one_outside_the_group_takes_set_group_id_away()
    {
        InodeNumber file = MakeFile("a", default, InodeMode.SetGroupId | Octal755);
        byte[] acl = ReferenceAcl.Build(7, 5, 5, 7, (ReferenceAcl.User, 1000, 7));
        Ok(Fs.SetXattr(file, AccessName, acl, XattrMode.CreateOrReplace, killSetGroupId: true));
        Assert.Equal(0, Attributes(file).Mode & InodeMode.SetGroupId);
    }

    [Fact]
    public void A_default_acl_takes_the_place_of_the_umask_and_is_passed_on()
    {
        InodeNumber directory = MakeDirectory("d");
        byte[] acl = ReferenceAcl.Build(7, 5, 0, 7, (ReferenceAcl.Group, 1000, 6));
        Ok(Fs.SetXattr(directory, DefaultName, acl, XattrMode.CreateOrReplace, false));
        Assert.Equal(InodeMode.Directory | Octal755, Attributes(directory).Mode);
        Ok(Fs.Create(directory, Name("f"), InodeMode.RegularFile | 0x1B6, 0x3F, 0, default, out InodeRecord file));
        Assert.Equal(InodeMode.RegularFile | 0x1B0, file.Mode);
        Ok(Temp.Tree.GetXattr(file.Number, AccessName, out byte[] access));
        Assert.Equal(ReferenceAcl.Build(6, 5, 0, 6, (ReferenceAcl.Group, 1000, 6)), access);
        Ok(Fs.MakeDirectory(directory, Name("s"), 0x1FF, 0x3F, default, out InodeRecord sub));
        Assert.Equal(InodeMode.Directory | 0x1F8, sub.Mode);
        Ok(Temp.Tree.GetXattr(sub.Number, DefaultName, out byte[] inherited));
        Assert.Equal(acl, inherited);
    }

    [Theory]
    [InlineData("")]
    [InlineData("02")]
    [InlineData("01000000")]
    [InlineData("02000000010007")]
    [InlineData("0200000003000700ffffffff")]
    public void What_is_no_acl_is_refused(string hex)
    {
        InodeNumber file = MakeFile("a");
        Assert.Equal(FsError.InvalidArgument,
            Fs.SetXattr(file, AccessName, Convert.FromHexString(hex), XattrMode.CreateOrReplace, false));
    }
}
