using Hartfs.Core;
using Hartfs.Core.Integrity;
using Hartfs.Core.Mounting;
using Hartfs.CrashTests.Disk;
using Hartfs.CrashTests.Runs;
using Hartfs.Testing;
using Hartfs.Testing.Modelling;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.CrashTests.Mounted;

/// <summary>
/// I6: <c>hartfs recover</c> on a mounted filesystem that forgets what was not synchronized. The power is cut at every
/// flush of it and at moments between, and every request of it fails once: the old metadata or the new ones open, or
/// recovering once more brings back all that one recovery does.
/// </summary>
/// <remarks>HARTFS_CRASH_SEED: what the volume holds, and the moments.</remarks>
public sealed class RecoveryPowerCutTests(ITestOutputHelper output) : IDisposable
{
    private const string Metadata = "metadata.sqlite";

    private static readonly CrashScenario Scenario = new("recovered")
    {
        Mix = () => OperationMix.Balanced.With(OperationKind.Write, 20),
        Parameters = new VolumeParameters { ChunkBytesAverage = 1 << 10, BlockBytes = 64 << 10, ParityPercent = 25 },
        SnapshotEvery = 10,
        CollectEvery = 15,
    };

    private readonly string _root = Directory.CreateTempSubdirectory("hartfs-recovered-").FullName;
    private readonly ManualTime _time = new();
    private readonly int _seed = CrashSettings.Get("HARTFS_CRASH_SEED", 1);

    /// <param name="lost">Files of the volume that are gone; a "!" before a name: that are of other bytes.</param>
    /// <param name="force">Whether the metadata are rebuilt although they can be used.</param>
    [Theory]
    [InlineData(Metadata, false)]
    [InlineData("!" + Metadata, false)]
    [InlineData("!" + Metadata + " superblock superblock.copy", false)]
    [InlineData("superblock superblock.copy", false)]
    [InlineData("!superblock " + Metadata, false)]
    [InlineData("", true)]
    public void A_recovery_that_a_power_cut_ends_can_be_done_again(string lost, bool force)
    {
        string damaged = MakeDamaged(lost);
        List<string> expected = Undisturbed(damaged, force);
        ForgettingFileSystem files = new();
        int begin;
        using (IMount mount = MountedDisk.Mount(files, Path.Combine(_root, "disk")))
        {
            string volume = Path.Combine(mount.MountPoint, "volume");
            MountedDisk.Copy(damaged, volume);
            begin = files.Disk.Position;
            Recover(volume, force);
            mount.Unmount(lazy: true);
        }

        List<string>? old = lost.Length == 0 ? Tree(damaged) : null;
        List<PowerCut> cuts = [.. PowerCut.Choose(files.Disk, new Random(_seed), everySynchronization: true, 60)
            .Where(cut => cut.Position >= begin)];
        int again = cuts.Count(cut => !Judge(files.Disk, cut, expected, old));
        output.WriteLine($"{cuts.Count} cuts, after {again} of them recovered once more");
        Assert.True(cuts.Count > 10, "there must be flushes to cut at");
    }

