using System.Runtime.InteropServices;

namespace Hartfs.Cli.Interop;

/// <summary>Calls of the C library about this process and about paths. Values from the Linux headers.</summary>
internal static unsafe partial class LibC
{
    private const string Library = "libc";
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExec = 1;

    /// <summary>geteuid(2).</summary>
    [LibraryImport(Library, EntryPoint = "geteuid")]
    public static partial uint EffectiveUserId();

    /// <summary>getegid(2).</summary>
    [LibraryImport(Library, EntryPoint = "getegid")]
    public static partial uint EffectiveGroupId();

    /// <summary>setsid(2): leaves the terminal. -1 when already a group leader.</summary>
    [LibraryImport(Library, EntryPoint = "setsid", SetLastError = true)]
    public static partial int LeaveSession();

    /// <summary>dup2(2).</summary>
    [LibraryImport(Library, EntryPoint = "dup2", SetLastError = true)]
    public static partial int Duplicate(int descriptor, int onto);

    /// <summary>Lets a descriptor end with the next exec.</summary>
    public static void MarkCloseOnExec(int descriptor) => Fcntl(descriptor, SetDescriptorFlags, CloseOnExec);

    /// <summary>realpath(3); null when the path does not exist or cannot be reached.</summary>
    public static string? RealPath(string path)
    {
        byte* resolved = RealPath(path, null);
        if (resolved is null)
            return null;
        string? text = Marshal.PtrToStringUTF8((nint)resolved);
        NativeMemory.Free(resolved);
        return text;
    }

    [LibraryImport(Library, EntryPoint = "realpath", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte* RealPath(string path, byte* resolved);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int descriptor, int command, int argument);
}
