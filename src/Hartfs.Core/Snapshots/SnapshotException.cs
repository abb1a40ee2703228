namespace Hartfs.Core.Snapshots;

/// <summary>What was asked of a snapshot could not be done; the message says why and what to do next.</summary>
public sealed class SnapshotException : Exception
{
    public SnapshotException(SnapshotFailure failure, string message)
        : base(message) => Failure = failure;

    /// <summary>The reason, for the exit code.</summary>
    public SnapshotFailure Failure { get; }
}

/// <summary>Why something could not be done with a snapshot, a clone or a version.</summary>
public enum SnapshotFailure
{
    /// <summary>The volume failed; nothing of what was asked is there.</summary>
    Other = 0,

    /// <summary>The name cannot be a snapshot's.</summary>
    BadName = 1,

    /// <summary>There is a snapshot of that name.</summary>
    NameTaken = 2,

    /// <summary>There is no snapshot of that name.</summary>
    NotFound = 3,

    /// <summary>It is held, or mounted.</summary>
    InUse = 4,

    /// <summary>A path to take or to put something at is not as it must be.</summary>
    PathNotFound = 5,

    /// <summary>There is something at the target already.</summary>
    PathExists = 6,
    OutOfSpace = 7,
    IoFailure = 8,

    /// <summary>The volume is open for reading only.</summary>
    ReadOnly = 9,

    /// <summary>Whoever asked has stopped it; nothing of it is left.</summary>
    Cancelled = 10,
}