    [Theory]
    [InlineData(nameof(DiskFaultKind.NoSpace), true)]
    [InlineData(nameof(DiskFaultKind.WriteError), true)]
    [InlineData(nameof(DiskFaultKind.WriteError), false)]
    [InlineData(nameof(DiskFaultKind.FlushError), false)]
    public void A_recovery_whose_disk_fails_at_any_request_can_be_done_again(string kind, bool isLasting)
    {
        string damaged = MakeDamaged("!" + Metadata + " superblock.copy");
        List<string> expected = Undisturbed(damaged, force: false);
        ForgettingFileSystem files = new();
        using IMount mount = MountedDisk.Mount(files, Path.Combine(_root, "disk"));
        int at = 0;
        int refused = 0;
        for (bool isOver = false; !isOver;)
        {
            string volume = Path.Combine(mount.MountPoint, $"{++at}");
            MountedDisk.Copy(damaged, volume);
            DiskFault fault = new(Enum.Parse<DiskFaultKind>(kind), at, isLasting);
            files.Disk.Fault = fault;
            bool isDone = TryRecover(volume);
            files.Disk.Fault = null;
            isOver = !fault.HasStruck;
            if (!isDone) refused++;
            if (!isDone && !CanOpen(volume)) Recover(volume, force: false);
            RequireSame(expected, Tree(volume), $"{kind} at {at}, {(isDone ? "done" : "refused")}");
            Directory.Delete(volume, recursive: true);
        }

        output.WriteLine($"{at - 1} faults, {refused} recoveries refused");
        Assert.True(refused > 3, "there must be requests to fail");
        mount.Unmount(lazy: true);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>A volume with a copy of its metadata, changed since, of which something is lost.</summary>
    private string MakeDamaged(string lost)
    {
        string directory = Path.Combine(_root, "made");
        Volume.Create(directory, Scenario.Parameters, _time);
        // More than goes inline, and some of it after the copy: known by its packs alone.
        List<Operation> operations =
        [
            .. Scenario.Generate(_seed, 20, isFirst: true), .. Write("/early", 300_000),
            .. Scenario.Generate(_seed + 1, 20, isFirst: false), .. Write("/late", 200_000),
        ];
        using (Volume volume = Open(directory))
        {
            TreeRunner runner = new(new ProductTree(volume.FileSystem));
            for (int index = 0; index < operations.Count; index++)
            {
                _time.Advance(TimeSpan.FromMilliseconds(1));
                CrashModel.Apply(volume, runner, operations[index]);
                if (index == 30) Assert.True(volume.Integrity.CopyMetadata(CancellationToken.None));
            }

            runner.CloseAll();
        }

        foreach (string name in lost.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string path = Path.Combine(directory, name.TrimStart('!'));
            if (name[0] == '!') File.WriteAllBytes(path, new byte[5000]);
            else File.Delete(path);
        }

        return directory;
    }

    private static Operation[] Write(string path, int length) =>
    [
        new(OperationKind.Create) { Path = path, Mode = 0x1A4 },
        new(OperationKind.Write) { Path = path, Content = new Content(ContentKind.Random, length, length) },
        new(OperationKind.Commit),
    ];

    private List<string> Undisturbed(string damaged, bool force)
    {
        string directory = Path.Combine(_root, "undisturbed");
        MountedDisk.Copy(damaged, directory);
        Recover(directory, force);
        List<string> tree = Tree(directory);
        Assert.Contains(tree, line => line.Contains("/early", StringComparison.Ordinal));
        return tree;
    }

    /// <summary>False: it had to be recovered once more.</summary>
    private bool Judge(SimulatedDisk disk, PowerCut cut, List<string> expected, List<string>? old)
    {
        string directory = Path.Combine(_root, "left");
        MountedDisk.Materialize(cut.Strike(disk), directory);
        try
        {
            string volume = Path.Combine(directory, "volume");
            bool isOpen = CanOpen(volume);
            if (!isOpen) Recover(volume, force: false);
            List<string> found = Tree(volume);
            if (old is null || !old.SequenceEqual(found)) RequireSame(expected, found, cut.ToString());
            return isOpen;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private bool TryRecover(string directory)
    {
        try
        {
            Recover(directory, force: false);
            return true;
        }
        catch (VolumeException)
        {
            return false;
        }
    }

    private void Recover(string directory, bool force) => VolumeRecovery.Run(directory,
        new RecoveryOptions { Force = force }, NullLoggerFactory.Instance, _time, null, CancellationToken.None);

    private bool CanOpen(string directory)
    {
        try
        {
            Open(directory).Dispose();
            return true;
        }
        catch (VolumeException failure)
        {
            // Without a pack and without a superblock nothing tells that it was a volume.
            if (Directory.Exists(Path.Combine(directory, "packs")))
                Assert.Contains("hartfs recover", failure.Message, StringComparison.Ordinal);
            return false;
        }
    }

    private List<string> Tree(string directory)
    {
        using Volume volume = Open(directory);
        List<string> tree = CrashModel.Dump(volume);
        Assert.Equal(0, volume.GetStatistics().CorruptReads);
        return tree;
    }

    private Volume Open(string directory) =>
        Volume.Open(directory, Scenario.Settings with { Time = _time }, NullLoggerFactory.Instance);

    private static void RequireSame(List<string> expected, List<string> found, string what) =>
        Assert.True(expected.SequenceEqual(found), $"{what}:\n{TreeDump.Difference(expected, found)}");
}
