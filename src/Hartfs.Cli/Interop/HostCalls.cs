using System.Runtime.InteropServices;

namespace Hartfs.Cli.Interop;

/// <summary>
/// Linux file calls with names as bytes, relative to open directories: what a faithful copy needs and the class
/// library does not offer. Every call returns -1 and sets the last error when it fails. Values and layouts are those
/// of the kernel's headers for x86-64 and arm64.
/// </summary>
internal static unsafe partial class HostCalls
{
    /// <summary>AT_FDCWD.</summary>
    public const int CurrentDirectory = -100;

    public const int OpenRead = 0;
    public const int OpenWrite = 1;
    public const int OpenCreate = 0x40;
    public const int OpenExclusive = 0x80;
    public const int OpenNonBlocking = 0x800;
    public const int OpenNoAccessTime = 0x40000;
    public const int OpenCloseOnExec = 0x80000;
    public const int OpenPathOnly = 0x200000;

    /// <summary>SEEK_DATA.</summary>
    public const int SeekData = 3;

    /// <summary>SEEK_HOLE.</summary>
    public const int SeekHole = 4;

    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int NoMoreData = 6;
    public const int AccessDenied = 13;
    public const int AlreadyExists = 17;
    public const int InvalidArgument = 22;
    public const int NoSpace = 28;
    public const int QuotaExceeded = 122;
    public const int NoAttribute = 61;
    public const int NotSupported = 95;

    private const string Library = "libc";
    private const int SymlinkNoFollow = 0x100;
    private const uint StatBasicAndBirth = 0xFFF;

    /// <summary>O_DIRECTORY and O_NOFOLLOW differ between processor families (asm/fcntl.h).</summary>
    public static readonly int OpenDirectory =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    public static readonly int OpenNoFollow =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>openat(2).</summary>
    public static int OpenAt(int directory, ReadOnlySpan<byte> name, int flags, uint mode)
    {
        fixed (byte* path = Terminated(name))
            return OpenAt(directory, path, flags, mode);
    }

    /// <summary>statx(2) of the name itself, not of what a link points to.</summary>
    public static int Stat(int directory, ReadOnlySpan<byte> name, out HostStat stat)
    {
        fixed (byte* path = Terminated(name))
        fixed (HostStat* result = &stat)
            return Statx(directory, path, SymlinkNoFollow, StatBasicAndBirth, result);
    }

    /// <summary>mkdirat(2).</summary>
    public static int MakeDirectory(int directory, ReadOnlySpan<byte> name, uint mode)
    {
        fixed (byte* path = Terminated(name))
            return MakeDirectoryAt(directory, path, mode);
    }

    /// <summary>mknodat(2); the device in the kernel's 32-bit encoding.</summary>
    public static int MakeNode(int directory, ReadOnlySpan<byte> name, uint mode, uint device)
    {
        fixed (byte* path = Terminated(name))
            return MakeNodeAt(directory, path, mode, device);
    }

    /// <summary>symlinkat(2).</summary>
    public static int MakeSymbolicLink(ReadOnlySpan<byte> target, int directory, ReadOnlySpan<byte> name)
    {
        fixed (byte* text = Terminated(target))
        fixed (byte* path = Terminated(name))
            return SymlinkAt(text, directory, path);
    }

    /// <summary>readlinkat(2).</summary>
    public static int ReadSymbolicLink(int directory, ReadOnlySpan<byte> name, Span<byte> target)
    {
        fixed (byte* path = Terminated(name))
        fixed (byte* buffer = target)
            return (int)ReadLinkAt(directory, path, buffer, (nuint)target.Length);
    }

    /// <summary>linkat(2).</summary>
    public static int Link(int oldDirectory, ReadOnlySpan<byte> oldName, int newDirectory, ReadOnlySpan<byte> newName)
    {
        fixed (byte* from = Terminated(oldName))
        fixed (byte* to = Terminated(newName))
            return LinkAt(oldDirectory, from, newDirectory, to, 0);
    }

    /// <summary>unlinkat(2) of something that is no directory.</summary>
    public static int Unlink(int directory, ReadOnlySpan<byte> name)
    {
        fixed (byte* path = Terminated(name))
            return UnlinkAt(directory, path, 0);
    }

