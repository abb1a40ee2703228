using Hartfs.Core;
using Hartfs.Core.Collection;
using Hartfs.Format;
using Hartfs.Metadata.Integrity;
using Hartfs.Testing;
using Xunit;

namespace Hartfs.Tests.Core.Collection;

/// <summary>A volume with small packs, and what tests of collections ask of it.</summary>
public abstract class CollectionTest(VolumeSettings? settings = null, int? faultSeed = null) : IDisposable
{
    protected const int PackBytes = 256 << 10;

    /// <summary>Everything that is dead goes.</summary>
    protected static readonly CollectionOptions All = new() { DeadShareMin = 0 };

    /// <summary>Many packs, and sorts that spill.</summary>
    protected static readonly VolumeSettings SmallPacks = TempVolume.Quiet with
    {
        PackBytesTarget = PackBytes,
        WorkerCount = 2,
        Collection = new CollectionSettings { IsAutomatic = false, SortBytesMax = 1024 * 24 },
    };

    private static readonly VolumeParameters SmallBlocks = new() { ChunkBytesAverage = 1024, BlockBytes = 64 << 10 };

    protected TempVolume Temp { get; } = new(settings ?? SmallPacks, SmallBlocks, faultSeed);

    protected Volume Volume => Temp.Volume;

    protected FileSystem Fs => Temp.FileSystem;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Temp.Dispose();
    }

    protected static void Ok(FsError error) => Assert.Equal(FsError.None, error);

    protected static byte[] Noise(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    protected static byte[] Text(int length, int seed)
    {
        var random = new Random(seed);
        byte[] bytes = new byte[length];
        for (int index = 0; index < length; index++)
            bytes[index] = (byte)"the quick brown fox jumps over a lazy dog\n"[random.Next(42)];
        return bytes;
    }

    protected InodeNumber Make(string name, ReadOnlySpan<byte> content)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(name);
        Ok(Fs.Create(InodeNumber.Root, bytes, InodeMode.RegularFile | 0x1A4, 0, 0, default, out InodeRecord inode));
        Ok(Fs.Write(inode.Number, 0, content, false, true));
        Fs.Forget(inode.Number, 1);
        return inode.Number;
    }

    protected void Remove(string name) =>
        Ok(Fs.Unlink(InodeNumber.Root, System.Text.Encoding.UTF8.GetBytes(name)));

    protected byte[] Read(string name)
    {
        Ok(Fs.Lookup(InodeNumber.Root, System.Text.Encoding.UTF8.GetBytes(name), out InodeRecord inode));
        byte[] content = new byte[inode.Size];
        Ok(Fs.Read(inode.Number, 0, content, out int count));
        Fs.Forget(inode.Number, 1);
        Assert.Equal(content.Length, count);
        return content;
    }

    protected CollectionResult Collect(CollectionOptions? options = null)
    {
        CollectionResult result = Volume.Collection.Run(options ?? All, cancel: TestContext.Current.CancellationToken);
        Ok(result.Error);
        return result;
    }

    protected void TakeSnapshot(string name) => Volume.Snapshots.Create(System.Text.Encoding.UTF8.GetBytes(name));

    protected void DropSnapshot(string name) => Volume.Snapshots.Delete(System.Text.Encoding.UTF8.GetBytes(name));

    /// <summary>The metadata does not contradict itself, and every chunk is there.</summary>
    protected void Verify()
    {
        Ok(Volume.Commit());
        lock (Volume.TreeLock)
            Assert.Empty(MetadataInvariants.Check(Volume.Metadata));
        long lengths = 0;
        HashSet<string> files = [];
        foreach (string file in Directory.GetFiles(Path.Combine(Temp.Path, "packs"), "*", SearchOption.AllDirectories))
        {
            files.Add(Path.GetFileNameWithoutExtension(file));
            lengths += new FileInfo(file).Length;
        }

        Assert.Equal(lengths, Volume.GetStatistics().PackBytes);
        lock (Volume.TreeLock)
            Assert.Equal(Volume.Metadata.Packs.List().Select(pack => $"{pack.Id.Value:x16}").Order(), files.Order());
        Assert.Equal(0, Volume.GetStatistics().CorruptReads);
    }
}
