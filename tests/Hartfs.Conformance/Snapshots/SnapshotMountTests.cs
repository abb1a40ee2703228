using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Hartfs.Conformance.Posix;
using Hartfs.Conformance.Targets;
using Xunit;

namespace Hartfs.Conformance.Snapshots;

/// <summary>Snapshots of a real mount, with the kernel's caches and real programs in it.</summary>
public sealed class SnapshotMountTests : IDisposable
{
    private const int BusySnapshots = 100;

    private readonly MountedVolume _volume = new();
    private readonly string _places = Directory.CreateTempSubdirectory("hartfs-snapshots-").FullName;

    public SnapshotMountTests() => _volume.Mount();

    private string Root => _volume.MountPoint;

    public void Dispose()
    {
        foreach (string place in Directory.GetDirectories(_places))
            CommandLine.TryRun("umount", ["-l", place]);
        try
        {
            _volume.Dispose();
        }
        finally
        {
            CommandLine.Run("rm", ["-rf", "--one-file-system", _places]);
        }
    }

    [Fact]
    public void What_write_acknowledged_is_in_the_snapshot_while_the_file_is_open_and_nothing_after_it()
    {
        byte[] bytes = new byte[48 << 20];
        new Random(1).NextBytes(bytes);
        string path = Path.Combine(Root, "open");
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        file.Write(bytes);
        Hartfs("snapshot", "create", Root, "one");
        file.Write(bytes);
        byte[] seen = File.ReadAllBytes(Path.Combine(Root, ".snapshots", "one", "open"));
        Assert.Equal(bytes.Length, seen.Length);
        Assert.Equal(SHA256.HashData(bytes), SHA256.HashData(seen));
    }

    [Fact]
    public void Snapshots_made_under_git_a_compiler_and_sqlite_are_the_copies_taken_at_their_moments()
    {
        using Process work = CommandLine.Start("setsid", ["bash", "-c", Work], Root);
        try
        {
            using ControlLine control = new(_volume);
            string[] moments = ["first", "second"];
            foreach (string moment in moments)
            {
                for (int index = 0; index < BusySnapshots / 2; index++)
                    control.Snapshot("create", string.Create(CultureInfo.InvariantCulture, $"{moment}-{index}"));
                Stop(work.Id);
                control.Snapshot("create", moment);
                CommandLine.Run("cp", ["-a", "--sparse=never", Root + "/.", Place(moment + "-copy")]);
                CommandLine.Run("kill", ["-CONT", "--", $"-{work.Id}"]);
            }

            foreach (string moment in moments)
                Hartfs("mount", $"{_volume.VolumePath}@{moment}", Place(moment));
            foreach (string moment in moments)
            {
                Assert.Equal("", Differences(Place(moment + "-copy"), Place(moment)));
                Assert.Equal("", Differences(Place(moment + "-copy"), Path.Combine(Root, ".snapshots", moment)));
                // What git and sqlite had committed at that moment is whole, seen by themselves.
                string check = Place(moment + "-check");
                CommandLine.Run("cp", ["-a", Place(moment) + "/.", check]);
                CommandLine.Shell("export HOME=$PWD GIT_CONFIG_NOSYSTEM=1; cd work && git fsck --full --strict", check);
                Assert.Equal("ok", CommandLine.Run("sqlite3",
                    [Path.Combine(check, "db"), "PRAGMA integrity_check"]).Trim());
            }

            Assert.Equal(BusySnapshots + 2, Directory.GetDirectories(Path.Combine(Root, ".snapshots")).Length);
            CommandResult refused = CommandLine.TryRun(HartfsProgram.Path,
                ["snapshot", "delete", Root, "first-0", "first"]);
            Assert.Equal(28, refused.ExitCode);
            foreach (string moment in moments) Hartfs("unmount", Place(moment));
            Hartfs("snapshot", "delete", Root, "first", "second");
        }
        finally
        {
            CommandLine.TryRun("kill", ["-9", "--", $"-{work.Id}"]);
            work.WaitForExit();
        }
    }

    [Fact]
    public void Nothing_can_be_written_into_a_snapshot_and_what_was_tried_is_never_read()
    {
        string file = Path.Combine(Root, "file");
        File.WriteAllText(file, "old");
        Hartfs("snapshot", "create", Root, "one");
        string past = Path.Combine(Root, ".snapshots", "one");
        string pastFile = Path.Combine(past, "file");
        Assert.Equal(Errno.EROFS, Sys.Error(() => Sys.Open(pastFile, Sys.O_WRONLY | Sys.O_TRUNC)));
        Assert.Equal(Errno.EROFS, Sys.Error(() => Sys.Unlink(pastFile)));
        Assert.Equal(Errno.EROFS, Sys.Error(() => Sys.MkDir(Path.Combine(past, "new"))));
        Assert.Equal(Errno.EROFS, Sys.Error(() => Sys.Rename(pastFile, Path.Combine(Root, "away"))));
        Assert.Equal(Errno.EROFS, Sys.Error(() => Sys.ChMod(pastFile, 0x1FF)));
        Assert.Equal(Errno.EROFS, Sys.Error(() => Sys.RmDir(past)));
        // Opening is no message, so that the refusal of an overwriting write comes with its fsync or close.
        Assert.NotEqual(0, CommandLine.TryRun("bash",
            ["-c", $"echo more | dd of='{pastFile}' oflag=append conv=notrunc,fsync"]).ExitCode);
        Eventually(() => File.ReadAllText(pastFile) == "old");
        CommandLine.TryRun("bash", ["-c", $"echo more >> '{pastFile}'"]);
        Eventually(() => File.ReadAllText(pastFile) == "old");
    }

