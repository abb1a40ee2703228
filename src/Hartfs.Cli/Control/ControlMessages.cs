using Hartfs.Cli.Output;
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

    /// <summary>For scrub: bytes read a second at most; 0: no limit.</summary>
    public long? Rate { get; init; }

    /// <summary>For scrub: begin anew.</summary>
    public bool? FromStart { get; init; }
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

    /// <summary>Answers <c>scrub</c>.</summary>
    public ScrubResult? Scrub { get; init; }

    /// <summary>Answers <c>stats</c>.</summary>
    public StatsReport? Stats { get; init; }

    /// <summary>Answers <c>status</c>.</summary>
    public MountStatus? Status { get; init; }

    public static ControlResponse Failed(ExitCode code, string error) =>
        new() { Ok = false, Code = code, Error = error };
}

/// <summary>Who serves a mount.</summary>
/// <param name="Since">UTC, ISO 8601.</param>
/// <param name="Options">As given to -o.</param>
internal sealed record MountStatus(
    int ProcessId, string Volume, string MountPoint, DateTimeOffset Since, IReadOnlyList<string> Options,
    string ProductVersion);

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

    /// <summary>Verify every stored byte.</summary>
    public const string Scrub = "scrub";

    /// <summary>Write everything out, unmount and end.</summary>
    public const string Unmount = "unmount";
}
