namespace Hartfs.Core.Mounting;

/// <summary>Makes an <see cref="IFileSystem"/> reachable for every program: FUSE on Linux, WinFsp on Windows.</summary>
public interface IMountDriver
{
    /// <summary>
    /// Mounts and returns when the mount point answers. Throws <see cref="MountException"/> with a message that
    /// says what to do next.
    /// </summary>
    IMount Mount(IFileSystem fileSystem, MountOptions options);
}

/// <summary>A live mount.</summary>
public interface IMount : IDisposable
{
    /// <summary>The mount point's full path.</summary>
    string MountPoint { get; }

    /// <summary>
    /// Has the system hand over what programs have written so far, and waits until it was taken in. Not from a thread
    /// that serves requests.
    /// </summary>
    void WriteOut();

    /// <summary>Waits until the mount is gone: unmounted by anyone, for whatever reason.</summary>
    void WaitForUnmount();

    /// <summary>
    /// Unmounts: the kernel hands over what it still holds, then the driver ends. Safe from any thread, and twice.
    /// Throws <see cref="MountException"/> when the mount point is in use.
    /// </summary>
    /// <param name="lazy">Detach at once and let open files finish.</param>
    void Unmount(bool lazy);

    /// <summary>Requests answered so far, by operation name, for <c>hartfs stats</c>.</summary>
    IReadOnlyDictionary<string, long> RequestCounts { get; }
}

/// <summary>A mount could not be made or ended; the message says why and what to do next.</summary>
public sealed class MountException : Exception
{
    public MountException(string message, MountFailure failure, Exception? innerException = null)
        : base(message, innerException) => Failure = failure;

    /// <summary>The reason, for the exit code.</summary>
    public MountFailure Failure { get; }
}

/// <summary>Why a mount could not be made or ended.</summary>
public enum MountFailure
{
    Other = 0,

    /// <summary>No /dev/fuse, or it may not be opened.</summary>
    DriverMissing = 1,
    MountPointMissing = 2,
    MountPointNotEmpty = 3,
    MountPointInUse = 4,
    NotPermitted = 5,
    UnknownOption = 6,
    StillInUse = 7,
}