    [Fact]
    public void A_rollback_reaches_what_the_kernel_remembers()
    {
        Directory.CreateDirectory(Path.Combine(Root, "kept"));
        File.WriteAllText(Path.Combine(Root, "kept", "file"), "one");
        File.WriteAllText(Path.Combine(Root, "removed"), "r");
        Hartfs("snapshot", "create", Root, "one");
        File.WriteAllText(Path.Combine(Root, "kept", "file"), "two, longer");
        File.Delete(Path.Combine(Root, "removed"));
        File.WriteAllText(Path.Combine(Root, "added"), "a");
        Assert.False(File.Exists(Path.Combine(Root, "removed")));
        using FileStream open = new(Path.Combine(Root, "added"), FileMode.Open);
        _ = Directory.GetFileSystemEntries(Root);

        CommandResult told = CommandLine.TryRun(HartfsProgram.Path, ["snapshot", "rollback", Root, "one"]);
        Assert.Equal(0, told.ExitCode);
        Assert.Contains("files are open in", told.Errors, StringComparison.Ordinal);
        Eventually(() => File.ReadAllText(Path.Combine(Root, "kept", "file")) == "one");
        Eventually(() => File.Exists(Path.Combine(Root, "removed")));
        Eventually(() => !File.Exists(Path.Combine(Root, "added")));
        Eventually(() => Directory.GetFileSystemEntries(Root).Length == 2);
        Assert.Equal('a', open.ReadByte());
    }

