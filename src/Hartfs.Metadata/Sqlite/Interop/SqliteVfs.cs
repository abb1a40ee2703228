using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hartfs.Metadata.Sqlite.Interop;

/// <summary>struct sqlite3_vfs as far as Hartfs uses it (https://www.sqlite.org/c3ref/vfs.html).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SqliteVfs
{
    public int Version;
    public int FileBytes;
    public int PathBytesMax;
    public SqliteVfs* Next;
    public byte* Name;
    public void* Data;
    public delegate* unmanaged[Cdecl]<SqliteVfs*, byte*, SqliteFile*, int, int*, int> Open;
    public VfsCalls Calls;
    public VfsCallsOfVersion2 CallsOfVersion2;
    public VfsCallsOfVersion3 CallsOfVersion3;

    /// <summary>The bytes that a version of the struct has.</summary>
    public static int BytesOf(int version) => version switch
    {
        1 => sizeof(SqliteVfs) - sizeof(VfsCallsOfVersion2) - sizeof(VfsCallsOfVersion3),
        2 => sizeof(SqliteVfs) - sizeof(VfsCallsOfVersion3),
        _ => sizeof(SqliteVfs),
    };

    /// <summary>Delete, access, full path; four calls for libraries; randomness, sleep, time, last error.</summary>
    [InlineArray(11)]
    public struct VfsCalls
    {
        private nint _call;
    }

    /// <summary>The time as an integer.</summary>
    [InlineArray(1)]
    public struct VfsCallsOfVersion2
    {
        private nint _call;
    }

    /// <summary>Three for replacing calls of the system.</summary>
    [InlineArray(3)]
    public struct VfsCallsOfVersion3
    {
        private nint _call;
    }
}
