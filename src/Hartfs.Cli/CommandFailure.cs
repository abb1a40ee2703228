using Hartfs.Core;
using Hartfs.Core.Mounting;
using Hartfs.Core.Snapshots;

namespace Hartfs.Cli;

/// <summary>A command ends without success: what the user is told (with the next step), and the exit code.</summary>
internal sealed class CommandFailure : Exception
{
    public CommandFailure(ExitCode code, string message, Exception? innerException = null)
        : base(message, innerException) => Code = code;

    public ExitCode Code { get; }

    /// <summary>Finds exit code and message of whatever ended a command; null for a bug.</summary>
    public static CommandFailure? From(Exception exception) => (VolumeException.From(exception) ?? exception) switch
    {
        CommandFailure failure => failure,
        VolumeException volume => new CommandFailure(CodeOf(volume.Failure), volume.Message, volume),
        SnapshotException snapshot => new CommandFailure(CodeOf(snapshot.Failure), snapshot.Message, snapshot),
        MountException mount => new CommandFailure(CodeOf(mount.Failure), mount.Message, mount),
        UnauthorizedAccessException => new CommandFailure(ExitCode.NotPermitted, exception.Message, exception),
        DirectoryNotFoundException or FileNotFoundException =>
            new CommandFailure(ExitCode.PathNotFound, exception.Message, exception),
        IOException => new CommandFailure(ExitCode.IoFailure, exception.Message, exception),
        _ => null,
    };

    public static ExitCode CodeOf(VolumeFailure failure) => failure switch
    {
        VolumeFailure.NotAVolume => ExitCode.NotAVolume,
        VolumeFailure.NewerFormat => ExitCode.NewerFormat,
        VolumeFailure.DamagedSuperblock => ExitCode.DamagedSuperblock,
        VolumeFailure.DamagedMetadata => ExitCode.DamagedMetadata,
        VolumeFailure.InUse => ExitCode.InUse,
        VolumeFailure.NotPermitted => ExitCode.NotPermitted,
        VolumeFailure.OutOfSpace => ExitCode.OutOfSpace,
        VolumeFailure.DirectoryNotEmpty => ExitCode.DirectoryNotEmpty,
        VolumeFailure.IoFailure => ExitCode.IoFailure,
        VolumeFailure.NotNeeded => ExitCode.Success,
        _ => ExitCode.Failure,
    };

    public static ExitCode CodeOf(SnapshotFailure failure) => failure switch
    {
        SnapshotFailure.BadName => ExitCode.Usage,
        SnapshotFailure.NameTaken => ExitCode.SnapshotExists,
        SnapshotFailure.NotFound => ExitCode.SnapshotNotFound,
        SnapshotFailure.InUse => ExitCode.SnapshotInUse,
        SnapshotFailure.PathNotFound => ExitCode.PathNotFound,
        SnapshotFailure.PathExists => ExitCode.PathExists,
        SnapshotFailure.OutOfSpace => ExitCode.OutOfSpace,
        SnapshotFailure.IoFailure => ExitCode.IoFailure,
        SnapshotFailure.ReadOnly => ExitCode.NotPermitted,
        SnapshotFailure.Cancelled => ExitCode.Interrupted,
        _ => ExitCode.Failure,
    };

    public static ExitCode CodeOf(MountFailure failure) => failure switch
    {
        MountFailure.DriverMissing => ExitCode.DriverMissing,
        MountFailure.MountPointMissing => ExitCode.MountPointMissing,
        MountFailure.MountPointNotEmpty => ExitCode.MountPointNotEmpty,
        MountFailure.MountPointInUse => ExitCode.MountPointInUse,
        MountFailure.NotPermitted => ExitCode.NotPermitted,
        MountFailure.UnknownOption => ExitCode.UnknownOption,
        MountFailure.StillInUse => ExitCode.StillInUse,
        _ => ExitCode.Failure,
    };
}
