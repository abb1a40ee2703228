using System.Globalization;

namespace Hartfs.Benchmarks.Machine;

/// <summary>What the disk holds, and making it forget what it holds in memory.</summary>
internal static class Disk
{
    /// <summary>Bytes that a tree's blocks take on disk, directories included; a hard link counts once.</summary>
    public static long AllocatedBytes(string path) => FirstNumber(ExternalProgram.Run("du", ["-sxB1", path]).Output);

    /// <summary>Bytes of the files of a tree by their lengths; directories count nothing.</summary>
    public static long LogicalBytes(string path)
    {
        var everyFile = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 };
        return new DirectoryInfo(path).EnumerateFiles("*", everyFile)
            .Where(file => file.LinkTarget is null)
            .Sum(file => file.Length);
    }

    /// <summary>Files, directories and links in a tree.</summary>
    public static long CountEntries(string path) =>
        Directory.EnumerateFileSystemEntries(path, "*",
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).LongCount();

    /// <summary>Writes back everything and drops the page, dentry and inode caches of the whole machine.</summary>
    public static void DropCaches()
    {
        ExternalProgram.Run("sync");
        try
        {
            File.WriteAllText("/proc/sys/vm/drop_caches", "3");
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new BenchmarkException("Cold reads need root: they drop the kernel's caches.", denied);
        }
    }

    /// <summary>Sets the read-ahead of the filesystem mounted at a path, KiB.</summary>
    public static void SetReadAhead(string mountPoint, int kib)
    {
        string device = ExternalProgram.Run("mountpoint", ["-d", mountPoint]).Output.Trim();
        File.WriteAllText($"/sys/class/bdi/{device}/read_ahead_kb", kib.ToString(CultureInfo.InvariantCulture));
    }

    private static long FirstNumber(string text) =>
        long.Parse(text.Split((char[])[' ', '\t', '\n'], 2)[0], CultureInfo.InvariantCulture);
}
