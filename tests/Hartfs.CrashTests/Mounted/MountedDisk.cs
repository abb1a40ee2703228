using Hartfs.Core.Mounting;
using Hartfs.CrashTests.Disk;
using Hartfs.Fuse;
using Hartfs.Storage.BlockStores;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.CrashTests.Mounted;

/// <summary>A <see cref="ForgettingFileSystem"/> where programs can use it, and what it leaves.</summary>
internal static class MountedDisk
{
    public static IMount Mount(ForgettingFileSystem files, string mountPoint, bool isReadOnly = false)
    {
        Assert.SkipUnless(File.Exists("/dev/fuse"), "this host has no /dev/fuse to mount a forgetting filesystem with");
        Directory.CreateDirectory(mountPoint);
        return new FuseDriver(NullLoggerFactory.Instance).Mount(files, new MountOptions
        {
            MountPoint = mountPoint, WritebackCache = false, SourceName = "forgetting", ReadOnly = isReadOnly,
        });
    }

    /// <summary>Makes files of what a power cut left.</summary>
    public static void Materialize(Dictionary<string, byte[]> left, string directory)
    {
        Directory.CreateDirectory(directory);
        // Folders come before what is in them; what is in a folder that is gone is gone too.
        foreach ((string name, byte[] bytes) in left.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            string path = Path.Combine(directory, name.TrimEnd('/'));
            if (!Directory.Exists(Path.GetDirectoryName(path))) continue;
            if (bytes == SimulatedDisk.Folder) Directory.CreateDirectory(path);
            else File.WriteAllBytes(path, bytes);
        }
    }

    /// <summary>Copies a folder, durably.</summary>
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string folder in Directory.EnumerateDirectories(from))
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        foreach (string file in Directory.EnumerateFiles(from))
        {
            string copy = Path.Combine(to, Path.GetFileName(file));
            File.WriteAllBytes(copy, File.ReadAllBytes(file));
            DurableFile.Flush(copy);
        }

        DurableFile.FlushFolder(to);
        DurableFile.FlushFolder(Path.GetDirectoryName(to)!);
    }
}
