using Hartfs.CrashTests.Disk;
using Hartfs.CrashTests.Interop;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.CrashTests;

/// <summary>
/// The metadata alone, with a log so short that it is moved into the database and begun anew all the time, which a
/// volume does only every 32 MiB.
/// </summary>
public sealed class MetadataLogTests : IDisposable
{
    private const int CommitCount = 40;
    private const int RowsPerCommit = 150;
    private const int CommitsKept = 6;

    private readonly string _directory = Directory.CreateTempSubdirectory("hartfs-crash-").FullName;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_log_may_be_moved_into_the_database_while_the_power_is_cut(int seed)
    {
        SimulatedDisk disk = new(new Dictionary<string, byte[]>());
        List<(int Position, int Commit)> begun = [];
        List<(int Position, int Commit)> durable = [];
        Create(disk);
        int first = disk.Position;
        int checkpoints = Fill(disk, begun, durable);
        Assert.True(checkpoints > 5, $"there were {checkpoints} checkpoints");
        foreach (PowerCut cut in PowerCut.Choose(disk, new Random(seed), everySynchronization: true, 200))
        {
            if (cut.Position < first) continue;
            int found = Inspect(cut.Strike(disk), $"seed {seed}, {cut}");
            int least = durable.LastOrDefault(mark => mark.Position <= cut.Position).Commit;
            int most = begun.LastOrDefault(mark => mark.Position <= cut.Position).Commit;
            Assert.True(found >= least && found <= most,
                $"seed {seed}, {cut}: found commit {found} where {least} to {most} are allowed");
        }
    }

    public void Dispose()
    {
        SimulatedVfs.Attach(_directory, null);
        Directory.Delete(_directory, recursive: true);
    }

    private void Create(SimulatedDisk disk)
    {
        SimulatedVfs.Attach(_directory, disk);
        InodeRecord root = new() { Number = InodeNumber.Root, Parent = InodeNumber.Root, LinkCount = 2 };
        root.Mode = InodeMode.Directory;
        MetadataStore.Create(Path, root, VolumeId.Create());
        disk.SynchronizeNames(disk.Find("metadata.sqlite")!);
    }

    private string Path => System.IO.Path.Combine(_directory, "metadata.sqlite");

    private MetadataStore Open() =>
        MetadataStore.Open(Path, new MetadataSettings { LogBytesMax = 96 << 10 }, NullLogger.Instance);

    /// <summary>Each commit adds rows and takes old ones away; returns how often the log was moved.</summary>
    private int Fill(SimulatedDisk disk, List<(int, int)> begun, List<(int, int)> durable)
    {
        int checkpoints = 0;
        using MetadataStore store = Open();
        for (int commit = 1; commit <= CommitCount; commit++)
        {
            begun.Add((disk.Position, commit));
            foreach (PackRecord pack in Expected(commit)) store.Packs.Upsert(pack.Id, pack.Length, pack.IsSealed);
            foreach (PackRecord pack in Expected(commit - CommitsKept).TakeLast(RowsPerCommit))
                store.Packs.Delete(pack.Id);
            store.State.NextPack = new PackId(commit + 1);
            store.Commit();
            durable.Add((disk.Position, commit));
            if (store.CheckpointIfNeeded()) checkpoints++;
        }

        return checkpoints;
    }

    private int Inspect(Dictionary<string, byte[]> files, string what)
    {
        SimulatedVfs.Attach(_directory, new SimulatedDisk(files));
        using MetadataStore store = Open();
        int commit = (int)store.State.NextPack.Value - 1;
        Assert.True(Expected(commit).SequenceEqual(store.Packs.List()), $"{what}: commit {commit} is not whole");
        return commit;
    }

    private static List<PackRecord> Expected(int commit) =>
        [.. Enumerable.Range(Math.Max(1, commit - CommitsKept + 1), Math.Min(Math.Max(0, commit), CommitsKept))
            .SelectMany(number => Enumerable.Range(0, RowsPerCommit).Select(row =>
                new PackRecord(new PackId((number * RowsPerCommit) + row), commit + row, row % 2 == 0)))];
}
