using Hartfs.Cli.Output;
using Hartfs.Core.Snapshots;
using Hartfs.Format;

namespace Hartfs.Cli.Snapshots;

/// <summary>What is asked about snapshots, clones and versions.</summary>
/// <param name="Action">One of <see cref="SnapshotActions"/>.</param>
internal sealed record SnapshotRequest(string Action)
{
    /// <summary>Names of snapshots.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>A path from the volume's root.</summary>
    public string? Path { get; init; }

    /// <summary>Where something shall be, from the volume's root.</summary>
    public string? Target { get; init; }

    /// <summary>Take the place of what is at the target.</summary>
    public bool? Replace { get; init; }

    /// <summary>For list: with what each snapshot costs.</summary>
    public bool? Figures { get; init; }

    /// <summary>Say what would be done.</summary>
    public bool? DryRun { get; init; }

    /// <summary>For delete: bring back the space, and answer when that is done.</summary>
    public bool? Collect { get; init; }

    /// <summary>The policy to set.</summary>
    public PolicyReport? Policy { get; init; }
}

/// <summary>The actions.</summary>
internal static class SnapshotActions
{
    public const string Create = "create";
    public const string List = "list";
    public const string Delete = "delete";
    public const string Hold = "hold";
    public const string Release = "release";
    public const string Rollback = "rollback";
    public const string Restore = "restore";
    public const string Clone = "clone";
    public const string Diff = "diff";
    public const string History = "history";
    public const string Policy = "policy";
    public const string RunPolicy = "run-policy";
}

/// <summary>What is answered, also as <c>--json</c> prints it.</summary>
internal sealed record SnapshotAnswer
{
    /// <summary>Snapshots made, listed or deleted.</summary>
    public IReadOnlyList<SnapshotReport>? Snapshots { get; init; }

    /// <summary>For how long changes had to wait for the snapshot, milliseconds.</summary>
    public double? PauseMs { get; init; }

    /// <summary>What was cloned or restored.</summary>
    public CloneReport? Tree { get; init; }

    public IReadOnlyList<ChangeReport>? Changes { get; init; }

    public IReadOnlyList<FileVersionReport>? Versions { get; init; }

    public PolicyReport? Policy { get; init; }

    /// <summary>Snapshots deleted, or that a policy would delete.</summary>
    public IReadOnlyList<SnapshotReport>? Deleted { get; init; }

    /// <summary>What brought back the space of those deleted, when that was waited for.</summary>
    public GcReport? Gc { get; init; }

    /// <summary>Whether the policy has a snapshot to make.</summary>
    public bool? IsDue { get; init; }
}

/// <summary>A snapshot.</summary>
/// <param name="Created">UTC, ISO 8601.</param>
/// <param name="Kind">named, scheduled or rollback.</param>
/// <param name="LogicalBytes">Sum of the sizes of its files.</param>
/// <param name="Rule">In a policy's answer: what keeps it.</param>
internal sealed record SnapshotReport(string Name, DateTimeOffset Created, string Kind, bool Held, long LogicalBytes,
    long InodeCount, string? Rule = null)
{
    /// <summary>Bytes of file data, before compression, that only this snapshot holds.</summary>
    public long? UniqueBytes { get; init; }

    /// <summary>Bytes on disk that come back when it alone is deleted.</summary>
    public long? FreedBytes { get; init; }

    public static SnapshotReport From(SnapshotRecord snapshot) => new(SnapshotName.Describe(snapshot.Name),
        At(snapshot.Created), snapshot.Kind.ToString().ToLowerInvariant(), snapshot.IsHeld, snapshot.LogicalBytes,
        snapshot.InodeCount);

    /// <summary>Nanoseconds since 1970 as a time.</summary>
    public static DateTimeOffset At(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);
}

/// <summary>What a clone or a restore came to.</summary>
internal sealed record CloneReport(string Target, long Files, long Directories, long Others, long Bytes)
{
    public static CloneReport From(string target, CloneProgress progress) =>
        new(target, progress.Files, progress.Directories, progress.Others, progress.Bytes);
}

/// <summary>A difference between two snapshots.</summary>
/// <param name="Kind">added, removed, changed or renamed.</param>
/// <param name="NewPath">Of a renamed one.</param>
internal sealed record ChangeReport(string Kind, string Path, string? NewPath, bool IsDirectory, long Size)
{
    public static ChangeReport From(DiffEntry entry) => new(entry.Kind.ToString().ToLowerInvariant(),
        TreePath.Describe(entry.Path), entry.NewPath is { } path ? TreePath.Describe(path) : null,
        InodeMode.IsDirectory(entry.Mode), entry.Size);
}

/// <summary>A version of a file.</summary>
/// <param name="First">The oldest snapshot that has it; null: none.</param>
/// <param name="Last">The newest one in a row that has it; null: the live tree has it too.</param>
internal sealed record FileVersionReport(
    DateTimeOffset Modified, long Size, string? First, string? Last, int SnapshotCount)
{
    public static FileVersionReport From(FileVersion version) => new(SnapshotReport.At(version.ModifyTime),
        version.Size, Name(version.First), Name(version.Last), version.Count);

    private static string? Name(SnapshotRecord? snapshot) =>
        snapshot is null ? null : SnapshotName.Describe(snapshot.Name);
}

/// <summary>A policy.</summary>
internal sealed record PolicyReport(int Hourly, int Daily, int Weekly, int Monthly)
{
    public static PolicyReport From(SnapshotPolicy policy) =>
        new(policy.Hourly, policy.Daily, policy.Weekly, policy.Monthly);

    public SnapshotPolicy ToPolicy() => new(Hourly, Daily, Weekly, Monthly);
}
