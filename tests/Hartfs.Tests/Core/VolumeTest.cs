using System.Text;
using Hartfs.Core;
using Hartfs.Format;
using Hartfs.Testing;
using Xunit;

namespace Hartfs.Tests.Core;

/// <summary>A new volume for each test, and short words for what tests do with it.</summary>
public abstract class VolumeTest : IDisposable
{
    protected const int Octal644 = 0x1A4;
    protected const int Octal755 = 0x1ED;

    protected VolumeTest(VolumeSettings? settings = null, VolumeParameters? parameters = null) =>
        Temp = new TempVolume(settings, parameters);

    protected TempVolume Temp { get; }

    protected FileSystem Fs => Temp.FileSystem;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Temp.Dispose();
    }

    protected static void Ok(FsError error) => Assert.Equal(FsError.None, error);

    protected static byte[] Name(string name) => Encoding.UTF8.GetBytes(name);

    protected static byte[] Noise(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    protected InodeNumber MakeFile(InodeNumber parent, string name, ReadOnlySpan<byte> content = default,
        int mode = Octal644)
    {
        Ok(Fs.Create(parent, Name(name), InodeMode.RegularFile | mode, 0, 0, default, out InodeRecord inode));
        if (!content.IsEmpty) Ok(Fs.Write(inode.Number, 0, content, false, true));
        return inode.Number;
    }

    protected InodeNumber MakeFile(string name, ReadOnlySpan<byte> content = default, int mode = Octal644) =>
        MakeFile(InodeNumber.Root, name, content, mode);

    protected InodeNumber MakeDirectory(InodeNumber parent, string name, int mode = Octal755)
    {
        Ok(Fs.MakeDirectory(parent, Name(name), mode, 0, default, out InodeRecord inode));
        return inode.Number;
    }

    protected InodeNumber MakeDirectory(string name, int mode = Octal755) =>
        MakeDirectory(InodeNumber.Root, name, mode);

    protected InodeRecord Attributes(InodeNumber inode)
    {
        Ok(Fs.GetAttributes(inode, out InodeRecord record));
        return record;
    }

    protected InodeNumber Find(string name)
    {
        Ok(Fs.Lookup(InodeNumber.Root, Name(name), out InodeRecord record));
        return record.Number;
    }

    protected byte[] ReadAll(InodeNumber inode)
    {
        byte[] content = new byte[Attributes(inode).Size];
        Ok(Fs.Read(inode, 0, content, out int count));
        Assert.Equal(content.Length, count);
        return content;
    }

    protected FsError Rename(string from, string to, RenameMode mode = RenameMode.Replace) =>
        Fs.Rename(InodeNumber.Root, Name(from), InodeNumber.Root, Name(to), mode);

    protected List<string> Names(InodeNumber directory)
    {
        Ok(Temp.Tree.List(directory, out List<(byte[] Name, InodeRecord Inode)> entries));
        return [.. entries.Select(entry => Encoding.UTF8.GetString(entry.Name)).Order(StringComparer.Ordinal)];
    }

    /// <summary>Lets the clock go on, so that a new time differs from an old one.</summary>
    protected void Tick() => Temp.Time.Advance(TimeSpan.FromMilliseconds(1));
}
