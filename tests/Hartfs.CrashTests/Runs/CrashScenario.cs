using Hartfs.Core;
using Hartfs.Core.Collection;
using Hartfs.Testing.Modelling;

namespace Hartfs.CrashTests.Runs;

/// <summary>What a run does between its cuts.</summary>
internal sealed record CrashScenario(string Name)
{
    private static readonly string[] Files = ["/a", "/b", "/c", "/p/a", "/p/b", "/q/a"];
    private static readonly string[] Directories = ["/p", "/q"];
    private static readonly string[] Snapshots = ["s1", "s2", "s3"];
    private static readonly string[] Copies = ["/k", "/l", "/p/k", "/q/c"];

    private const int UpkeepEvery = 5;

    /// <summary>The mix of operations between the idioms.</summary>
    public required Func<OperationMix> Mix { get; init; }

    public int OperationCount { get; init; } = 40;

    /// <summary>One of so many operations is the beginning of an idiom.</summary>
    public int IdiomEvery { get; init; } = 6;

    /// <summary>Whether the clock is put back every now and then.</summary>
    public bool ClockJumpsBack { get; init; }

    /// <summary>One of so many operations concerns snapshots or clones; 0: none.</summary>
    public int SnapshotEvery { get; init; }

    /// <summary>One of so many operations is a collection; 0: none.</summary>
    public int CollectEvery { get; init; }

    /// <summary>What of upkeep is among the operations.</summary>
    public UpkeepKind Upkeep { get; init; }

    public VolumeSettings Settings { get; init; } = new()
    {
        CommitInterval = TimeSpan.FromDays(1),
        ReservedBytes = 0,
        WorkerCount = 1,
        PackBytesTarget = 192 << 10,
        BlockCacheBytesMax = 1 << 20,
        MetadataCacheBytesMax = 4 << 20,
        IndexBytesMax = 4 << 20,
        Collection = new CollectionSettings { IsAutomatic = false, SortBytesMax = 16 << 10 },
        Thresholds = new VolumeThresholds { LogBytesMax = 160 << 10 },
    };

    public VolumeParameters Parameters { get; init; } = new() { ChunkBytesAverage = 1 << 10, BlockBytes = 64 << 10 };

    public override string ToString() => Name;

    /// <summary>The operations that a seed stands for.</summary>
    /// <param name="isFirst">Whether the tree is empty.</param>
    public List<Operation> Generate(int seed, int count, bool isFirst)
    {
        Random random = new(seed);
        OperationGenerator generator = new(seed, Mix());
        List<Operation> operations = [];
        if (isFirst)
        {
            foreach (string path in Directories)
                operations.Add(new Operation(OperationKind.MakeDirectory) { Path = path, Mode = 0x1ED });
            foreach (string path in Files[..4])
                operations.Add(new Operation(OperationKind.Create) { Path = path, Mode = 0x1A4 });
        }

        while (operations.Count < count)
        {
            if (CollectEvery > 0 && random.Next(CollectEvery) == 0)
                operations.Add(new Operation(OperationKind.Collect));
            else if (SnapshotEvery > 0 && random.Next(SnapshotEvery) == 0) operations.Add(NextOfSnapshots(random));
            else if (Upkeep != UpkeepKind.None && random.Next(UpkeepEvery) == 0)
                operations.AddRange(UpkeepIdioms.Next(random, Upkeep));
            else if (random.Next(IdiomEvery) == 0) operations.AddRange(NextIdiom(random));
            else operations.Add(generator.Next());
        }

        return operations;
    }

    /// <summary>What programs do that rely on a filesystem.</summary>
    private static List<Operation> NextIdiom(Random random)
    {
        string file = Pick(random, Files);
        string directory = Pick(random, Directories);
        Operation synchronizeFile = new(OperationKind.Synchronize) { Path = file };
        Operation synchronizeDirectory = new(OperationKind.Synchronize) { Path = directory };
        switch (random.Next(6))
        {
            case 0:
                // Replace a file as an editor does.
                string temporary = directory + "/new";
                return
                [
                    new(OperationKind.Create) { Path = temporary, Mode = 0x1A4 },
                    Write(random, temporary, 0, 20_000),
                    new(OperationKind.Synchronize) { Path = temporary },
                    new(OperationKind.Rename) { Path = temporary, Path2 = file },
                    synchronizeDirectory,
                ];
            case 1:
                // A database's page.
                return [Write(random, file, random.Next(16) * 4096, 4096), synchronizeFile];
            case 2:
                // A log's record.
                return [Write(random, file, random.Next(100_000), random.Next(1, 300)), synchronizeFile];
            case 3:
                // A file that loses its last name while it is open, and one that gets its first.
                return
                [
                    new(OperationKind.Open) { Path = file, Slot = 0 },
                    new(OperationKind.Unlink) { Path = file },
                    Write(random, "", random.Next(5000), 3000) with { Slot = 0 },
                    new(OperationKind.Commit),
                    new(OperationKind.CreateUnnamed) { Path = directory, Slot = 1, Mode = 0x1A4 },
                    Write(random, "", 0, 5000) with { Slot = 1 },
                    new(OperationKind.Link) { Slot = 1, Path2 = file },
                    new(OperationKind.Create) { Path = file, Mode = 0x1A4 },
                ];
            case 4:
                // Share, then change one side.
                string copy = Pick(random, Files);
                return
                [
                    Write(random, file, 0, 30_000),
                    new(OperationKind.CopyRange) { Path = file, Path2 = copy, Length = long.MaxValue },
                    new(OperationKind.Commit),
                    new(OperationKind.Allocate)
                    {
                        Path = copy, Mode = (int)AllocateMode.PunchHole, Offset = random.Next(20_000), Length = 5000,
                    },
                    new(OperationKind.Truncate) { Path = file, Length = random.Next(30_000) },
                    synchronizeFile,
                ];
            default:
                return [Write(random, file, random.Next(4) * 100_000, 200_000), new(OperationKind.Commit)];
        }
    }

    private static Operation NextOfSnapshots(Random random)
    {
        string name = Pick(random, Snapshots);
        return random.Next(9) switch
        {
            < 4 => new Operation(OperationKind.TakeSnapshot) { Path = name },
            < 6 => new Operation(OperationKind.DeleteSnapshot) { Path = name },
            < 7 => new Operation(OperationKind.RollBack) { Path = name },
            < 8 => new Operation(OperationKind.CloneTree) { Path = Pick(random, Files), Path2 = Pick(random, Copies) },
            _ => new Operation(OperationKind.CloneTree)
            {
                Path = Pick(random, Directories), Path2 = Pick(random, Copies),
            },
        };
    }

    private static Operation Write(Random random, string path, long offset, int length) =>
        new(OperationKind.Write)
        {
            Path = path,
            Offset = offset,
            Content = new Content((ContentKind)random.Next(7), random.Next(), length),
        };

    private static string Pick(Random random, string[] values) => values[random.Next(values.Length)];
}
