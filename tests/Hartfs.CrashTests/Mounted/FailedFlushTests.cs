using Hartfs.Core;
using Hartfs.Core.Mounting;
using Hartfs.CrashTests.Disk;
using Hartfs.Storage.BlockStores;
using Hartfs.Testing.Modelling;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.CrashTests.Mounted;

/// <summary>
/// I1: what the system says about a flush arrives; nothing between Hartfs and a disk that fails is replaced.
/// </summary>
public sealed class FailedFlushTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("hartfs-flush-").FullName;

    [Fact]
    public void A_flush_that_the_system_fails_is_told_and_ends_all_changes()
    {
        ForgettingFileSystem files = new();
        using IMount mount = MountedDisk.Mount(files, Path.Combine(_root, "disk"));
        string directory = Path.Combine(mount.MountPoint, "volume");
        VolumeSettings settings = new() { CommitInterval = TimeSpan.FromDays(1), ReservedBytes = 0 };
        Volume.Create(directory, new VolumeParameters());
        using (Volume volume = Volume.Open(directory, settings, NullLoggerFactory.Instance))
        {
            TreeRunner runner = new(new ProductTree(volume.FileSystem));
            runner.Apply(new Operation(OperationKind.Create) { Path = "/a", Mode = 0x1A4 });
            Content content = new(ContentKind.Random, 1, 300_000);
            runner.Apply(new Operation(OperationKind.Write) { Path = "/a", Content = content });
            files.Disk.Fault = new DiskFault(DiskFaultKind.FlushError, 1, IsLasting: false);
            Assert.Equal(FsError.IoFailure, volume.Commit());
            Assert.Contains(files.Disk.CopyLog(), entry => entry.Kind == DiskEventKind.FailToSynchronize
                && entry.File.Name.EndsWith(".pack", StringComparison.Ordinal));
            Assert.Equal(FsError.IoFailure, volume.Commit());
        }

        files.Disk.Fault = null;
        using (Volume again = Volume.Open(directory, settings, NullLoggerFactory.Instance))
            Assert.Single(TreeDump.Take(new ProductTree(again.FileSystem), withData: true));
        mount.Unmount(lazy: true);
    }

    [Fact]
    public void Segments_and_durable_files_tell_of_a_flush_that_failed()
    {
        ForgettingFileSystem files = new();
        using IMount mount = MountedDisk.Mount(files, Path.Combine(_root, "disk"));
        string path = Path.Combine(mount.MountPoint, "file");
        using LocalBlockStore store = new(mount.MountPoint);
        store.Append("packs/segment", [1, 2, 3]);
        DurableFile.Replace(path, [1]);
        foreach (Action flush in (Action[])[() => store.Flush("packs/segment"), () => DurableFile.Flush(path),
            () => DurableFile.Replace(path, [2])])
        {
            files.Disk.Fault = new DiskFault(DiskFaultKind.FlushError, 1, IsLasting: false);
            Assert.Throws<IOException>(flush);
            files.Disk.Fault = null;
        }

        Assert.Equal([1], File.ReadAllBytes(path));
        mount.Unmount(lazy: true);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
