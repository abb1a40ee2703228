using Hartfs.Benchmarks.Reporting;

namespace Hartfs.Benchmarks.Ladder;

/// <summary>The tables of a ladder run: ratios first, absolute figures behind them.</summary>
internal static class LadderReport
{
    /// <summary>The rung that the first table divides by.</summary>
    private const string BaseRung = "host";
    private const string MountedRung = LadderRungs.Mounted;

    public static string Render(IReadOnlyList<LadderReading> readings)
    {
        string[] rungs = [.. readings.Select(reading => reading.Rung).Distinct()];
        Workload[] workloads = [.. readings.Select(reading => reading.Workload).Distinct().Order()];
        return $"{Shares(readings, rungs, workloads)}\n{Targets(readings)}\n{Rates(readings, rungs, workloads)}";
    }

    private static TextTable Shares(IReadOnlyList<LadderReading> readings, string[] rungs, Workload[] workloads)
    {
        var table = new TextTable([$"rate ÷ {BaseRung}", .. rungs]);
        foreach (Workload workload in workloads)
        {
            table.Add([workload.Title(), .. rungs.Select(rung =>
                Share(readings, workload, rung, BaseRung) is { } share ? $"{share:f2}" : "–")]);
        }

        return table;
    }

    private static TextTable Targets(IReadOnlyList<LadderReading> readings)
    {
        var table = new TextTable(
            $"{MountedRung}, against its targets", "base", "target", "median", "best ÷ best", "met by the median");
        foreach (LadderTarget target in LadderTarget.All)
        {
            if (Share(readings, target.Workload, MountedRung, target.Base) is not { } share) continue;
            double best = Best(readings, target.Workload, MountedRung) / Best(readings, target.Workload, target.Base);
            table.Add(target.Workload.Title(), target.Base, $"≥ {target.ShareMin:f2}", $"{share:f2}", $"{best:f2}",
                share >= target.ShareMin ? "yes" : "no");
        }

        double[] p99 =
        [
            .. Of(readings, Workload.RandomCold, MountedRung).Select(reading => reading.P99Milliseconds!.Value),
        ];
        if (p99.Length > 0)
        {
            double median = Median(p99);
            table.Add("random 4 KiB read, cold: p99", "", $"< {LadderTarget.RandomColdP99MillisecondsMax:f0} ms",
                $"{median:f2} ms", $"{p99.Min():f2} ms",
                median < LadderTarget.RandomColdP99MillisecondsMax ? "yes" : "no");
        }

        return table;
    }

    private static TextTable Rates(IReadOnlyList<LadderReading> readings, string[] rungs, Workload[] workloads)
    {
        var table = new TextTable(["median rate", "unit", .. rungs]);
        foreach (Workload workload in workloads)
        {
            table.Add([workload.Title(), workload.Unit(), .. rungs.Select(rung =>
                Of(readings, workload, rung) is { Length: > 0 } own
                    ? $"{Median([.. own.Select(reading => reading.PerSecond)]):n0}"
                    : "–")]);
        }

        foreach (Workload workload in (Workload[])[Workload.RandomCold, Workload.Synchronize])
        {
            table.Add([$"{workload.Title()}: p99", "ms", .. rungs.Select(rung =>
                Of(readings, workload, rung) is { Length: > 0 } own
                    ? $"{Median([.. own.Select(reading => reading.P99Milliseconds!.Value)]):f2}"
                    : "–")]);
        }

        return table;
    }

    /// <summary>The median over repetitions of the ratio within one repetition.</summary>
    private static double? Share(IReadOnlyList<LadderReading> readings, Workload workload, string rung, string baseRung)
    {
        double[] shares =
        [
            .. from own in Of(readings, workload, rung)
               join peer in Of(readings, workload, baseRung) on own.Repetition equals peer.Repetition
               select own.PerSecond / peer.PerSecond,
        ];
        return shares.Length == 0 ? null : Median(shares);
    }

    // What other work on the machine takes away, it takes away from the slower repetitions.
    private static double Best(IReadOnlyList<LadderReading> readings, Workload workload, string rung) =>
        Of(readings, workload, rung).Max(reading => reading.PerSecond);

    private static LadderReading[] Of(IReadOnlyList<LadderReading> readings, Workload workload, string rung) =>
        [.. readings.Where(reading => reading.Workload == workload && reading.Rung == rung)];

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
