using Hartfs.Core;
using Hartfs.CrashTests.Disk;
using Hartfs.CrashTests.Runs;
using Hartfs.Testing.Modelling;
using Xunit;

namespace Hartfs.CrashTests;

/// <summary>
/// I1, I2 and I8: the disk fails at each request in turn, of every file of the volume: packs, index, metadata and its
/// log. Nothing acknowledged is lost, nothing is half done, and no failed flush is taken for a success.
/// </summary>
/// <remarks>HARTFS_FAULT_SEEDS: how many lists of operations; HARTFS_FAULT_SEED: the first.</remarks>
public sealed class DiskFaultTests(ITestOutputHelper output)
{
    private static readonly CrashScenario Bare = new("faults")
    {
        Parameters = new VolumeParameters { ChunkBytesAverage = 1 << 10, BlockBytes = 64 << 10, ParityPercent = 25 },
        Upkeep = UpkeepKind.Mounted,
        Mix = () => OperationMix.Balanced.With(OperationKind.Write, 20).With(OperationKind.Unlink, 5),
        OperationCount = 50,
        IdiomEvery = 3,
        SnapshotEvery = 8,
        CollectEvery = 15,
    };

    private static readonly CrashScenario Scenario = Bare with
    {
        Settings = Bare.Settings with { PackBytesTarget = 48 << 10, MetadataCopyInterval = TimeSpan.FromDays(1) },
    };

    [Theory]
    [InlineData(nameof(DiskFaultKind.NoSpace), true)]
    [InlineData(nameof(DiskFaultKind.WriteError), false)]
    [InlineData(nameof(DiskFaultKind.FlushError), false)]
    [InlineData(nameof(DiskFaultKind.ReadError), false)]
    public void A_disk_that_fails_at_any_request_costs_nothing_that_was_acknowledged(string kind, bool isLasting)
    {
        DiskFaultKind how = Enum.Parse<DiskFaultKind>(kind);
        int first = CrashSettings.Get("HARTFS_FAULT_SEED", 1);
        int faults = 0;
        for (int seed = first; seed < first + CrashSettings.Get("HARTFS_FAULT_SEEDS", 4); seed++)
        {
            // A policy that is refused half-way has done the first half.
            List<Operation> operations = [.. Scenario.Generate(seed, Scenario.OperationCount, isFirst: true)
                .Where(operation => operation.Kind != OperationKind.RunPolicy)];
            try
            {
                faults += FailAtEach(operations, how, isLasting);
            }
            catch (CrashViolation violation)
            {
                throw new CrashViolation($"seed {seed}: {violation.Message}", violation);
            }
        }

        output.WriteLine($"{faults} faults");
        Assert.True(faults > 5, "the run must have requests to fail");
    }

    private static int FailAtEach(List<Operation> operations, DiskFaultKind kind, bool isLasting)
    {
        int at = 0;
        int faults = 0;
        bool isOver = false;
        CrashSettings.OnAllProcessors(() =>
        {
            using CrashHost host = new(Scenario.Settings, Scenario.Parameters) { ReadsDatabaseFile = true };
            while (!Volatile.Read(ref isOver))
            {
                DiskFault fault = new(kind, Interlocked.Increment(ref at), isLasting);
                if (FaultRun.Execute(host, operations, fault)) Interlocked.Increment(ref faults);
                else Volatile.Write(ref isOver, true);
            }
        });
        return faults;
    }

    /// <summary>Something else fills the disk to the last byte, the reserve included.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void On_a_disk_without_a_byte_left_deleting_committing_and_unmounting_work(int seed)
    {
        VolumeSettings settings = Scenario.Settings with { ReservedBytes = 2 << 20 };
        using CrashHost host = new(settings, Scenario.Parameters) { ReadsDatabaseFile = true };
        SimulatedDisk disk = new(host.NewVolume);
        Volume volume = host.Open(disk);
        host.ExpectAnything();
        FileSystem files = volume.FileSystem;
        TreeRunner runner = new(new ProductTree(files));
        for (int file = 0; file < 40; file++)
        {
            string path = $"/{file}";
            runner.Apply(new Operation(OperationKind.Create) { Path = path, Mode = 0x1A4 });
            Content content = new(ContentKind.Random, (seed * 100) + file, 40_000);
            runner.Apply(new Operation(OperationKind.Write) { Path = path, Content = content });
        }

        Assert.Equal(FsError.None, volume.Commit());
        Content more = new(ContentKind.Random, seed, 9000);
        Operation late = new(OperationKind.Write) { Path = "/1", Content = more };
        Assert.Equal(FsError.None, runner.Apply(late).Error);
        disk.Capacity -= disk.FreeBytes;
        for (int file = 0; file < 40; file += 2)
        {
            Assert.Equal(FsError.None, runner.Apply(new Operation(OperationKind.Unlink) { Path = $"/{file}" }).Error);
            Assert.Equal(FsError.None, volume.Commit());
        }

        Assert.True(host.WasSaid("are given up"), "the ballast must have been needed");
        List<string> expected = TreeDump.Take(new ProductTree(files), withData: true);
        volume.Dispose();
        SimulatedDisk left = new(disk.Snapshot());
        using Volume again = host.Open(left);
        Assert.Equal(expected, host.Inspect(again, left));
    }
}
