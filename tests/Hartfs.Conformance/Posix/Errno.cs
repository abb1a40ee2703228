namespace Hartfs.Conformance.Posix;

/// <summary>Error numbers of Linux (asm-generic/errno.h), as far as the suite expects them.</summary>
public static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int EIO = 5;
    public const int ENXIO = 6;
    public const int EAGAIN = 11;
    public const int EEXIST = 17;
    public const int ENOTDIR = 20;
    public const int EISDIR = 21;
    public const int EINVAL = 22;
    public const int EFBIG = 27;
    public const int EROFS = 30;
    public const int ERANGE = 34;
    public const int ENAMETOOLONG = 36;
    public const int ENOTEMPTY = 39;
    public const int ELOOP = 40;
    public const int ENODATA = 61;
    public const int EOPNOTSUPP = 95;
    public const int ECONNABORTED = 103;
    public const int ENOTCONN = 107;
}

/// <summary>A system call failed.</summary>
public sealed class PosixException(string call, int errno)
    : Exception($"{call}: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno)} ({errno})")
{
    public int Errno { get; } = errno;
}
