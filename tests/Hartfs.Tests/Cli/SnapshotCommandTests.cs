using System.Text.Json;
using System.Text.Json.Nodes;
using Hartfs.Cli;
using Hartfs.Cli.Snapshots;
using Hartfs.Core;
using Hartfs.Testing;
using Xunit;

namespace Hartfs.Tests.Cli;

/// <summary>Messages, results and exit codes of the commands about snapshots, on volumes not mounted.</summary>
public sealed class SnapshotCommandTests : IDisposable
{
    private const int DataBytes = 3_000_000;

    private readonly string _root = Directory.CreateTempSubdirectory("hartfs-test-").FullName;

    private string VolumePath => Path.Combine(_root, "volume");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Deleting_a_snapshot_waits_until_its_space_is_back_and_says_how_much_that_was()
    {
        MakeWithLostData();
        Outcome deleted = Run("snapshot", "delete", "--json", VolumePath, "one");
        Assert.Equal(ExitCode.Success, deleted.Code);
        JsonNode answer = JsonNode.Parse(deleted.Output)!;
        Assert.Equal("one", (string?)answer["deleted"]![0]!["name"]);
        Assert.InRange((long)answer["gc"]!["freedBytes"]!, DataBytes, DataBytes * 2);
        Assert.InRange(PackBytes(), 0, DataBytes / 2);
    }

    [Fact]
    public void Deleting_without_waiting_leaves_the_space_to_a_collection()
    {
        MakeWithLostData();
        Outcome deleted = Run("snapshot", "delete", "--no-wait", VolumePath, "one");
        Assert.Equal((ExitCode.Success, ""), (deleted.Code, deleted.Output));
        Assert.InRange(PackBytes(), DataBytes, long.MaxValue);
        Outcome collected = Run("gc", VolumePath);
        Assert.Contains("came back", collected.Output, StringComparison.Ordinal);
        Assert.InRange(PackBytes(), 0, DataBytes / 2);
    }

    [Fact]
    public void Who_stops_waiting_for_the_space_has_deleted_all_the_same()
    {
        using var temp = new TempVolume();
        temp.Volume.Snapshots.Create("one"u8);
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        var work = new SnapshotWork(
            temp.Volume, static () => { }, _ => { }, new Progress<MaintenanceProgress>(), stopped.Token);
        SnapshotAnswer answer = work.Do(new SnapshotRequest(SnapshotActions.Delete)
        {
            Names = ["one"],
            Collect = true,
        });
        Assert.Equal(FsError.Interrupted, answer.Gc!.Error);
        Assert.Empty(temp.Volume.Snapshots.List());
    }

    [Fact]
    public void Of_several_snapshots_all_or_none_are_deleted()
    {
        MakeWithLostData();
        Run("snapshot", "create", VolumePath, "two");
        Run("snapshot", "hold", VolumePath, "two");
        Outcome refused = Run("snapshot", "delete", VolumePath, "one", "two");
        Assert.Equal(ExitCode.SnapshotInUse, refused.Code);
        Assert.Contains("nothing was deleted", refused.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.SnapshotNotFound, Run("snapshot", "delete", VolumePath, "one", "three").Code);
        Assert.Equal(["one", "two"], Names());
        Assert.Equal(ExitCode.SnapshotNotFound, Run("snapshot", "release", VolumePath, "two", "three").Code);
        Run("snapshot", "release", VolumePath, "two");
        Assert.Equal(ExitCode.Success, Run("snapshot", "delete", VolumePath, "two", "one", "two").Code);
        Assert.Empty(Names());
    }

    [Theory]
    [InlineData(ExitCode.Usage, "from 0 to 10000", "policy", "VOLUME", "--hourly", "x")]
    [InlineData(ExitCode.Usage, "from 0 to 10000", "policy", "VOLUME", "--daily", "-1")]
    [InlineData(ExitCode.Usage, "from 0 to 10000", "policy", "VOLUME", "--weekly", "99999999999")]
    [InlineData(ExitCode.Usage, "hartfs snapshot policy --help", "policy", "VOLUME", "--monthly", "1.5")]
    [InlineData(ExitCode.Usage, "--off goes alone", "policy", "VOLUME", "--off", "--hourly", "1")]
    [InlineData(ExitCode.Usage, "set the policy first", "policy", "VOLUME", "run", "--hourly", "1")]
    [InlineData(ExitCode.Usage, "not UTF-8", "create", "VOLUME", "bad\uFFFD")]
    [InlineData(ExitCode.Usage, "empty", "create", "VOLUME", "")]
    [InlineData(ExitCode.Usage, "slash", "create", "VOLUME", "a/b")]
    [InlineData(ExitCode.SnapshotExists, "choose another name", "create", "VOLUME", "one")]
    [InlineData(ExitCode.SnapshotNotFound, "snapshot list", "rollback", "VOLUME", "two")]
    [InlineData(ExitCode.SnapshotNotFound, "snapshot list", "diff", "VOLUME", "now", "two")]
    [InlineData(ExitCode.PathNotFound, "no /none in", "restore", "VOLUME", "one", "none")]
    [InlineData(ExitCode.PathExists, "rollback", "restore", "VOLUME", "one", ".")]
    [InlineData(ExitCode.Usage, "'..'", "restore", "VOLUME", "one", "../data")]
    [InlineData(ExitCode.NotPermitted, "do not change", "restore", "VOLUME", "one", "data", "--to", ".snapshots/one/x")]
    public void Bad_input_says_what_to_do_and_changes_nothing(object code, string words, params string[] arguments)
    {
        MakeWithLostData();
        Outcome refused = Run(["snapshot", .. arguments.Select(each => each == "VOLUME" ? VolumePath : each)]);
        Assert.Equal(code, refused.Code);
        Assert.Contains(words, refused.Error, StringComparison.Ordinal);
        Assert.Equal(["one"], Names());
        Assert.Equal(ExitCode.PathNotFound, Run("export", VolumePath + ":/data", Path.Combine(_root, "out")).Code);
    }

