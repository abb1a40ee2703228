using Hartfs.Core;
using Hartfs.Core.Mounting;
using Hartfs.CrashTests.Disk;
using Hartfs.CrashTests.Runs;
using Hartfs.Metadata.Integrity;
using Hartfs.Testing;
using Hartfs.Testing.Modelling;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.CrashTests.Mounted;

/// <summary>
/// The whole product on a mounted filesystem that forgets what was not synchronized, folders included: a volume being
/// made, used, its superblock being repaired, closed. Nothing between Hartfs and the disk is replaced.
/// </summary>
/// <remarks>HARTFS_MOUNTED_CUTS: power cuts; HARTFS_CRASH_SEED: the seed.</remarks>
public sealed class PageCachePowerCutTests(ITestOutputHelper output) : IDisposable
{
    private const string VolumeName = "volume";

    private static readonly CrashScenario Scenario = new("mounted")
    {
        Mix = () => OperationMix.Balanced.With(OperationKind.Write, 20),
        OperationCount = 60,
        SnapshotEvery = 10,
        CollectEvery = 15,
    };

    private readonly string _root = Directory.CreateTempSubdirectory("hartfs-forgetting-").FullName;
    private readonly ManualTime _time = new();

    [Fact]
    public void What_no_fsync_covered_may_be_forgotten_by_the_page_cache()
    {
        Execute(new ForgettingFileSystem());
    }

    /// <summary>The harness sees what it should.</summary>
    [Fact]
    public void A_disk_that_forgets_its_folders_is_found_out()
    {
        // What is missed first depends on the seed; of a disk that keeps its folders nothing is.
        Execute(new ForgettingFileSystem());
        Assert.ThrowsAny<Exception>(() => Execute(new ForgettingFileSystem { ForgetsFolders = true }));
    }

    [Theory]
    [InlineData(nameof(DiskFaultKind.NoSpace))]
    [InlineData(nameof(DiskFaultKind.WriteError))]
    [InlineData(nameof(DiskFaultKind.FlushError))]
    public void A_volume_that_cannot_be_made_leaves_nothing_behind(string kind)
    {
        ForgettingFileSystem files = new();
        using IMount mount = Mount(files, isReadOnly: false);
        string directory = Path.Combine(mount.MountPoint, VolumeName);
        int at = 0;
        for (bool isMade = false; !isMade;)
        {
            files.Disk.Fault = new DiskFault(Enum.Parse<DiskFaultKind>(kind), ++at, IsLasting: false);
            try
            {
                Volume.Create(directory, Scenario.Parameters, _time);
                isMade = true;
            }
            catch (VolumeException)
            {
                Assert.False(Directory.Exists(directory));
            }
        }

        output.WriteLine($"{at - 1} faults");
        Assert.True(at > 3, "there must be requests to fail");
        files.Disk.Fault = null;
        using (Volume volume = Open(directory, isReadOnly: false)) CrashModel.Dump(volume);
        mount.Unmount(lazy: true);
    }

    [Fact]
    public void On_a_read_only_disk_a_volume_is_opened_for_reading_and_refused_for_writing()
    {
        ForgettingFileSystem files = new();
        List<string> expected;
        using (IMount mount = Mount(files, isReadOnly: false))
        {
            string directory = Path.Combine(mount.MountPoint, VolumeName);
            Volume.Create(directory, Scenario.Parameters, _time);
            using (Volume volume = Open(directory, isReadOnly: false))
            {
                TreeRunner runner = new(new ProductTree(volume.FileSystem));
                foreach (Operation operation in Scenario.Generate(1, 40, isFirst: true))
                    CrashModel.Apply(volume, runner, operation);
                runner.CloseAll();
                expected = CrashModel.Dump(volume);
            }

            mount.Unmount(lazy: true);
        }

        using IMount again = Mount(files, isReadOnly: true);
        string there = Path.Combine(again.MountPoint, VolumeName);
        VolumeException refused = Assert.Throws<VolumeException>(() => Open(there, isReadOnly: false).Dispose());
        Assert.Equal(VolumeFailure.NotPermitted, refused.Failure);
        Assert.Contains("-o ro", refused.Message, StringComparison.Ordinal);
        using (Volume volume = Open(there, isReadOnly: true)) Assert.Equal(expected, CrashModel.Dump(volume));
        again.Unmount(lazy: true);
    }

