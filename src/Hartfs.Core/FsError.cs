namespace Hartfs.Core;

/// <summary>
/// Every expected outcome of an operation, finer than errno. Drivers map it in one table each; logs print the name.
/// The numbers are stable (they appear in logs and in <c>--json</c>).
/// </summary>
public enum FsError
{
    None = 0,
    NotFound = 1,
    AlreadyExists = 2,
    NotADirectory = 3,
    IsADirectory = 4,
    DirectoryNotEmpty = 5,
    AccessDenied = 6,
    NotPermitted = 7,
    InvalidArgument = 8,
    InvalidName = 9,
    NameTooLong = 10,
    OutOfSpace = 11,
    FileTooLarge = 12,

    /// <summary>The mount is read-only, or the view is a snapshot.</summary>
    ReadOnly = 13,
    TooManyLinks = 14,
    DifferentVolume = 15,
    Busy = 16,
    NoSuchAttribute = 17,

    /// <summary>The caller's buffer is too small for the value.</summary>
    BufferTooSmall = 18,

    /// <summary>The value is longer than the format allows.</summary>
    ValueTooLarge = 19,
    NotSupported = 20,
    Interrupted = 21,

    /// <summary>Stored bytes do not match their checksum: the log names pack and offset.</summary>
    CorruptData = 22,

    /// <summary>The metadata contradicts itself.</summary>
    CorruptMetadata = 23,

    /// <summary>The backing disk failed to read, write or flush.</summary>
    IoFailure = 24,

    /// <summary>No data or hole behind that offset (SEEK_DATA, SEEK_HOLE).</summary>
    NoMoreData = 25,

    /// <summary>The inode was forgotten or never existed.</summary>
    Stale = 26,
}