    /// <summary>fchownat(2) of the name itself.</summary>
    public static int ChangeOwner(int directory, ReadOnlySpan<byte> name, uint uid, uint gid)
    {
        fixed (byte* path = Terminated(name))
            return ChangeOwnerAt(directory, path, uid, gid, SymlinkNoFollow);
    }

    /// <summary>fchmodat(2); must not be a symbolic link.</summary>
    public static int ChangeMode(int directory, ReadOnlySpan<byte> name, uint mode)
    {
        fixed (byte* path = Terminated(name))
            return ChangeModeAt(directory, path, mode, 0);
    }

    /// <summary>utimensat(2) of the name itself; nanoseconds since 1970.</summary>
    public static int SetTimes(int directory, ReadOnlySpan<byte> name, long accessTime, long modifyTime)
    {
        const long second = 1_000_000_000;
        long* times = stackalloc long[4];
        times[0] = Math.DivRem(accessTime - Remainder(accessTime), second, out _);
        times[1] = Remainder(accessTime);
        times[2] = Math.DivRem(modifyTime - Remainder(modifyTime), second, out _);
        times[3] = Remainder(modifyTime);
        fixed (byte* path = Terminated(name))
            return SetTimesAt(directory, path, times, SymlinkNoFollow);

        static long Remainder(long time) => ((time % second) + second) % second;
    }

    /// <summary>getdents64(2): fills a buffer with entries; 0 at the end.</summary>
    public static int ReadEntries(int directory, Span<byte> entries)
    {
        fixed (byte* buffer = entries)
            return (int)GetDirectoryEntries(directory, buffer, (nuint)entries.Length);
    }

    /// <summary>syncfs(2).</summary>
    [LibraryImport(Library, EntryPoint = "syncfs", SetLastError = true)]
    public static partial int WriteOut(int descriptor);

    /// <summary>lseek(2).</summary>
    [LibraryImport(Library, EntryPoint = "lseek64", SetLastError = true)]
    public static partial long Seek(int descriptor, long offset, int whence);

    /// <summary>A name with the NUL that the kernel wants behind it.</summary>
    internal static byte[] Terminated(ReadOnlySpan<byte> name)
    {
        byte[] bytes = new byte[name.Length + 1];
        name.CopyTo(bytes);
        return bytes;
    }

    [LibraryImport(Library, EntryPoint = "openat64", SetLastError = true)]
    private static partial int OpenAt(int directory, byte* path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true)]
    private static partial int Statx(int directory, byte* path, int flags, uint mask, HostStat* stat);

    [LibraryImport(Library, EntryPoint = "mkdirat", SetLastError = true)]
    private static partial int MakeDirectoryAt(int directory, byte* path, uint mode);

    [LibraryImport(Library, EntryPoint = "mknodat", SetLastError = true)]
    private static partial int MakeNodeAt(int directory, byte* path, uint mode, ulong device);

    [LibraryImport(Library, EntryPoint = "symlinkat", SetLastError = true)]
    private static partial int SymlinkAt(byte* target, int directory, byte* path);

    [LibraryImport(Library, EntryPoint = "readlinkat", SetLastError = true)]
    private static partial nint ReadLinkAt(int directory, byte* path, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "linkat", SetLastError = true)]
    private static partial int LinkAt(int oldDirectory, byte* oldPath, int newDirectory, byte* newPath, int flags);

    [LibraryImport(Library, EntryPoint = "unlinkat", SetLastError = true)]
    private static partial int UnlinkAt(int directory, byte* path, int flags);

    [LibraryImport(Library, EntryPoint = "fchownat", SetLastError = true)]
    private static partial int ChangeOwnerAt(int directory, byte* path, uint uid, uint gid, int flags);

    [LibraryImport(Library, EntryPoint = "fchmodat", SetLastError = true)]
    private static partial int ChangeModeAt(int directory, byte* path, uint mode, int flags);

    [LibraryImport(Library, EntryPoint = "utimensat", SetLastError = true)]
    private static partial int SetTimesAt(int directory, byte* path, long* times, int flags);

    [LibraryImport(Library, EntryPoint = "getdents64", SetLastError = true)]
    private static partial nint GetDirectoryEntries(int directory, byte* buffer, nuint length);
}
