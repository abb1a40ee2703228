namespace Hartfs.Core.Integrity;

/// <summary>How a check is to run.</summary>
public sealed record CheckOptions
{
    /// <summary>Repair what can be repaired; otherwise nothing is changed.</summary>
    public bool Repair { get; init; }

    /// <summary>
    /// The volume is in use: what is kept in memory of its metadata rules out repairing them on disk.
    /// </summary>
    public bool IsMounted { get; init; }

    /// <summary>Begin with this pass: goes on with a check that was stopped. 0: with the first.</summary>
    public int FromPass { get; init; }
}

/// <summary>What a pass found.</summary>
public sealed record CheckResult
{
    public required CheckPass Pass { get; init; }

    /// <summary>The first findings; all are counted.</summary>
    public required IReadOnlyList<string> Findings { get; init; }

    public required long FindingCount { get; init; }

    /// <summary>Whether what was found has been repaired, so that the same check finds nothing now.</summary>
    public bool IsRepaired { get; init; }
}

/// <summary>What a check found.</summary>
public sealed record CheckReport
{
    public required bool IsComplete { get; init; }

    /// <summary>The pass that was stopped; 0 when none was.</summary>
    public required int StoppedAt { get; init; }

    /// <summary>One for each pass that ran, in order.</summary>
    public required IReadOnlyList<CheckResult> Results { get; init; }

    /// <summary>
    /// Blocks known to be damaged from reads and scrubs: no finding of a check, which does not read data.
    /// </summary>
    public long KnownDamagedBlocks { get; init; }

    /// <summary>Findings that are still true.</summary>
    public long OpenCount => Results.Where(result => !result.IsRepaired).Sum(result => result.FindingCount);
}
