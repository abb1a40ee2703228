using Hartfs.Benchmarks.Ladder;
using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Collecting;

/// <summary>Packs: half of the files go, then the other half.</summary>
internal static class PackMeasurement
{
    private const int FileBytes = 128 << 10;
    private const int Mebibyte = 1 << 20;

    public static List<CollectionReading> Run(Scratch scratch, int sizeMib, Action<string> tell) =>
        [.. Run(scratch, sizeMib, ContentKind.Text, tell), .. Run(scratch, sizeMib, ContentKind.Random, tell)];

    private static List<CollectionReading> Run(Scratch scratch, int sizeMib, ContentKind kind, Action<string> tell)
    {
        using var volume = new MeasuredVolume(scratch);
        int count = (int)((long)sizeMib * Mebibyte / FileBytes);
        tell($"writing {sizeMib} MiB, {kind}");
        for (int index = 0; index < count; index++)
            volume.Create(index, LadderContent.Create(kind, FileBytes, index));
        volume.Commit();
        string name = kind == ContentKind.Text ? "text" : "random bytes";
        for (int index = 0; index < count; index += 2)
            volume.Remove(index);
        volume.Commit();
        tell("collecting");
        List<CollectionReading> readings = [];
        readings.Add(MeasuredVolume.Measure($"{name}: packs half dead, emptied", "MiB of packs", () =>
            (double)volume.Collect(0).FreedBytes / Mebibyte));
        for (int index = 1; index < count; index += 2)
            volume.Remove(index);
        volume.Commit();
        readings.Add(MeasuredVolume.Measure($"{name}: packs wholly dead, deleted", "MiB of packs", () =>
            (double)volume.Collect(0).FreedBytes / Mebibyte));
        return readings;
    }
}