    [Fact]
    public void A_path_below_the_snapshots_directory_is_the_one_it_has_in_every_tree()
    {
        MakeWithLostData();
        Outcome restored = Run("snapshot", "restore", VolumePath, "one", ".snapshots/one/data", "--json");
        Assert.Equal(ExitCode.Success, restored.Code);
        Assert.Equal("/data", (string?)JsonNode.Parse(restored.Output)!["tree"]!["target"]);
        Assert.Equal(ExitCode.NotPermitted, Run("snapshot", "restore", VolumePath, "one", ".snapshots/two/data").Code);
        Outcome history = Run("history", VolumePath + ":/.snapshots/one/data");
        Assert.Contains("one … now", history.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_version_that_was_restored_is_no_new_version()
    {
        MakeWithLostData();
        Run("snapshot", "restore", VolumePath, "one", "data");
        Run("snapshot", "create", VolumePath, "two");
        Run("snapshot", "rollback", VolumePath, "one");
        JsonArray versions = JsonNode.Parse(Run("history", "--json", VolumePath + ":/data").Output)!["versions"]!
            .AsArray();
        JsonNode only = Assert.Single(versions)!;
        Assert.Equal(("one", null), ((string?)only["first"], (string?)only["last"]));
    }

    [Fact]
    public void Every_answer_is_an_object_for_programs_too()
    {
        MakeWithLostData();
        string[][] commands =
        [
            ["snapshot", "create", VolumePath], ["snapshot", "list", VolumePath],
            ["snapshot", "list", "--quick", VolumePath], ["snapshot", "diff", VolumePath, "one"],
            ["snapshot", "diff", VolumePath, "now", "one"], ["snapshot", "hold", VolumePath, "one"],
            ["snapshot", "release", VolumePath, "one"], ["snapshot", "restore", VolumePath, "one", "data"],
            ["clone", VolumePath + ":/data", VolumePath + ":/copy"], ["history", VolumePath + ":/data"],
            ["history", VolumePath + ":/data", "--restore", "one"], ["snapshot", "policy", VolumePath, "--hourly", "2"],
            ["snapshot", "policy", VolumePath], ["snapshot", "policy", VolumePath, "run", "--dry-run"],
            ["snapshot", "policy", VolumePath, "run"], ["snapshot", "rollback", VolumePath, "one"],
            ["snapshot", "delete", VolumePath, "one"],
        ];
        foreach (string[] command in commands)
        {
            Outcome outcome = Run([.. command, "--json"]);
            Assert.Equal((ExitCode.Success, ""), (outcome.Code, outcome.Error));
            Assert.Equal(JsonValueKind.Object, JsonNode.Parse(outcome.Output)!.GetValueKind());
        }
    }

    // A snapshot 'one' holds a file that the live tree has no more.
    private void MakeWithLostData()
    {
        string source = Directory.CreateDirectory(Path.Combine(_root, "source")).FullName;
        byte[] content = new byte[DataBytes];
        new Random(1).NextBytes(content);
        using (FileStream file = new(Path.Combine(source, "data"), FileMode.Create)) file.Write(content);
        Assert.Equal(ExitCode.Success, Run("create", VolumePath).Code);
        Assert.Equal(ExitCode.Success, Run("snapshot", "create", VolumePath, "empty").Code);
        Assert.Equal(ExitCode.Success, Run("import", Path.Combine(source, "data"), VolumePath + ":/").Code);
        Assert.Equal(ExitCode.Success, Run("snapshot", "create", VolumePath, "one").Code);
        Assert.Equal(ExitCode.Success, Run("snapshot", "rollback", VolumePath, "empty").Code);
        string[] others = [.. Names().Where(name => name != "one")];
        Assert.Equal(ExitCode.Success, Run(["snapshot", "delete", VolumePath, .. others]).Code);
    }

    private string[] Names() =>
        [.. JsonNode.Parse(Run("snapshot", "list", "--quick", "--json", VolumePath).Output)!["snapshots"]!.AsArray()
            .Select(each => (string)each!["name"]!)];

    private long PackBytes() => new DirectoryInfo(Path.Combine(VolumePath, "packs"))
        .EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    private static Outcome Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = CommandLine.Run(arguments, output, error);
        return new Outcome((ExitCode)code, output.ToString(), error.ToString());
    }

    private sealed record Outcome(ExitCode Code, string Output, string Error);
}
