using System.Runtime.InteropServices;

namespace Hartfs.Conformance.Interop;

/// <summary>System calls as glibc exports them on 64-bit Linux; paths are NUL-terminated bytes.</summary>
internal static unsafe partial class LibC
{
    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "open64", SetLastError = true)]
    internal static partial int Open(byte* path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "pread64", SetLastError = true)]
    internal static partial nint PRead(int descriptor, byte* buffer, nint count, long offset);

    [LibraryImport(Library, EntryPoint = "pwrite64", SetLastError = true)]
    internal static partial nint PWrite(int descriptor, byte* buffer, nint count, long offset);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int descriptor, byte* buffer, nint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int descriptor, byte* buffer, nint count);

    [LibraryImport(Library, EntryPoint = "lseek64", SetLastError = true)]
    internal static partial long LSeek(int descriptor, long offset, int whence);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    internal static partial int FSync(int descriptor);

    [LibraryImport(Library, EntryPoint = "ftruncate64", SetLastError = true)]
    internal static partial int FTruncate(int descriptor, long length);

    [LibraryImport(Library, EntryPoint = "truncate64", SetLastError = true)]
    internal static partial int Truncate(byte* path, long length);

    [LibraryImport(Library, EntryPoint = "fallocate64", SetLastError = true)]
    internal static partial int FAllocate(int descriptor, int mode, long offset, long length);

    [LibraryImport(Library, EntryPoint = "copy_file_range", SetLastError = true)]
    internal static partial nint CopyFileRange(int source, long* sourceOffset, int target, long* targetOffset,
        nint length, uint flags);

    [LibraryImport(Library, EntryPoint = "unlink", SetLastError = true)]
    internal static partial int Unlink(byte* path);

    [LibraryImport(Library, EntryPoint = "rmdir", SetLastError = true)]
    internal static partial int RmDir(byte* path);

    [LibraryImport(Library, EntryPoint = "mkdir", SetLastError = true)]
    internal static partial int MkDir(byte* path, uint mode);

    [LibraryImport(Library, EntryPoint = "mknod", SetLastError = true)]
    internal static partial int MkNod(byte* path, uint mode, ulong device);

    [LibraryImport(Library, EntryPoint = "linkat", SetLastError = true)]
    internal static partial int LinkAt(int oldDirectory, byte* oldPath, int newDirectory, byte* newPath, int flags);

    [LibraryImport(Library, EntryPoint = "symlink", SetLastError = true)]
    internal static partial int SymLink(byte* target, byte* path);

    [LibraryImport(Library, EntryPoint = "readlink", SetLastError = true)]
    internal static partial nint ReadLink(byte* path, byte* buffer, nint size);

    [LibraryImport(Library, EntryPoint = "renameat2", SetLastError = true)]
    internal static partial int RenameAt2(int oldDirectory, byte* oldPath, int newDirectory, byte* newPath,
        uint flags);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true)]
    internal static partial int StatX(int directory, byte* path, int flags, uint mask, byte* buffer);

    [LibraryImport(Library, EntryPoint = "statvfs64", SetLastError = true)]
    internal static partial int StatVfs(byte* path, byte* buffer);

    [LibraryImport(Library, EntryPoint = "chmod", SetLastError = true)]
    internal static partial int ChMod(byte* path, uint mode);

    [LibraryImport(Library, EntryPoint = "lchown", SetLastError = true)]
    internal static partial int LChOwn(byte* path, uint owner, uint group);

    [LibraryImport(Library, EntryPoint = "utimensat", SetLastError = true)]
    internal static partial int UTimeNsAt(int directory, byte* path, long* times, int flags);

    [LibraryImport(Library, EntryPoint = "umask")]
    internal static partial uint UMask(uint mask);

    [LibraryImport(Library, EntryPoint = "mmap64", SetLastError = true)]
    internal static partial byte* MMap(void* address, nint length, int protection, int flags, int descriptor,
        long offset);

    [LibraryImport(Library, EntryPoint = "munmap", SetLastError = true)]
    internal static partial int MUnmap(byte* address, nint length);

    [LibraryImport(Library, EntryPoint = "msync", SetLastError = true)]
    internal static partial int MSync(byte* address, nint length, int flags);

    [LibraryImport(Library, EntryPoint = "lsetxattr", SetLastError = true)]
    internal static partial int LSetXattr(byte* path, byte* name, byte* value, nint size, int flags);

    [LibraryImport(Library, EntryPoint = "lgetxattr", SetLastError = true)]
    internal static partial nint LGetXattr(byte* path, byte* name, byte* value, nint size);

    [LibraryImport(Library, EntryPoint = "llistxattr", SetLastError = true)]
    internal static partial nint LListXattr(byte* path, byte* names, nint size);

    [LibraryImport(Library, EntryPoint = "lremovexattr", SetLastError = true)]
    internal static partial int LRemoveXattr(byte* path, byte* name);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    internal static partial int FLock(int descriptor, int operation);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int FcntlLock(int descriptor, int command, byte* flock);

    [LibraryImport(Library, EntryPoint = "opendir", SetLastError = true)]
    internal static partial nint OpenDir(byte* path);

    [LibraryImport(Library, EntryPoint = "readdir64", SetLastError = true)]
    internal static partial byte* ReadDir(nint directory);

    [LibraryImport(Library, EntryPoint = "telldir", SetLastError = true)]
    internal static partial long TellDir(nint directory);

    [LibraryImport(Library, EntryPoint = "seekdir")]
    internal static partial void SeekDir(nint directory, long position);

    [LibraryImport(Library, EntryPoint = "closedir", SetLastError = true)]
    internal static partial int CloseDir(nint directory);
}
