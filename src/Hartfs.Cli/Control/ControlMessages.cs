using Hartfs.Cli.Output;
using Hartfs.Cli.Snapshots;
using Hartfs.Core;

namespace Hartfs.Cli.Control;

/// <summary>
/// One line from a client. Requests and responses are JSON objects, one to a line, in UTF-8; a client may send
/// several over one connection and gets one response each, in order; before the response to a request that takes long
/// come lines with progress, and a client that ends its side of the connection cancels the work.
/// </summary>
/// <param name="Version">Of the protocol; <see cref="ControlProtocol.Version"/>.</param>
/// <param name="Verb">One of <see cref="ControlVerbs"/>.</param>
internal sealed record ControlRequest(int Version, string? Verb)
{
    /// <summary>For unmount: detach at once, let open files finish.</summary>
    public bool? Lazy { get; init; }

    /// <summary>For stats: make everything durable first, so that the figures are those of this moment.</summary>
    public bool? Fresh { get; init; }

    /// <summary>For gc: only say what would come back.</summary>
    public bool? DryRun { get; init; }

    /// <summary>For gc: how much of a pack has to be dead before it is emptied.</summary>
    public int? MinDeadPercent { get; init; }

    /// <summary>For scrub: bytes read a second at most; 0: no limit.</summary>
    public long? Rate { get; init; }

    /// <summary>For repair: full paths of what to look through.</summary>
    public IReadOnlyList<string>? Sources { get; init; }

    /// <summary>For repair: make zeros of what is missing.</summary>
    public bool? ZeroDamaged { get; init; }

    /// <summary>For check: repair.</summary>
    public bool? Repair { get; init; }

    /// <summary>For check: the pass to begin with.</summary>
    public int? FromPass { get; init; }

    /// <summary>For scrub: begin anew.</summary>
    public bool? FromStart { get; init; }

    /// <summary>For snapshot: what to do.</summary>
    public SnapshotRequest? Snapshot { get; init; }

    /// <summary>For mount: which snapshot, where and how. For unmount and its wait: which mount.</summary>
    public MountRequest? Mount { get; init; }
}

/// <summary>One line back.</summary>
internal sealed record ControlResponse
{
    public int Version { get; init; } = ControlProtocol.Version;

    public required bool Ok { get; init; }

    /// <summary>With Ok false: what went wrong, for people.</summary>
    public string? Error { get; init; }

    /// <summary>With Ok false: what a command that fails for this reason exits with.</summary>
    public ExitCode? Code { get; init; }

    /// <summary>A line before the answer: how far the work has come. The answer has none.</summary>
    public MaintenanceProgress? Progress { get; init; }

    /// <summary>Answers <c>gc</c>.</summary>
    public GcReport? Gc { get; init; }

    /// <summary>Answers <c>check</c>.</summary>
    public CheckOutcome? Check { get; init; }

    /// <summary>Answers <c>repair</c>.</summary>
    public RepairResult? Repair { get; init; }

    /// <summary>Answers <c>scrub</c>.</summary>
    public ScrubResult? Scrub { get; init; }

    /// <summary>Answers <c>snapshot</c>; long lists come in parts, in lines with progress.</summary>
    public SnapshotAnswer? Snapshot { get; init; }

    /// <summary>Answers <c>unmount</c>: where the volume is still mounted.</summary>
    public IReadOnlyList<string>? Remaining { get; init; }

    /// <summary>Answers <c>stats</c>.</summary>
    public StatsReport? Stats { get; init; }

    /// <summary>Answers <c>status</c>.</summary>
    public MountStatus? Status { get; init; }

    public static ControlResponse Failed(ExitCode code, string error) =>
        new() { Ok = false, Code = code, Error = error };
}

/// <summary>A mount that the process behind a volume is asked for, or asked to end.</summary>
/// <param name="MountPoint">Full path.</param>
/// <param name="Snapshot">The snapshot's name; null: the live tree.</param>
/// <param name="Options">As given to -o.</param>
internal sealed record MountRequest(string MountPoint, string? Snapshot, IReadOnlyList<string>? Options);

/// <summary>Who serves a mount.</summary>
/// <param name="Since">UTC, ISO 8601.</param>
/// <param name="Options">As given to -o.</param>
internal sealed record MountStatus(
    int ProcessId, string Volume, string MountPoint, DateTimeOffset Since, IReadOnlyList<string> Options,
    string ProductVersion)
{
    /// <summary>Where the volume's other trees are mounted beside it.</summary>
    public IReadOnlyList<string> OtherMountPoints { get; init; } = [];
}

/// <summary>What both ends agree on.</summary>
internal static class ControlProtocol
{
    /// <summary>Goes up when a request or response changes its meaning; new verbs and fields do not count.</summary>
    public const int Version = 1;

    /// <summary>Longest line either side accepts, bytes.</summary>
    public const int LineBytesMax = 1 << 20;
}

/// <summary>What a running mount can be asked.</summary>
internal static class ControlVerbs
{
    /// <summary>Figures of the live volume.</summary>
    public const string Stats = "stats";

    /// <summary>Process, mount point, options.</summary>
    public const string Status = "status";

    /// <summary>Make everything durable now.</summary>
    public const string Commit = "commit";

    /// <summary>Bring back the room of what nothing refers to.</summary>
    public const string Gc = "gc";

    /// <summary>Copy the metadata now.</summary>
    public const string Copy = "copy";

    /// <summary>Verify the structure.</summary>
    public const string Check = "check";

    /// <summary>Put missing content back, or list what is missing.</summary>
    public const string Repair = "repair";

    /// <summary>Verify every stored byte.</summary>
    public const string Scrub = "scrub";

    /// <summary>Make, list, compare, delete … snapshots.</summary>
    public const string Snapshot = "snapshot";

    /// <summary>Mount a snapshot or the live tree beside what is mounted.</summary>
    public const string Mount = "mount";

    /// <summary>Answers when a mount has ended.</summary>
    public const string AwaitUnmount = "await-unmount";

    /// <summary>Write everything out, unmount and end.</summary>
    public const string Unmount = "unmount";
}