    [Fact]
    public void A_clone_and_a_copied_range_share_data_and_FICLONE_is_not_forwarded()
    {
        byte[] bytes = new byte[8 << 20];
        new Random(3).NextBytes(bytes);
        File.WriteAllBytes(Path.Combine(Root, "file"), bytes);
        long before = Stored();
        Hartfs("clone", Path.Combine(Root, "file"), Path.Combine(Root, "clone"));
        CommandLine.Run("cp", ["--reflink=auto", Path.Combine(Root, "file"), Path.Combine(Root, "copied")]);
        Assert.NotEqual(0, CommandLine.TryRun("cp",
            ["--reflink=always", Path.Combine(Root, "file"), Path.Combine(Root, "refused")]).ExitCode);
        Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(Root, "clone")));
        Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(Root, "copied")));
        Assert.InRange(Stored(), before, before + (1 << 20));
        CommandResult taken = CommandLine.TryRun(HartfsProgram.Path,
            ["clone", Path.Combine(Root, "file"), Path.Combine(Root, "clone")]);
        Assert.Equal(29, taken.ExitCode);
        CommandResult elsewhere = CommandLine.TryRun(HartfsProgram.Path,
            ["clone", Path.Combine(Root, "file"), Path.Combine(_places, "clone")]);
        Assert.Equal(18, elsewhere.ExitCode);
    }

    [Theory]
    [InlineData("--reflink=auto")]
    [InlineData("-a")]
    [InlineData("--sparse=never")]
    public void A_copy_by_cp_hands_over_no_data_and_stores_none(string option)
    {
        string file = MakeNoise("file");
        long stored = Stored();
        (long copies, long writes) = Requests();
        CommandLine.Run("cp", [option, file, file + "-copy"]);
        Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(file + "-copy"));
        Assert.InRange(Stored(), stored, stored + (64 << 10));
        Assert.InRange(Requests().Copies, copies + 1, long.MaxValue);
        Assert.Equal(writes, Requests().Writes);
    }

    [Fact]
    public void Copies_that_hand_over_the_data_store_what_is_new_in_it()
    {
        string file = MakeNoise("file");
        long stored = Stored();
        CommandResult refused = CommandLine.TryRun("cp", ["--reflink=always", file, file + "-refused"]);
        Assert.Contains("not supported", refused.Errors, StringComparison.Ordinal);
        CommandLine.Run("cp", ["--reflink=never", file, file + "-never"]);
        CommandLine.Shell($"cat '{file}' > '{file}-cat'");
        Assert.InRange(Stored(), stored, stored + (1 << 20));

        // A tenth of a file changed elsewhere, and brought in place as it is and by its differences.
        byte[] changed = File.ReadAllBytes(file);
        new Random(4).NextBytes(changed.AsSpan(changed.Length / 2, changed.Length / 10));
        string source = Path.Combine(Place("elsewhere"), "file");
        File.WriteAllBytes(source, changed);
        foreach (string[] how in new string[][] { ["--whole-file"], ["--no-whole-file"] })
        {
            stored = Stored();
            string target = $"{file}{how[0]}";
            CommandLine.Run("cp", [file, target]);
            CommandLine.Run("rsync", ["--inplace", "--ignore-times", .. how, source, target]);
            Assert.Equal(changed, File.ReadAllBytes(target));
            Assert.InRange(Stored(), stored, stored + (changed.Length / 2));
        }
    }

    [Fact]
    public void A_clone_of_all_kinds_of_files_is_what_a_copy_would_be()
    {
        CommandLine.Shell("""
            mkdir -p 'tree/sp ace/ünï'; cd tree; echo one > f; ln f 'sp ace/hard'; ln -s f symbolic
            ln -s /nowhere dangling
            mkfifo pipe; truncate -s 1G hole; echo end >> hole; touch -d 2001-02-03 f; chmod 2751 'sp ace'
            setfattr -n user.color -v red f; setfacl -m u:1000:rw f; setfacl -d -m g:1000:rx 'sp ace'
            python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('socket')"
            touch "$(printf 'x%.0s' $(seq 255))" "$(printf 'new\nline')" "$(printf 'not-utf-8-\377')"
            """, Root);
        Hartfs("clone", Path.Combine(Root, "tree"), Path.Combine(Root, "a clone"));
        Assert.Equal("", Differences(Path.Combine(Root, "tree"), Path.Combine(Root, "a clone")));
        Assert.Equal("2\n2\n", CommandLine.Shell("stat -c %h f 'sp ace/hard'", Path.Combine(Root, "a clone")));
        Hartfs("snapshot", "create", Root, "ünï with space");
        Assert.Equal("", Differences(Path.Combine(Root, "tree"),
            Path.Combine(Root, ".snapshots", "ünï with space", "tree")));
        // A link at the end of a path is meant itself.
        Hartfs("clone", Path.Combine(Root, "tree", "dangling"), Path.Combine(Root, "link"));
        Assert.Equal("/nowhere", new FileInfo(Path.Combine(Root, "link")).LinkTarget);
    }

    private const string Work = """
        export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
        git init -q -b main work && cd work && git config user.email a@b.c && git config user.name n
        sqlite3 ../db 'PRAGMA journal_mode=WAL; CREATE TABLE t(n)' > /dev/null
        for i in $(seq 100000); do
          mkdir -p d$((i % 7)); seq $((i % 50 * 100)) > d$((i % 7))/f$((i % 13)); ln -f d$((i % 7))/f$((i % 13)) linked
          printf 'int f%d(int n) { return n + %d; }\n' $i $i > f$((i % 9)).c; cc -c f$((i % 9)).c -o f$((i % 9)).o
          git add -A; git commit -qm "change $i"
          sqlite3 -bail ../db "PRAGMA busy_timeout=5000; INSERT INTO t VALUES ($i)" > /dev/null
          [ $((i % 20)) = 0 ] && git gc -q --prune=now
        done
        """;

    private static void Hartfs(params string[] arguments) => CommandLine.Run(HartfsProgram.Path, arguments);

    private static string Differences(string copy, string seen) => CommandLine.Run("rsync",
        ["-aHAXn", "--checksum", "--delete", "--itemize-changes", copy + "/", seen + "/"]).Trim();

    private static void Eventually(
        Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string expected = "")
    {
        // Invalidations are delivered by a thread of their own, after the command has answered.
        for (int attempt = 0; attempt < 500 && !condition(); attempt++) Thread.Sleep(10);
        Assert.True(condition(), expected);
    }

    /// <summary>Stops every process of a session, and waits until none of them runs.</summary>
    private static void Stop(int session) => CommandLine.Shell(string.Create(CultureInfo.InvariantCulture, $"""
        kill -STOP -- -{session}
        while ps -o stat= -s {session} | grep -qv '^[TZ]'; do kill -STOP -- -{session}; sleep 0.05; done
        """));

    private string Place(string name) => Directory.CreateDirectory(Path.Combine(_places, name)).FullName;

    private string MakeNoise(string name)
    {
        byte[] bytes = new byte[8 << 20];
        new Random(3).NextBytes(bytes);
        string path = Path.Combine(Root, name);
        using FileStream file = new(path, FileMode.CreateNew);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
        return path;
    }

    /// <summary>How often the kernel has asked for a copied range, and handed over data, so far.</summary>
    private (long Copies, long Writes) Requests()
    {
        string stats = CommandLine.Run(HartfsProgram.Path, ["stats", "--json", Root]);
        JsonObject requests = JsonNode.Parse(stats)!["requests"]!.AsObject();
        return (requests.Where(each => each.Key.StartsWith("CopyFileRange", StringComparison.Ordinal))
            .Sum(each => (long)each.Value!), (long?)requests["Write"] ?? 0);
    }

    private long Stored()
    {
        CommandLine.Run(HartfsProgram.Path, ["control", _volume.VolumePath, "commit"]);
        return CommandLine.Run("du", ["-sb", Path.Combine(_volume.VolumePath, "packs")]).Split('\t')
            is [var bytes, ..] ? long.Parse(bytes, CultureInfo.InvariantCulture) : 0;
    }
}
