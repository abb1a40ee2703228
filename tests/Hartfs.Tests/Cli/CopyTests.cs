using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Hartfs.Cli;
using Hartfs.Cli.Copying;
using Hartfs.Core;
using Hartfs.Format;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.Tests.Cli;

/// <summary>Import and export on a real volume and a real directory.</summary>
public sealed class CopyTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hartfs-copy-").FullName;
    private readonly string _volume;

    public CopyTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "names, modes and links of POSIX");
        _volume = In("volume");
        Volume.Create(_volume, new VolumeParameters());
    }

    public void Dispose()
    {
        // The class library cannot remove names that are no text.
        using Process remove = Process.Start("rm", ["-rf", _directory]);
        remove.WaitForExit();
    }

    [Fact]
    public void A_tree_of_everything_survives_the_way_in_and_out()
    {
        MakeTree(In("source"));
        Assert.Equal(ExitCode.Success, Run("import", In("source"), _volume + ":/deep/er"));
        Assert.Equal(ExitCode.Success, Run("export", _volume + ":/deep/er", In("target")));
        Assert.Equal(Describe(In("source")), Describe(In("target")));
    }

    [Fact]
    public void Data_comes_back_byte_for_byte_at_every_kind_of_length()
    {
        Directory.CreateDirectory(In("source"));
        var random = new Random(20);
        foreach (int length in (int[])[0, 1, 511, 4096, 65_537, 1 << 20, (1 << 20) + 1, 5_000_000])
        {
            byte[] data = new byte[length];
            random.NextBytes(data);
            File.WriteAllBytes(In("source", length.ToString(CultureInfo.InvariantCulture)), data);
        }

        Assert.Equal(ExitCode.Success, Run("import", In("source"), _volume + ":/"));
        Assert.Equal(ExitCode.Success, Run("export", _volume + ":/source", In("target")));
        foreach (string file in Directory.GetFiles(In("source")))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(In("target", Path.GetFileName(file))));
    }

    [Fact]
    public void Names_of_any_bytes_survive()
    {
        byte[] name = [0xFF, 0xFE, (byte)'\n', 0x80];
        Directory.CreateDirectory(In("source"));
        using (var source = HostDirectory.Open(In("source")))
        using (ITreeFile file = source.CreateFile(name))
            file.Write(0, "x"u8);
        Assert.Equal(ExitCode.Success, Run("import", In("source"), _volume + ":/"));
        Assert.Equal(ExitCode.Success, Run("export", _volume + ":/source", In("target")));
        using var target = HostDirectory.Open(In("target"));
        Assert.Equal(name, Assert.Single(target.ListNames()));
    }

    [Fact]
    public void Holes_stay_holes_on_both_ways()
    {
        Directory.CreateDirectory(In("source"));
        using (var source = HostDirectory.Open(In("source")))
        using (ITreeFile file = source.CreateFile("sparse"u8))
        {
            file.Write(40 << 20, "island"u8);
            file.SetLength(100 << 20);
        }

        (_, string json, _) = RunForText("import", "--json", In("source"), _volume + ":/");
        Assert.InRange(JsonDocument.Parse(json).RootElement.GetProperty("bytes").GetInt64(), 6, 1 << 20);
        Assert.Equal(ExitCode.Success, Run("export", _volume + ":/source/sparse", In("target")));
        Assert.Equal(100 << 20, new FileInfo(In("target")).Length);
        using var host = HostDirectory.Open(_directory);
        using ITreeFile copy = host.OpenFile("target"u8);
        Assert.True(copy.TryFindData(0, out long start, out long end));
        Assert.InRange(end - start, 6, 1 << 20);
    }

    [Fact]
    public void The_same_command_again_copies_nothing_and_a_changed_file_alone()
    {
        MakeTree(In("source"));
        Assert.Equal(ExitCode.Success, Run("import", In("source"), _volume + ":/t"));
        (_, string json, _) = RunForText("import", "--json", In("source"), _volume + ":/t");
        Assert.Equal(0, JsonDocument.Parse(json).RootElement.GetProperty("items").GetInt64());
        File.AppendAllText(In("source", "special"), "more");
        (_, json, _) = RunForText("import", "--json", In("source"), _volume + ":/t");
        Assert.Equal(1, JsonDocument.Parse(json).RootElement.GetProperty("items").GetInt64());
        Assert.Equal(ExitCode.Success, Run("export", _volume + ":/t", In("target")));
        Assert.Equal(Describe(In("source")), Describe(In("target")));
    }

    [Fact]
    public void A_copy_that_was_stopped_goes_on_to_the_same_end()
    {
        MakeTree(In("source"));
        using (var volume = Volume.Open(_volume, new VolumeSettings(), NullLoggerFactory.Instance))
        using (var from = TreePlace.HostSource(In("source")))
        using (var to = TreePlace.VolumeTarget(volume.FileSystem, VolumePath.Parse(_volume + ":/t"), from))
        using (var stop = new CancellationTokenSource())
        {
            var progress = new CopyProgress();
            var copy = new TreeCopy(progress, stop.Token);
            using var tree = new StoppingDirectory(from.Directory, stop, itemsBeforeStop: 7);
            Assert.ThrowsAny<OperationCanceledException>(() => copy.Run(tree, from.Name, to.Directory, to.Name));
        }

        Assert.Equal(ExitCode.Success, Run("import", In("source"), _volume + ":/t"));
        Assert.Equal(ExitCode.Success, Run("export", _volume + ":/t", In("target")));
        Assert.Equal(Describe(In("source")), Describe(In("target")));
    }

    [Fact]
    public void A_slash_behind_the_source_means_its_content_and_behind_the_target_into_it()
    {
        Directory.CreateDirectory(In("source"));
        File.WriteAllText(In("source", "f"), "1");
        Assert.Equal(ExitCode.Success, Run("import", In("source") + "/", _volume + ":/a"));
        Assert.Equal(ExitCode.Success, Run("import", In("source"), _volume + ":/b/"));
        Assert.Equal(ExitCode.Success, Run("import", In("source", "f"), _volume + ":/g"));
        Assert.Equal(ExitCode.Success, Run("export", _volume + ":/", In("target")));
        Assert.Equal(["a", "a/f", "b", "b/source", "b/source/f", "g"],
            Directory.GetFileSystemEntries(In("target"), "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(In("target"), path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_is_in_the_way_is_listed_and_the_rest_is_copied()
    {
        Directory.CreateDirectory(In("source"));
        File.WriteAllText(In("source", "a"), "file here");
        File.WriteAllText(In("source", "b"), "b");
        Directory.CreateDirectory(In("target", "a", "inner"));
        Assert.Equal(ExitCode.Success, Run("import", In("source"), _volume + ":/s"));
        (ExitCode code, _, string error) = RunForText("export", _volume + ":/s", In("target"));
        Assert.Equal(ExitCode.Incomplete, code);
        Assert.Contains("/a: there is a directory", error, StringComparison.Ordinal);
        Assert.Equal("b", File.ReadAllText(In("target", "b")));
    }

    [Fact]
    public void A_volume_within_what_is_imported_into_it_is_left_out()
    {
        File.WriteAllText(In("f"), "1");
        Assert.Equal(ExitCode.Success, Run("import", _directory, _volume + ":/all"));
        Assert.Equal(ExitCode.Success, Run("export", _volume + ":/all", In("target")));
        Assert.Equal(["f"], Directory.GetFileSystemEntries(In("target")).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("import", "missing", "volume:/x")]
    [InlineData("export", "volume:/missing", "x")]
    [InlineData("export", "volume:/missing/deeper", "x")]
    public void A_source_that_does_not_exist_ends_with_its_own_code(string command, string source, string target)
    {
        (ExitCode code, _, string error) = RunForText(command, In(source), In(target));
        Assert.Equal(ExitCode.PathNotFound, code);
        Assert.Contains("missing", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_that_is_no_volume_ends_with_its_own_code()
    {
        Directory.CreateDirectory(In("empty"));
        Assert.Equal(ExitCode.NotAVolume, Run("import", _volume, In("empty") + ":/x"));
        Assert.Equal(ExitCode.NotAVolume, Run("stats", In("empty")));
        Assert.Equal(ExitCode.NotAVolume, Run("mount", "-f", In("empty"), In("mountpoint")));
    }

    [Fact]
    public void A_volume_that_somebody_has_open_ends_with_its_own_code_and_the_holder()
    {
        using var holder = Volume.Open(_volume, new VolumeSettings { Holder = "the test" }, NullLoggerFactory.Instance);
        (ExitCode code, _, string error) = RunForText("import", In("volume"), _volume + ":/x");
        Assert.Equal(ExitCode.InUse, code);
        Assert.Contains("the test", error, StringComparison.Ordinal);
    }

    private static void MakeTree(string root)
    {
        Shell(root, """
            mkdir -p "$0"/d "$0"/empty "$0"/sticky && cd "$0"
            printf hello > d/file && ln d/file hard1 && mkdir z && ln d/file z/hard2
            ln -s ../nowhere link && touch -h -d '2001-02-03 04:05:06.789' link
            mkfifo fifo && head -c 300000 /dev/zero > zeros && seq 1 50000 > numbers
            printf s > special && chmod 6751 special && chmod 1777 sticky && chmod 0 numbers
            touch -d '1969-12-31 23:59:58.987654321' zeros && touch -d '2100-01-01 00:00:00.000000001' d
            """);
        using var directory = HostDirectory.Open(root);
        try
        {
            directory.SetXattr("d"u8, "user.note"u8, "kept"u8);
            directory.SetXattr("zeros"u8, "user.empty"u8, []);
        }
        catch (TreeException failure) when (failure.Failure == TreeFailure.NotSupported)
        {
            // A temporary directory without extended attributes: nothing to keep.
        }
    }

    /// <summary>Everything that a copy keeps, one line an item.</summary>
    private static string Describe(string root)
    {
        var text = new StringBuilder();
        var linked = new Dictionary<ItemIdentity, string>();
        using var directory = HostDirectory.Open(root);
        Describe(directory, "", text, linked);
        return text.ToString();
    }

    private static void Describe(
        ITreeDirectory directory, string path, StringBuilder text, Dictionary<ItemIdentity, string> linked)
    {
        foreach (byte[] name in directory.ListNames().OrderBy(Encoding.Latin1.GetString, StringComparer.Ordinal))
        {
            string full = path + "/" + ByteName.Show(name);
            ItemAttributes item = directory.Find(name)!.Value;
            long size = InodeMode.IsDirectory(item.Mode) ? 0 : item.Size;
            text.Append(CultureInfo.InvariantCulture,
                $"{full} {item.Mode:x} {item.Uid}:{item.Gid} {size} {item.ModifyTime} {item.Device}");
            if (!InodeMode.IsDirectory(item.Mode) && item.LinkCount > 1)
                text.Append(" = ").Append(linked.TryAdd(item.Identity, full) ? full : linked[item.Identity]);
            if (InodeMode.IsSymbolicLink(item.Mode))
                text.Append(" -> ").Append(ByteName.Show(directory.ReadSymbolicLink(name)));
            foreach (byte[] attribute in directory.ListXattrs(name).OrderBy(Encoding.Latin1.GetString))
                text.Append(CultureInfo.InvariantCulture, $" {ByteName.Show(attribute)}=")
                    .Append(Convert.ToHexString(directory.GetXattr(name, attribute)));
            text.Append('\n');
            if (!InodeMode.IsDirectory(item.Mode))
                continue;
            using ITreeDirectory child = directory.OpenDirectory(name);
            Describe(child, full, text, linked);
        }
    }

    private static void Shell(string argument, string script)
    {
        using Process shell = Process.Start("sh", ["-e", "-c", script, argument]);
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }

    private static ExitCode Run(params string[] arguments) => RunForText(arguments).Code;

    private static (ExitCode Code, string Output, string Error) RunForText(params string[] arguments)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        var code = (ExitCode)CommandLine.Run(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }

    private string In(params string[] names) => Path.Combine([_directory, .. names]);
}
