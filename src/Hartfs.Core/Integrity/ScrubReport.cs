namespace Hartfs.Core.Integrity;

/// <summary>How a scrub is to run.</summary>
public sealed record ScrubOptions
{
    /// <summary>Bytes read a second at most; 0: as fast as it goes.</summary>
    public long BytesPerSecondMax { get; init; }

    /// <summary>Begin anew, although an earlier scrub was stopped half-way.</summary>
    public bool FromStart { get; init; }
}

/// <summary>What a scrub found.</summary>
public sealed record ScrubReport
{
    /// <summary>Whether it came to its end; otherwise the next one goes on where it stopped.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>Blocks verified by this run.</summary>
    public required long BlockCount { get; init; }

    /// <summary>Stored bytes verified by this run.</summary>
    public required long Bytes { get; init; }

    /// <summary>Damaged blocks that this run came by.</summary>
    public required long DamagedCount { get; init; }

    /// <summary>Of them, blocks that were made whole again.</summary>
    public required long HealedCount { get; init; }

    /// <summary>All that is known to be damaged now, by path and offset; empty when it was cancelled.</summary>
    public required IReadOnlyList<DamagedRange> Ranges { get; init; }

    /// <summary>What is wrong beside blocks: ends of packs, index runs, copies of the metadata, parity.</summary>
    public required IReadOnlyList<string> Remarks { get; init; }

    /// <summary>Of them, what is still wrong; <c>check --repair</c> puts it right.</summary>
    public long OpenRemarkCount { get; init; }
}

/// <summary>When the volume was scrubbed, for <c>stats</c>. Times are nanoseconds since 1970-01-01 UTC.</summary>
/// <param name="FinishedTime">The end of the last whole scrub; 0: never.</param>
/// <param name="DamagedCount">Damaged blocks that it came by.</param>
/// <param name="BegunTime">The begin of the one that is under way or was stopped; 0: none.</param>
/// <param name="DoneBytes">Stored bytes that one has verified.</param>
public sealed record ScrubStatus(long FinishedTime, long DamagedCount, long BegunTime, long DoneBytes);
