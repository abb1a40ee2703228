using System.Reflection;

namespace Hartfs.Cli;

/// <summary>
/// How a command ends. The numbers are part of the product: documented in the help, the man page and the README,
/// never changed and never used again for something else.
/// </summary>
internal enum ExitCode
{
    [Meaning("done")]
    Success = 0,

    [Meaning("unexpected error; the log says more")]
    Failure = 1,

    [Meaning("the command line is wrong")]
    Usage = 2,

    [Meaning("the directory is not a volume")]
    NotAVolume = 3,

    [Meaning("the volume was made by a newer Hartfs")]
    NewerFormat = 4,

    [Meaning("both copies of the superblock are damaged")]
    DamagedSuperblock = 5,

    [Meaning("the metadata cannot be read")]
    DamagedMetadata = 6,

    [Meaning("somebody else has the volume open")]
    InUse = 7,

    [Meaning("no permission")]
    NotPermitted = 8,

    [Meaning("the backing disk is full")]
    OutOfSpace = 9,

    [Meaning("the directory for a new volume is not empty")]
    DirectoryNotEmpty = 10,

    [Meaning("the backing disk failed to read or write")]
    IoFailure = 11,

    [Meaning("FUSE is missing")]
    DriverMissing = 12,

    [Meaning("the mount point does not exist or is no directory")]
    MountPointMissing = 13,

    [Meaning("the mount point is not empty")]
    MountPointNotEmpty = 14,

    [Meaning("something is mounted there already")]
    MountPointInUse = 15,

    [Meaning("unknown mount option, or a bad value of one")]
    UnknownOption = 16,

    [Meaning("files on the mount are still in use")]
    StillInUse = 17,

    [Meaning("nothing of Hartfs is mounted there")]
    NotMounted = 18,

    [Meaning("a path to copy from or to does not exist")]
    PathNotFound = 19,

    [Meaning("some files could not be copied; they are listed")]
    Incomplete = 20,

    [Meaning("stopped by a signal; the same command goes on where it stopped")]
    Interrupted = 21,

    [Meaning("the process behind the mount does not answer")]
    NoAnswer = 22,

    [Meaning("damage was found; it is listed")]
    Damaged = 23,

    [Meaning("there is no such snapshot")]
    SnapshotNotFound = 26,

    [Meaning("there is a snapshot of that name already")]
    SnapshotExists = 27,

    [Meaning("the snapshot is held or mounted")]
    SnapshotInUse = 28,

    [Meaning("there is something at the target already")]
    PathExists = 29,
}

/// <summary>What an exit code means, in a few words, for every place that lists them.</summary>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class MeaningAttribute(string text) : Attribute
{
    public string Text { get; } = text;
}

/// <summary>The list of exit codes for help and manual.</summary>
internal static class ExitCodes
{
    /// <summary>Every code with its meaning, in ascending order.</summary>
    public static IEnumerable<(ExitCode Code, string Meaning)> All =>
        from member in typeof(ExitCode).GetFields(BindingFlags.Public | BindingFlags.Static)
        let code = (ExitCode)member.GetRawConstantValue()!
        orderby code
        select (code, member.GetCustomAttribute<MeaningAttribute>()!.Text);
}
