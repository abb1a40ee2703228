namespace Hartfs.Core.Integrity;

/// <summary>How metadata are to be rebuilt.</summary>
public sealed record RecoveryOptions
{
    /// <summary>Rebuild although the metadata can be opened and are whole as a database.</summary>
    public bool Force { get; init; }

    /// <summary>
    /// Go on although there is no usable copy of the metadata: all content then goes under <c>/lost+found</c>.
    /// </summary>
    public bool WithoutNames { get; init; }
}

/// <summary>What rebuilding the metadata of a volume gave.</summary>
public sealed record RecoveryReport
{
    /// <summary>
    /// Whether the metadata could be used as they are, and only the superblocks came back from the copy.
    /// </summary>
    public bool IsSuperblockOnly { get; init; }

    /// <summary>
    /// When the copy was taken that the names come from, nanoseconds since 1970-01-01 UTC; 0: there was none.
    /// </summary>
    public required long NamesTime { get; init; }

    /// <summary>Copies that were newer than it and could not be used.</summary>
    public required int UnusableCopyCount { get; init; }

    /// <summary>Regular files that have names again.</summary>
    public required long FileCount { get; init; }

    public required int PackCount { get; init; }

    public required long BlockCount { get; init; }

    /// <summary>Blocks whose list of chunks could not be read.</summary>
    public required long DamagedBlockCount { get; init; }

    /// <summary>Files in <see cref="LostFolder"/>.</summary>
    public required long LostFileCount { get; init; }

    /// <summary>Their bytes.</summary>
    public required long LostBytes { get; init; }

    /// <summary>Where content without a name went; null when there was none.</summary>
    public required string? LostFolder { get; init; }

    /// <summary>Parts of named files whose content is in no pack.</summary>
    public required IReadOnlyList<DamagedRange> Missing { get; init; }

    /// <summary>What does not add up in the rebuilt metadata; empty when everything does.</summary>
    public required IReadOnlyList<string> Contradictions { get; init; }

    /// <summary>The files as they were before, beside the new ones.</summary>
    public required IReadOnlyList<string> KeptFiles { get; init; }
}
