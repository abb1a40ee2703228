using System.Diagnostics;
using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Ladder;

/// <summary>
/// Does every workload on every rung, repetition by repetition: the rungs take turns, in another order each time,
/// so that a change of the machine's mood meets all of them.
/// </summary>
internal sealed class LadderRun(IReadOnlyList<IRung> rungs, LadderSizes sizes, Action<string> progress)
{
    private const int PieceBytes = 4096;
    private const int SmallFileBytes = 1024;
    private const int FilesPerDirectory = 1000;
    private const string Unique = "unique";
    private const string Duplicate = "duplicate";

    private readonly List<LadderReading> _readings = [];
    private int _repetition;
    private IRung _rung = rungs[0];

    public List<LadderReading> Measure()
    {
        for (_repetition = 0; _repetition < sizes.Repetitions; _repetition++)
        {
            byte[] content = LadderContent.Create(sizes.Content, sizes.FileBytes, seed: 1 + _repetition);
            for (int turn = 0; turn < rungs.Count; turn++)
            {
                _rung = rungs[(turn + _repetition) % rungs.Count];
                progress($"repetition {_repetition + 1} of {sizes.Repetitions}: {_rung.Name}");
                MeasureLargeFile(content);
                if (_rung is IFileRung files)
                {
                    MeasureSynchronize(files, content);
                    MeasureSmallFiles(files, content);
                }

                if (_rung is PathRung path && sizes.TreeArchive is { } archive) MeasureTree(path, archive);
                _rung.Clear();
            }
        }

        return _readings;
    }

    private void MeasureLargeFile(byte[] content)
    {
        double megabytes = content.Length / 1e6;
        Time(Workload.WriteUnique, megabytes, () => _rung.WriteFile(Unique, content));
        Time(Workload.WriteDuplicate, megabytes, () => _rung.WriteFile(Duplicate, content));
        _rung.MakeCold();
        Time(Workload.ReadCold, megabytes, () => _rung.ReadFile(Unique, content.Length));
        _rung.ReadFile(Unique, content.Length);
        Time(Workload.ReadHot, megabytes, () => _rung.ReadFile(Unique, content.Length));

        var random = new Random(_repetition);
        long[] offsets = [.. Enumerable.Range(0, sizes.RandomReadCount)
            .Select(_ => (long)random.Next(content.Length / PieceBytes) * PieceBytes)];
        long[] ticks = new long[offsets.Length];
        _rung.MakeCold();
        _rung.ReadRandomly(Unique, offsets, ticks);
        Record(Workload.RandomCold, ticks);
        _rung.ReadFile(Unique, content.Length);
        _rung.ReadRandomly(Unique, offsets, ticks);
        _rung.ReadRandomly(Unique, offsets, ticks);
        Record(Workload.RandomHot, ticks);
    }

    private void MeasureSynchronize(IFileRung files, byte[] content)
    {
        long[] ticks = new long[sizes.SynchronizeCount];
        files.Settle();
        files.WriteDurably(Duplicate, content.AsSpan(PieceBytes / 2, PieceBytes), ticks);
        Record(Workload.Synchronize, ticks);
    }

    private void MeasureSmallFiles(IFileRung files, byte[] content)
    {
        (string Directory, string Name)[] names = [.. Enumerable.Range(0, sizes.SmallFileCount)
            .Select(index => ($"d{index / FilesPerDirectory:d3}", $"file-{index:d6}.txt"))];
        foreach (string directory in names.Select(name => name.Directory).Distinct()) files.CreateDirectory(directory);
        files.Settle();

        byte[] buffer = new byte[SmallFileBytes];
        int stride = (content.Length - SmallFileBytes) / names.Length;
        long begin = Stopwatch.GetTimestamp();
        for (int index = 0; index < names.Length; index++)
        {
            files.CreateSmall(names[index].Directory, names[index].Name,
                content.AsSpan(index * stride, SmallFileBytes));
        }

        Record(Workload.SmallCreate, names.Length, begin);
        files.Settle();
        Record(Workload.SmallDurable, names.Length, begin);
        Each(Workload.SmallStat, names, files.Stat);
        Each(Workload.SmallRead, names, (directory, name) => files.ReadSmall(directory, name, buffer));
        Each(Workload.SmallUnlink, names, files.Unlink);
        files.Settle();
    }

    private void MeasureTree(PathRung path, string archive)
    {
        string target = Path.Combine(path.Folder, "tree");
        Directory.CreateDirectory(target);
        Time(Workload.UnpackTree, new FileInfo(archive).Length / 1e6, () =>
        {
            ExternalProgram.Run("tar", ["-xf", archive, "-C", target]);
            path.Settle();
        });
    }

    private void Each(Workload workload, (string Directory, string Name)[] names, Action<string, string> action)
    {
        long begin = Stopwatch.GetTimestamp();
        foreach ((string directory, string name) in names) action(directory, name);
        Record(workload, names.Length, begin);
    }

    private void Time(Workload workload, double units, Action action)
    {
        long begin = Stopwatch.GetTimestamp();
        action();
        Record(workload, units, begin);
    }

    private void Record(Workload workload, double units, long begin) =>
        Record(workload, units / Stopwatch.GetElapsedTime(begin).TotalSeconds, null);

    private void Record(Workload workload, long[] ticks)
    {
        double perSecond = ticks.Length / ((double)ticks.Sum() / Stopwatch.Frequency);
        long[] sorted = [.. ticks.Order()];
        Record(workload, perSecond, sorted[(int)(0.99 * (sorted.Length - 1))] * 1e3 / Stopwatch.Frequency);
    }

    private void Record(Workload workload, double perSecond, double? p99Milliseconds) =>
        _readings.Add(new LadderReading(_rung.Name, workload, _repetition, perSecond, p99Milliseconds));
}
