using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Hartfs.Cli.Commands;
using Hartfs.Cli.Control;
using Hartfs.Cli.Copying;
using Hartfs.Cli.Snapshots;

namespace Hartfs.Cli.Output;

/// <summary>JSON as <c>--json</c> and the control socket write it: camelCase, absent instead of null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(CreatedVolume))]
[JsonSerializable(typeof(VersionReport))]
[JsonSerializable(typeof(StatsReport))]
[JsonSerializable(typeof(CopyReport))]
[JsonSerializable(typeof(GcReport))]
[JsonSerializable(typeof(ScrubResult))]
[JsonSerializable(typeof(RepairResult))]
[JsonSerializable(typeof(CheckOutcome))]
[JsonSerializable(typeof(RecoveryResult))]
[JsonSerializable(typeof(UnmountedReport))]
[JsonSerializable(typeof(MountedReport))]
[JsonSerializable(typeof(MountStatus))]
[JsonSerializable(typeof(SnapshotAnswer))]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlResponse))]
internal sealed partial class JsonText : JsonSerializerContext
{
    /// <summary>For terminals and files: indented, letters as they are.</summary>
    public static JsonText Pretty => field ??= new JsonText(
        new JsonSerializerOptions(Default.GeneratedSerializerOptions!)
        {
            WriteIndented = true,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });

    public static string Indented<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.Serialize(value, type);
}

/// <summary>What <c>hartfs create --json</c> prints.</summary>
internal sealed record CreatedVolume(string Volume, int ChunkBytesAverage, int BlockBytes, int CompressionLevel);

/// <summary>What <c>hartfs version --json</c> prints.</summary>
internal sealed record VersionReport(string Version, string Runtime, string System);

/// <summary>What <c>hartfs mount --json</c> prints when the mount answers.</summary>
internal sealed record MountedReport(string Volume, string MountPoint, int ProcessId, string? LogFile)
{
    /// <summary>The snapshot that is mounted; absent for the live tree.</summary>
    public string? Snapshot { get; init; }
}

/// <summary>What <c>hartfs unmount --json</c> prints.</summary>
internal sealed record UnmountedReport(string MountPoint, string? Volume, bool WasStale);
