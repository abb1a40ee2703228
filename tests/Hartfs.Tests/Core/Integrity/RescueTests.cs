using System.Diagnostics;
using Hartfs.Core;
using Hartfs.Format;
using Xunit;

namespace Hartfs.Tests.Core.Integrity;

/// <summary>The format document is proved by a reader in another language that was written from it.</summary>
public sealed class RescueTests : DamageTest
{
    private static readonly string Script = SourceTree.PathOf("packaging/rescue/hartfs-rescue.py");

    private readonly Dictionary<string, byte[]> _files = [];

    public RescueTests()
    {
        Temp.Settings = Temp.Settings with { MetadataCopyInterval = TimeSpan.FromHours(6) };
        Temp.Reopen();
    }

    private string Target => Path.Combine(Path.GetDirectoryName(Temp.Path)!, "rescued");

    [Fact]
    public void The_reader_has_at_most_300_lines() => Assert.True(File.ReadAllLines(Script).Length <= 300);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_extracts_every_file_byte_for_byte(bool fromCopy)
    {
        Fill();
        Temp.Close();
        if (fromCopy)
            File.Delete(VolumeLayout.MetadataPath(Temp.Path));
        (int code, string output) = Run(Temp.Path, "extract", "/", Target);
        Assert.True(code == 0, output);
        Compare();
        Assert.Equal("folder/noise", new FileInfo(Path.Combine(Target, "link")).LinkTarget);
    }

    [Fact]
    public void It_reads_what_a_crash_left_with_the_log_and_inline_bytes()
    {
        Fill();
        byte[] small = Noise(3000, 50);
        InodeNumber inode = MakeFile("synced", small);
        Ok(Fs.Synchronize(inode));
        _files["synced"] = small;
        string crashed = Temp.Path + "-copy";
        CopyFolder(Temp.Path, crashed);
        (int code, string output) = Run(crashed, "extract", "/", Target);
        Assert.True(code == 0, output);
        Compare();
    }

    [Fact]
    public void It_reads_the_tree_of_a_snapshot()
    {
        Fill();
        Temp.Volume.Snapshots.Create(Name("monday"));
        foreach (string name in (string[])["text", "holes and patterns", "small 19"])
            Ok(Fs.Write(Find(name), 100, Noise(5000, 3), false, true));
        Ok(Fs.Unlink(InodeNumber.Root, Name("small 7")));
        Ok(Fs.Unlink(InodeNumber.Root, Name("link")));
        Temp.Close();
        Assert.Equal((0, "monday\n"), Run(Temp.Path, "snapshots"));
        (int code, string output) = Run("--snapshot", "monday", Temp.Path, "extract", "/", Target);
        Assert.True(code == 0, output);
        Compare();
    }

    [Fact]
    public void It_lists_paths_with_types_and_sizes()
    {
        Fill();
        Temp.Close();
        (int code, string output) = Run(Temp.Path, "list");
        Assert.Equal(0, code);
        Assert.Contains("-rw-r--r--        1500000 /folder/noise\n", output);
        Assert.Contains("drwxr-xr-x              0 /folder\n", output);
    }

    [Fact]
    public void It_tells_of_damage_and_extracts_the_rest()
    {
        Fill();
        Ok(Temp.Volume.Commit());
        Temp.Reopen();
        Region region = RegionOf(Find("text"), 300_000);
        DamageFile(Find("text"), 300_000);
        Temp.Close();
        (int code, string output) = Run(Temp.Path, "extract", "/", Target);
        Assert.Equal(1, code);
        Assert.Contains("/text: damaged", output);
        // Of the damaged file, too, all but the damaged block is there.
        byte[] damaged = File.ReadAllBytes(Path.Combine(Target, "text"));
        Assert.Equal(region.Length, damaged.Count(value => value == 0));
        byte[] whole = _files["text"];
        for (int at = 0; at < whole.Length; at++)
            Assert.True(damaged[at] == whole[at] || damaged[at] == 0);
        _files.Remove("text");
        Compare();
    }

    [Fact]
    public void With_broken_metadata_it_reads_the_newest_copy()
    {
        Temp.Settings = Temp.Settings with { MetadataCopyInterval = TimeSpan.FromHours(6) };
        Temp.Reopen();
        Fill();
        Temp.Close();
        string path = Hartfs.Core.VolumeLayout.MetadataPath(Temp.Path);
        Flip(path, 4096 * 3, 2000);
        (int code, string output) = Run(Temp.Path, "extract", "/", Target);
        Assert.Equal(0, code);
        Assert.Contains("reading the newest copy", output);
        Compare();
    }

    private void Fill()
    {
        InodeNumber folder = MakeDirectory("folder");
        Add(folder, "folder/noise", Noise(1_500_000, 1));
        Add(folder, "folder/empty", []);
        Add(InodeNumber.Root, "text", System.Text.Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Range(0, 90_000).Select(number => $"line {number}\n"))));
        byte[] mixed = Noise(900_000, 2);
        mixed.AsSpan(100_000, 300_000).Clear();
        for (int at = 500_003; at < 600_001; at++)
            mixed[at] = (byte)(0xA0 + (at % 4));
        Add(InodeNumber.Root, "holes and patterns", mixed);
        for (int index = 0; index < 20; index++)
            Add(InodeNumber.Root, $"small {index}", Noise(index * 211, 100 + index));
        InodeNumber late = Find("small 19");
        Ok(Fs.Write(late, 1_000_000, "the end"u8, false, true));
        byte[] sparse = new byte[1_000_007];
        _files["small 19"].CopyTo(sparse, 0);
        "the end"u8.CopyTo(sparse.AsSpan(1_000_000));
        _files["small 19"] = sparse;
        Ok(Fs.MakeSymbolicLink(InodeNumber.Root, Name("link"), Name("folder/noise"), default, out _));
    }

    private void Add(InodeNumber folder, string path, byte[] content)
    {
        MakeFile(folder, Path.GetFileName(path), content);
        _files[path] = content;
    }

    private void Compare()
    {
        foreach ((string path, byte[] content) in _files)
            Assert.True(content.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(Target, path))), path);
    }

    private static (int Code, string Output) Run(params string[] arguments)
    {
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo("python3", [Script, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        process.StartInfo.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        process.Start();
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.GetAwaiter().GetResult());
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(file) is "lock" or "metadata.sqlite-shm")
                continue;
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using FileStream source = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using FileStream copy = new(target, FileMode.CreateNew);
            source.CopyTo(copy);
        }
    }
}
