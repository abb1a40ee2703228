namespace Hartfs.Benchmarks.Ladder;

/// <summary>A promise: the mounted filesystem reaches this share of a peer's rate in a workload.</summary>
internal sealed record LadderTarget(Workload Workload, string Base, double ShareMin)
{
    /// <summary>The promises, beside the peers that are measured here.</summary>
    public static IReadOnlyList<LadderTarget> All { get; } =
    [
        new(Workload.WriteUnique, "btrfs", 0.8),
        new(Workload.UnpackTree, "btrfs", 0.8),
        new(Workload.UnpackTree, "s3ql", 10),
        new(Workload.WriteDuplicate, "btrfs", 1.5),
        new(Workload.ReadCold, "btrfs", 0.8),
        new(Workload.ReadCold, "s3ql", 2),
        new(Workload.ReadHot, "bindfs", 0.9),
        new(Workload.RandomHot, "bindfs", 0.9),
        new(Workload.SmallCreate, "bindfs", 0.9),
        new(Workload.SmallStat, "bindfs", 0.9),
        new(Workload.SmallUnlink, "bindfs", 0.9),
        new(Workload.Synchronize, "host", 1 / 1.5),
    ];

    /// <summary>A random 4 KiB read with nothing cached takes at most this at the 99th percentile.</summary>
    public const double RandomColdP99MillisecondsMax = 1.0;
}
