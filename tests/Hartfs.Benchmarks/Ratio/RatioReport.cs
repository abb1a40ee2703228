using Hartfs.Benchmarks.Reporting;

namespace Hartfs.Benchmarks.Ratio;

/// <summary>The tables of a ratio run.</summary>
internal static class RatioReport
{
    /// <summary>Share of btrfs + duperemove that Hartfs may need at most.</summary>
    private const double GoalShare = 0.70;
    private const double Megabyte = 1e6;

    /// <summary>Renders bytes stored, the goal line, second copies and times.</summary>
    public static string Render(IReadOnlyList<RatioReading> readings, IReadOnlyList<IRatioPeer> peers)
    {
        string[] corpora = [.. readings.Select(reading => reading.Corpus).Distinct()];
        string stored = Table("MB stored", readings, corpora, peers, reading => $"{reading.StoredBytes / Megabyte:f1}",
            goals: true);
        string second = Table("MB added by a second copy", readings, corpora, peers,
            reading => $"{reading.SecondCopyBytes / Megabyte:f2}", goals: false);
        string seconds = Table("seconds to store", readings, corpora, peers,
            reading => $"{reading.StoreSeconds:f1}", goals: false);
        return $"{stored}\n{second}\n{seconds}\n{Overheads(readings)}";
    }

    private static string Table(string title, IReadOnlyList<RatioReading> readings, string[] corpora,
        IReadOnlyList<IRatioPeer> peers, Func<RatioReading, string> cell, bool goals)
    {
        var table = new TextTable([title, .. corpora]);
        table.Add(["logical", .. corpora.Select(corpus =>
            $"{readings.First(reading => reading.Corpus == corpus).LogicalBytes / Megabyte:f1}")]);
        foreach (IRatioPeer peer in peers)
        {
            table.Add([peer.Name, .. corpora.Select(corpus =>
                Find(readings, corpus, peer.Name) is { } reading ? cell(reading) : "–")]);
        }

        if (goals)
        {
            const string peer = RatioPeers.BtrfsDuperemove;
            table.Add([$"goal: {GoalShare:f2} × ({peer})", .. corpora.Select(corpus => Goal(readings, corpus))]);
            table.Add([$"{RatioPeers.HartfsMounted} ÷ ({peer})", .. corpora.Select(corpus => Share(readings, corpus))]);
        }

        return table.ToString();
    }

    private static string Overheads(IReadOnlyList<RatioReading> readings) => string.Concat(readings
        .Where(reading => reading.Corpus == RatioRun.Incompressible)
        .Select(reading => $"overhead on incompressible data, {reading.Peer}: " +
            $"{100.0 * (reading.StoredBytes - reading.LogicalBytes) / reading.LogicalBytes:f3} %\n"));

    private static string Goal(IReadOnlyList<RatioReading> readings, string corpus) =>
        corpus != RatioRun.Incompressible && Find(readings, corpus, RatioPeers.BtrfsDuperemove) is { } reading
            ? $"{GoalShare * reading.StoredBytes / Megabyte:f1}"
            : "–";

    private static string Share(IReadOnlyList<RatioReading> readings, string corpus) =>
        Find(readings, corpus, RatioPeers.BtrfsDuperemove) is { } peer
        && Find(readings, corpus, RatioPeers.HartfsMounted) is { } hartfs
            ? $"{(double)hartfs.StoredBytes / peer.StoredBytes:f3}"
            : "–";

    private static RatioReading? Find(IReadOnlyList<RatioReading> readings, string corpus, string peer) =>
        readings.FirstOrDefault(reading => reading.Corpus == corpus && reading.Peer == peer);
}
