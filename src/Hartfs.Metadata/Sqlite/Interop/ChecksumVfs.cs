using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hartfs.Metadata.Sqlite.Interop;

/// <summary>
/// Lies over SQLite's own file system (or a test's) and looks at what is read: pages of the database carry checksums
/// (<see cref="DatabaseFile"/>), frames of its log have SQLite's (<see cref="LogFile"/>).
/// </summary>
/// <remarks>
/// A file stays the one that the layer beneath made; only its table of methods is replaced by a copy in which reading
/// and writing are ours. All other calls, of the log and of locks too, go straight to the layer beneath. What is known
/// of a file lies behind the bytes that the layer beneath asked for.
/// </remarks>
internal static unsafe class ChecksumVfs
{
    private const int OpenMainDatabase = 0x100;
    private const int OpenLog = 0x80000;

    // Larger than either kind of state, and a multiple of every alignment.
    private const int StateBytes = 64;

    // guards: the two lists below, which only grow
    private static readonly Lock Lists = new();
    private static readonly Dictionary<nint, string> Names = [];
    private static readonly Dictionary<(nint Original, int StateOffset, bool IsLog), nint> Tables = [];

    [ThreadStatic]
    private static string? _fault;

    /// <summary>The name to open databases with: a layer over what is SQLite's default now.</summary>
    public static string Name()
    {
        SqliteVfs* beneath = Sqlite3.FindVfs();
        lock (Lists)
        {
            if (!Names.TryGetValue((nint)beneath, out string? name))
            {
                name = $"hartfs-{Names.Count + 1}";
                Register(beneath, name);
                Names.Add((nint)beneath, name);
            }

            return name;
        }
    }

    /// <summary>What this thread was last refused for, once.</summary>
    public static string? TakeFault()
    {
        string? fault = _fault;
        _fault = null;
        return fault;
    }

    /// <summary>Notes why a read is refused; returns what to tell SQLite.</summary>
    public static int Refuse(string fault)
    {
        _fault = fault;
        // Not an error of input and output: after one SQLite rolls back what was acknowledged, and goes on.
        return Sqlite3.Corrupt;
    }

    /// <summary>What is known of a database's file.</summary>
    public static DatabaseFile* StateOf(SqliteFile* file) => (DatabaseFile*)((byte*)file + TableOf(file)->StateOffset);

    /// <summary>The methods of the layer beneath.</summary>
    public static Table* TableOf(SqliteFile* file) => (Table*)file->Methods;

    private static void Register(SqliteVfs* beneath, string name)
    {
        var vfs = (SqliteVfs*)NativeMemory.AllocZeroed((nuint)sizeof(SqliteVfs));
        int version = Math.Min(beneath->Version, 3);
        NativeMemory.Copy(beneath, vfs, (nuint)SqliteVfs.BytesOf(version));
        vfs->Version = version;
        vfs->FileBytes = StateOffset(beneath) + StateBytes;
        vfs->Next = null;
        vfs->Name = (byte*)Marshal.StringToCoTaskMemUTF8(name);
        vfs->Data = beneath;
        vfs->Open = &Open;
        Sqlite3.RegisterVfs(vfs);
    }

    private static int StateOffset(SqliteVfs* beneath) => (beneath->FileBytes + 15) & ~15;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Open(SqliteVfs* vfs, byte* path, SqliteFile* file, int flags, int* outFlags)
    {
        var beneath = (SqliteVfs*)vfs->Data;
        int result = beneath->Open(beneath, path, file, flags, outFlags);
        bool isLog = (flags & OpenLog) != 0;
        if (result != Sqlite3.Ok || file->Methods == null || (!isLog && (flags & OpenMainDatabase) == 0))
            return result;
        int stateOffset = StateOffset(beneath);
        new Span<byte>((byte*)file + stateOffset, StateBytes).Clear();
        file->Methods = FindTable(file->Methods, stateOffset, isLog);
        return result;
    }

    private static SqliteFile.FileMethods* FindTable(SqliteFile.FileMethods* original, int stateOffset, bool isLog)
    {
        lock (Lists)
        {
            var key = ((nint)original, stateOffset, isLog);
            if (!Tables.TryGetValue(key, out nint found))
            {
                found = (nint)MakeTable(original, stateOffset, isLog);
                Tables.Add(key, found);
            }

            return (SqliteFile.FileMethods*)found;
        }
    }

    private static Table* MakeTable(SqliteFile.FileMethods* original, int stateOffset, bool isLog)
    {
        var table = (Table*)NativeMemory.AllocZeroed((nuint)sizeof(Table));
        // Never version 3: what is mapped into memory is not read through us.
        int version = Math.Min(original->Version, 2);
        NativeMemory.Copy(original, table, (nuint)SqliteFile.FileMethods.BytesOf(version));
        table->Methods.Version = version;
        table->Methods.Read = isLog ? &LogFile.Read : &DatabaseFile.Read;
        table->Methods.Write = isLog ? &LogFile.Write : &DatabaseFile.Write;
        table->Read = original->Read;
        table->Write = original->Write;
        table->StateOffset = stateOffset;
        return table;
    }

    /// <summary>The methods of a file as SQLite sees them, and those that were replaced.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Table
    {
        public SqliteFile.FileMethods Methods;
        public delegate* unmanaged[Cdecl]<SqliteFile*, byte*, int, long, int> Read;
        public delegate* unmanaged[Cdecl]<SqliteFile*, byte*, int, long, int> Write;
        public int StateOffset;
    }
}
