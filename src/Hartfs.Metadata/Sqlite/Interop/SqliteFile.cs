using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hartfs.Metadata.Sqlite.Interop;

/// <summary>
/// struct sqlite3_file: an open file begins with its methods (https://www.sqlite.org/c3ref/file.html).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SqliteFile
{
    public FileMethods* Methods;

    /// <summary>struct sqlite3_io_methods (https://www.sqlite.org/c3ref/io_methods.html).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FileMethods
    {
        public int Version;
        public delegate* unmanaged[Cdecl]<SqliteFile*, int> Close;
        public delegate* unmanaged[Cdecl]<SqliteFile*, byte*, int, long, int> Read;
        public delegate* unmanaged[Cdecl]<SqliteFile*, byte*, int, long, int> Write;
        public nint Truncate;
        public nint Synchronize;
        public delegate* unmanaged[Cdecl]<SqliteFile*, long*, int> GetSize;
        public OtherCalls Others;
        public SharedMemoryCalls SharedMemory;

        /// <summary>The bytes that a version of the struct has, as far as it is declared here.</summary>
        public static int BytesOf(int version) => version >= 2
            ? sizeof(FileMethods)
            : sizeof(FileMethods) - sizeof(SharedMemoryCalls);
    }

    /// <summary>Three for locks; control, sector size, characteristics.</summary>
    [InlineArray(6)]
    public struct OtherCalls
    {
        private nint _call;
    }

    /// <summary>Of version 2. Version 3 adds mapping the file into memory, which Hartfs does not want.</summary>
    [InlineArray(4)]
    public struct SharedMemoryCalls
    {
        private nint _call;
    }
}
