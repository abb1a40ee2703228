using System.Runtime.InteropServices;

namespace Hartfs.Fuse.Interop;

/// <summary>
/// The system calls the driver makes itself. None suppresses the GC transition: reads block until a request comes,
/// and a notification may wait for another request to be answered.
/// </summary>
internal static unsafe partial class LibC
{
    private const string Library = "libc";

    // Values of asm-generic/fcntl.h, linux/mount.h, sys/socket.h and linux/prctl.h, the same on x86-64 and arm64.
    public const int OpenReadWrite = 2;
    public const int OpenCloseOnExec = 0x80000;
    public const int UnmountDetach = 2;

    // These two differ between processors: x86-64 has the generic values, arm64 values of its own.
    public static readonly int OpenDirectory =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;
    public static readonly int OpenUnnamedFile = 0x400000 | OpenDirectory;
    private const int AddressFamilyUnix = 1;
    private const int SocketStream = 1;
    private const int FileSetDescriptorFlags = 2;
    private const int CloseOnExec = 1;
    private const int SetIoFlusher = 57;

    /// <summary>The error of the calling thread's last call here.</summary>
    public static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    /// <summary>syncfs(2).</summary>
    [LibraryImport(Library, EntryPoint = "syncfs", SetLastError = true)]
    public static partial int SynchronizeFilesystem(int descriptor);

    /// <summary>fdatasync(2).</summary>
    [LibraryImport(Library, EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int SynchronizeFile(int descriptor);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport(Library, EntryPoint = "getuid")]
    public static partial uint GetUserId();

    [LibraryImport(Library, EntryPoint = "geteuid")]
    public static partial uint GetEffectiveUserId();

    [LibraryImport(Library, EntryPoint = "getgid")]
    public static partial uint GetGroupId();

    [LibraryImport(Library, EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Mount(string source, string target, string type, ulong flags, string data);

    [LibraryImport(Library, EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unmount(string target, int flags);

    /// <summary>
    /// Asks the filesystem at a path for its figures, which FUSE never answers from a cache. None, or what went wrong.
    /// </summary>
    public static Errno ProbeFilesystem(string path)
    {
        // struct statfs has 120 bytes on 64-bit Linux; nothing in it is looked at.
        byte* figures = stackalloc byte[512];
        return GetFilesystemFigures(path, figures) == 0 ? Errno.None : LastError;
    }

    /// <summary>The path without symbolic links and dots; null when it does not exist or may not be walked.</summary>
    public static string? RealPath(string path)
    {
        const int pathBytesMax = 4096;
        byte* resolved = stackalloc byte[pathBytesMax];
        return ResolvePath(path, resolved) != null ? Marshal.PtrToStringUTF8((nint)resolved) : null;
    }

    /// <summary>Reads once. Negative: see <see cref="LastError"/>.</summary>
    public static nint Read(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
            return ReadBytes(descriptor, start, (nuint)buffer.Length);
    }

    /// <summary>Writes once. Negative: see <see cref="LastError"/>.</summary>
    public static nint Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
            return WriteBytes(descriptor, start, (nuint)bytes.Length);
    }

    /// <summary>Marks the thread as one that memory reclaim may wait for (Linux 5.6, CAP_SYS_RESOURCE).</summary>
    public static bool TrySetIoFlusher() => ProcessControl(SetIoFlusher, 1, 0, 0, 0) == 0;

    /// <summary>Two connected sockets, kept from child processes.</summary>
    public static bool TryCreateSocketPair(out int first, out int second)
    {
        int* pair = stackalloc int[2];
        bool made = SocketPair(AddressFamilyUnix, SocketStream | OpenCloseOnExec, 0, pair) == 0;
        (first, second) = made ? (pair[0], pair[1]) : (-1, -1);
        return made;
    }

    /// <summary>Lets child processes inherit a descriptor, or no longer.</summary>
    public static void SetInheritable(int descriptor, bool inheritable) =>
        _ = FileControl(descriptor, FileSetDescriptorFlags, inheritable ? 0 : CloseOnExec);

    /// <summary>Receives one byte and the descriptor that comes with it (SCM_RIGHTS).</summary>
    /// <returns>The descriptor, or -1: the other side closed without sending one.</returns>
    public static int ReceiveDescriptor(int socket)
    {
        const int headerBytes = 16;
        byte payload;
        byte* control = stackalloc byte[headerBytes + 8];
        var vector = new IoVector { Start = &payload, Length = 1 };
        var message = new MessageHeader
        {
            Vectors = &vector,
            VectorCount = 1,
            Control = control,
            ControlLength = headerBytes + 8,
        };
        nint received;
        do
            received = ReceiveMessage(socket, &message, OpenCloseOnExecReceive);
        while (received < 0 && LastError == Errno.EINTR);
        // cmsghdr: size_t length, int level (SOL_SOCKET), int type (SCM_RIGHTS), then the descriptor.
        bool carries = received == 1 && message.ControlLength >= headerBytes + sizeof(int) &&
            *(int*)(control + 8) == 1 && *(int*)(control + 12) == 1;
        return carries ? *(int*)(control + headerBytes) : -1;
    }

    private const int OpenCloseOnExecReceive = 0x40000000;

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary>msghdr of 64-bit Linux (glibc; musl pads its 32-bit lengths to the same layout).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [LibraryImport(Library, EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GetFilesystemFigures(string path, byte* figures);

    [LibraryImport(Library, EntryPoint = "realpath", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte* ResolvePath(string path, byte* resolved);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadBytes(int descriptor, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteBytes(int descriptor, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint ReceiveMessage(int socket, MessageHeader* message, int flags);

    [LibraryImport(Library, EntryPoint = "socketpair", SetLastError = true)]
    private static partial int SocketPair(int domain, int type, int protocol, int* pair);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(int descriptor, int command, int argument);

    [LibraryImport(Library, EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControl(int option, ulong first, ulong second, ulong third, ulong fourth);
}
