namespace Hartfs.Format;

/// <summary>Who made a snapshot. The numbers are persisted.</summary>
public enum SnapshotKind
{
    /// <summary>A user, by name.</summary>
    Named = 0,

    /// <summary>The volume itself, by its policy, which also removes it.</summary>
    Scheduled = 1,

    /// <summary>A rollback: what the tree was before it.</summary>
    Rollback = 2,

    /// <summary>An operation that reads the tree for a while; never shown, and gone with the operation.</summary>
    Momentary = 3,
}

/// <summary>What the volume knows of a snapshot.</summary>
public sealed record SnapshotRecord
{
    public required SnapshotId Id { get; init; }

    /// <summary>The name's bytes: a valid directory entry's name.</summary>
    public required byte[] Name { get; init; }

    /// <summary>The epoch that it ended: its rows are those with born ≤ epoch &lt; died.</summary>
    public required long Epoch { get; init; }

    /// <summary>Nanoseconds since 1970-01-01 UTC.</summary>
    public required long Created { get; init; }

    public required SnapshotKind Kind { get; init; }

    /// <summary>Not to be deleted before it is released.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Sum of the sizes of its regular files, bytes.</summary>
    public long LogicalBytes { get; init; }

    /// <summary>Its inodes of every kind.</summary>
    public long InodeCount { get; init; }
}
