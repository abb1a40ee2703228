namespace Hartfs.Benchmarks.Ladder;

/// <summary>One workload on one rung in one repetition.</summary>
/// <param name="PerSecond">In the workload's unit; more is better.</param>
/// <param name="P99Milliseconds">Of single operations, where they were timed singly.</param>
internal sealed record LadderReading(
    string Rung, Workload Workload, int Repetition, double PerSecond, double? P99Milliseconds);

/// <summary>Sizes of a ladder run.</summary>
internal sealed record LadderSizes
{
    /// <summary>Bytes of the large file.</summary>
    public required int FileBytes { get; init; }

    public required int SmallFileCount { get; init; }
    public required int RandomReadCount { get; init; }
    public required int SynchronizeCount { get; init; }
    public required int Repetitions { get; init; }
    public required ContentKind Content { get; init; }

    /// <summary>A tar archive to unpack; null leaves that workload out.</summary>
    public string? TreeArchive { get; init; }
}
