using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Hartfs.Tests.Format;
using Xunit;

namespace Hartfs.Tests.Storage.BlockStores;

public sealed class SuperblockFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Both_copies_are_written_and_read()
    {
        SuperblockFile.Save(_folder.FullName, SuperblockTests.Example);
        Assert.Equal(
            new SuperblockLoad(new SuperblockReading(SuperblockFault.None, "", SuperblockTests.Example), null),
            SuperblockFile.Load(_folder.FullName));
        Assert.Equal(
            ["superblock", "superblock.copy"], Directory.GetFiles(_folder.FullName).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("superblock")]
    [InlineData("superblock.copy")]
    public void With_one_copy_damaged_or_missing_the_other_is_used_and_it_is_said(string name)
    {
        SuperblockFile.Save(_folder.FullName, SuperblockTests.Example);
        byte[] bytes = SuperblockTests.Example.ToBytes();
        bytes[100] ^= 4;
        DurableFile.Replace(_folder[name], bytes);
        SuperblockLoad load = SuperblockFile.Load(_folder.FullName);
        Assert.Equal(SuperblockTests.Example, load.Reading.Superblock);
        Assert.Equal($"{name}: its checksum does not fit", load.OtherCopyFault);
        File.Delete(_folder[name]);
        load = SuperblockFile.Load(_folder.FullName);
        Assert.Equal(SuperblockTests.Example, load.Reading.Superblock);
        Assert.Equal($"{name}: there is no such file", load.OtherCopyFault);
    }

    [Fact]
    public void Of_two_whole_copies_the_newer_one_holds()
    {
        SuperblockFile.Save(_folder.FullName, SuperblockTests.Example);
        Superblock newer = SuperblockTests.Example with { Generation = 4, CodecLevel = 9 };
        DurableFile.Replace(_folder["superblock"], newer.ToBytes());
        Assert.Equal(9, SuperblockFile.Load(_folder.FullName).Reading.Superblock!.CodecLevel);
        DurableFile.Replace(_folder["superblock.copy"], (newer with { Generation = 5, CodecLevel = 12 }).ToBytes());
        Assert.Equal(12, SuperblockFile.Load(_folder.FullName).Reading.Superblock!.CodecLevel);
    }

    [Fact]
    public void A_newer_format_is_not_outvoted_by_an_old_copy()
    {
        SuperblockFile.Save(_folder.FullName, SuperblockTests.Example);
        DurableFile.Replace(_folder["superblock"], SuperblockTests.Changed(40, 1));
        Assert.Equal(SuperblockFault.UnknownFeature, SuperblockFile.Load(_folder.FullName).Reading.Fault);
    }

    [Fact]
    public void A_folder_without_either_is_no_volume()
    {
        Assert.Equal(SuperblockFault.NotASuperblock, SuperblockFile.Load(_folder.FullName).Reading.Fault);
        Assert.Equal(SuperblockFault.NotASuperblock, SuperblockFile.Load(_folder["none"]).Reading.Fault);
        DurableFile.Replace(_folder["superblock.copy"], SuperblockTests.Example.ToBytes().AsSpan(0, 100));
        Assert.Equal(SuperblockFault.Damaged, SuperblockFile.Load(_folder.FullName).Reading.Fault);
    }

    [Fact]
    public void Replacing_leaves_the_new_content_and_no_other_file()
    {
        string path = _folder["file"];
        DurableFile.Replace(path, "old content"u8);
        DurableFile.Replace(path + ".new", "debris of a crash, and longer than what follows"u8);
        DurableFile.Replace(path, "new"u8);
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal(["file"], Directory.GetFiles(_folder.FullName).Select(Path.GetFileName));
    }

    [Fact]
    public void A_replacement_that_fails_leaves_the_old_file()
    {
        string path = _folder["file"];
        DurableFile.Replace(path, "old"u8);
        Directory.CreateDirectory(path + ".new");
        Assert.ThrowsAny<Exception>(() => DurableFile.Replace(path, "new"u8));
        Assert.Equal("old", File.ReadAllText(path));
    }
}
