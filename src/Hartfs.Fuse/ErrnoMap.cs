using Hartfs.Core;

namespace Hartfs.Fuse;

/// <summary>The one table from <see cref="FsError"/> to errno. Total: a test walks every value.</summary>
internal static class ErrnoMap
{
    /// <summary>The error number for an outcome. Unknown values become EIO.</summary>
    public static Errno ToErrno(FsError error) => error switch
    {
        FsError.None => Errno.None,
        FsError.NotFound => Errno.ENOENT,
        FsError.AlreadyExists => Errno.EEXIST,
        FsError.NotADirectory => Errno.ENOTDIR,
        FsError.IsADirectory => Errno.EISDIR,
        FsError.DirectoryNotEmpty => Errno.ENOTEMPTY,
        FsError.AccessDenied => Errno.EACCES,
        FsError.NotPermitted => Errno.EPERM,
        FsError.InvalidArgument => Errno.EINVAL,
        FsError.InvalidName => Errno.EINVAL,
        FsError.NameTooLong => Errno.ENAMETOOLONG,
        FsError.OutOfSpace => Errno.ENOSPC,
        FsError.FileTooLarge => Errno.EFBIG,
        FsError.ReadOnly => Errno.EROFS,
        FsError.TooManyLinks => Errno.EMLINK,
        FsError.DifferentVolume => Errno.EXDEV,
        FsError.Busy => Errno.EBUSY,
        FsError.NoSuchAttribute => Errno.ENODATA,
        FsError.BufferTooSmall => Errno.ERANGE,
        FsError.ValueTooLarge => Errno.E2BIG,
        FsError.NotSupported => Errno.EOPNOTSUPP,
        FsError.Interrupted => Errno.EINTR,
        FsError.CorruptData => Errno.EIO,
        FsError.CorruptMetadata => Errno.EUCLEAN,
        FsError.IoFailure => Errno.EIO,
        FsError.NoMoreData => Errno.ENXIO,
        FsError.Stale => Errno.ESTALE,
        _ => Errno.EIO,
    };
}
