using Hartfs.Benchmarks.Machine;
using Hartfs.Core.Collection;

namespace Hartfs.Benchmarks.Collecting;

/// <summary>Rows: many files change beneath a snapshot; the snapshot is deleted and its versions pruned.</summary>
internal static class RowMeasurement
{
    private const int CommitEvery = 20_000;

    public static List<CollectionReading> Run(Scratch scratch, int fileCount, Action<string> tell)
    {
        using var volume = new MeasuredVolume(scratch);
        tell($"making {fileCount} files");
        byte[] content = new byte[600];
        var random = new Random(1);
        for (int index = 0; index < fileCount; index++)
        {
            random.NextBytes(content);
            volume.Create(index, content);
            if (index % CommitEvery == CommitEvery - 1)
                volume.Commit();
        }

        volume.Volume.Snapshots.Create("s"u8);
        tell("deleting them");
        List<CollectionReading> readings =
        [
            MeasuredVolume.Measure("delete files that a snapshot keeps", "files", () =>
            {
                for (int index = 0; index < fileCount; index++)
                    volume.Remove(index);
                volume.Commit();
                return fileCount;
            }),
            MeasuredVolume.Measure("look at all references", "files", () =>
            {
                volume.Volume.Collection.Plan(new CollectionOptions());
                return fileCount;
            }),
            MeasuredVolume.Measure("delete the snapshot", "snapshots", () =>
            {
                volume.Volume.Snapshots.Delete("s"u8);
                return 1;
            }),
            MeasuredVolume.Measure("prune its versions and collect", "rows", () => volume.Collect(0).PrunedRows),
        ];
        return readings;
    }
}
