using System.Runtime.InteropServices;

namespace Hartfs.Cli.Interop;

/// <summary>Extended attributes of a name itself, not of what a link points to (xattr(7)).</summary>
internal static unsafe partial class HostXattrs
{
    private const string Library = "libc";

    /// <summary>llistxattr(2): the names, each with a NUL behind it; an empty buffer asks for the length.</summary>
    public static int List(ReadOnlySpan<byte> path, Span<byte> names)
    {
        fixed (byte* item = HostCalls.Terminated(path))
        fixed (byte* buffer = names)
            return (int)ListNoFollow(item, buffer, (nuint)names.Length);
    }

    /// <summary>lgetxattr(2); an empty buffer asks for the length.</summary>
    public static int Get(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, Span<byte> value)
    {
        fixed (byte* item = HostCalls.Terminated(path))
        fixed (byte* attribute = HostCalls.Terminated(name))
        fixed (byte* buffer = value)
            return (int)GetNoFollow(item, attribute, buffer, (nuint)value.Length);
    }

    /// <summary>lsetxattr(2).</summary>
    public static int Set(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        fixed (byte* item = HostCalls.Terminated(path))
        fixed (byte* attribute = HostCalls.Terminated(name))
        fixed (byte* buffer = value)
            return SetNoFollow(item, attribute, buffer, (nuint)value.Length, 0);
    }

    /// <summary>lremovexattr(2).</summary>
    public static int Remove(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name)
    {
        fixed (byte* item = HostCalls.Terminated(path))
        fixed (byte* attribute = HostCalls.Terminated(name))
            return RemoveNoFollow(item, attribute);
    }

    [LibraryImport(Library, EntryPoint = "llistxattr", SetLastError = true)]
    private static partial nint ListNoFollow(byte* path, byte* names, nuint length);

    [LibraryImport(Library, EntryPoint = "lgetxattr", SetLastError = true)]
    private static partial nint GetNoFollow(byte* path, byte* name, byte* value, nuint length);

    [LibraryImport(Library, EntryPoint = "lsetxattr", SetLastError = true)]
    private static partial int SetNoFollow(byte* path, byte* name, byte* value, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "lremovexattr", SetLastError = true)]
    private static partial int RemoveNoFollow(byte* path, byte* name);
}