    private void Execute(ForgettingFileSystem files)
    {
        int seed = CrashSettings.Get("HARTFS_CRASH_SEED", 1);
        Record record = Work(files, seed);
        Random random = new(seed);
        int wanted = CrashSettings.Get("HARTFS_MOUNTED_CUTS", 500);
        List<PowerCut> cuts = [.. PowerCut.Choose(files.Disk, random, everySynchronization: true, 100)
            .OrderBy(_ => random.Next()).Take(wanted)];
        int unmade = cuts.Count(cut => !Recover(files.Disk, cut, record));
        output.WriteLine($"{cuts.Count} cuts, {unmade} of them before there was a volume, seed {seed}");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private IMount Mount(ForgettingFileSystem files, bool isReadOnly) =>
        MountedDisk.Mount(files, Path.Combine(_root, "disk"), isReadOnly);

    private Volume Open(string directory, bool isReadOnly) => Volume.Open(directory,
        Scenario.Settings with { Time = _time, ReadOnly = isReadOnly }, NullLoggerFactory.Instance);

    private Record Work(ForgettingFileSystem files, int seed)
    {
        using IMount mount = Mount(files, isReadOnly: false);
        try
        {
            return Work(files.Disk, Path.Combine(mount.MountPoint, VolumeName), seed);
        }
        finally
        {
            mount.Unmount(lazy: true);
        }
    }

    private Record Work(SimulatedDisk disk, string directory, int seed)
    {
        Record record = new();
        Volume.Create(directory, Scenario.Parameters, _time);
        record.Made = disk.Position;
        List<Operation> operations = Scenario.Generate(seed, Scenario.OperationCount, isFirst: true);
        int half = operations.Count / 2;
        Use(record, disk, directory, operations[..half]);
        // The second copy is damaged; the next opening puts it right.
        File.WriteAllBytes(Path.Combine(directory, "superblock.copy"), new byte[100]);
        Use(record, disk, directory, operations[half..]);
        return record;
    }

    private void Use(Record record, SimulatedDisk disk, string directory, List<Operation> operations)
    {
        using Volume volume = Open(directory, isReadOnly: false);
        TreeRunner runner = new(new ProductTree(volume.FileSystem));
        if (record.States.Count == 0) record.States.Add(CrashModel.Dump(volume));
        foreach (Operation operation in operations)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            record.Begun.Add((disk.Position, record.States.Count));
            FsError error = CrashModel.Apply(volume, runner, operation).Error;
            record.States.Add(CrashModel.Dump(volume));
            if (operation.Kind is OperationKind.Commit or OperationKind.Synchronize && error == FsError.None)
                record.Durable.Add((disk.Position, record.States.Count - 1));
        }

        runner.CloseAll();
        volume.Dispose();
        record.Durable.Add((disk.Position, record.States.Count - 1));
    }

    /// <summary>False: the power was cut before the volume was made.</summary>
    private bool Recover(SimulatedDisk disk, PowerCut cut, Record record)
    {
        string directory = Path.Combine(_root, "left");
        MountedDisk.Materialize(cut.Strike(disk), directory);
        try
        {
            string path = Path.Combine(directory, VolumeName);
            using Volume volume = Open(path, isReadOnly: false);
            lock (volume.TreeLock) Assert.Empty(MetadataInvariants.Check(volume.Metadata));
            List<string> found = CrashModel.Dump(volume);
            int first = record.Durable.LastOrDefault(mark => mark.Position <= cut.Position).State;
            int last = record.Begun.LastOrDefault(mark => mark.Position <= cut.Position).State;
            int state = record.States.FindIndex(first, last - first + 1, tree => tree.SequenceEqual(found));
            Assert.True(state >= 0, $"{cut}: at none of the states {first} to {last}:\n" +
                TreeDump.Difference(record.States[last], found));
            return true;
        }
        catch (VolumeException failure)
        {
            Assert.True(cut.Position < record.Made, $"{cut}, the volume was made at {record.Made}: {failure.Message}");
            return false;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private sealed class Record
    {
        public int Made { get; set; }

        public List<List<string>> States { get; } = [];

        public List<(int Position, int State)> Begun { get; } = [];

        public List<(int Position, int State)> Durable { get; } = [];
    }
}
