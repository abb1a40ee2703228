using System.Reflection;
using System.Runtime.InteropServices;

namespace Hartfs.Metadata.Sqlite.Interop;

/// <summary>The functions of SQLite that Hartfs uses (https://www.sqlite.org/c3ref/funclist.html).</summary>
/// <remarks>
/// Bound directly rather than through SQLitePCLRaw, whose wrappers allocate for every blob. The library is the
/// system's maintained one on Linux, otherwise the one that comes with the SQLitePCLRaw package.
/// </remarks>
internal static unsafe partial class Sqlite3
{
    public const int Ok = 0;
    public const int Busy = 5;
    public const int Locked = 6;
    public const int NoMemory = 7;
    public const int ReadOnly = 8;
    public const int IoError = 10;
    public const int ShortRead = IoError | (2 << 8);
    public const int Corrupt = 11;
    public const int Full = 13;
    public const int CannotOpen = 14;
    public const int Permission = 3;
    public const int Row = 100;
    public const int Done = 101;
    public const int NotADatabase = 26;

    public const int OpenReadOnly = 0x1;
    public const int OpenReadWrite = 0x2;
    public const int OpenCreate = 0x4;
    public const int OpenUri = 0x40;

    /// <summary>No mutex per connection: the caller serialises its calls.</summary>
    public const int OpenNoMutex = 0x8000;

    public const int CheckpointPassive = 0;
    public const int CheckpointTruncate = 3;

    private const string Library = "sqlite3";
    private const uint PreparePersistent = 1;
    private const int ConfigNoCheckpointOnClose = 1006;
    private const int ControlFilePointer = 7;
    private const int ControlJournalPointer = 28;
    private const int ControlReserveBytes = 38;
    private const int ZerosBytes = 64 << 10;
    private static readonly nint Transient = -1;
    private static readonly byte[] Zeros = new byte[ZerosBytes];

    static Sqlite3() => NativeLibrary.SetDllImportResolver(typeof(Sqlite3).Assembly, Resolve);

    /// <summary>Opens a database file; the handle is to be closed even when this fails.</summary>
    public static int Open(string path, int flags, out nint database)
    {
        int result = sqlite3_open_v2(path, out database, flags, ChecksumVfs.Name());
        if (database != 0)
            _ = sqlite3_extended_result_codes(database, 1);
        return result;
    }

    public static void Close(nint database) => _ = sqlite3_close_v2(database);

    public static int Prepare(nint database, string sql, out nint statement) =>
        sqlite3_prepare_v3(database, sql, -1, PreparePersistent, out statement, 0);

    public static int Execute(nint database, string sql) => sqlite3_exec(database, sql, 0, 0, 0);

    public static int Step(nint statement) => sqlite3_step(statement);

    public static void Reset(nint statement) => _ = sqlite3_reset(statement);

    public static void Finish(nint statement) => _ = sqlite3_finalize(statement);

    public static int Bind(nint statement, int index, long value) => sqlite3_bind_int64(statement, index, value);

    /// <summary>Binds a copy of bytes.</summary>
    public static int Bind(nint statement, int index, ReadOnlySpan<byte> value)
    {
        // A null pointer would bind NULL; no bytes are a value too.
        if (value.IsEmpty)
            return sqlite3_bind_zeroblob(statement, index, 0);
        fixed (byte* bytes = value)
            return sqlite3_bind_blob(statement, index, bytes, value.Length, Transient);
    }

    public static long GetInt64(nint statement, int column) => sqlite3_column_int64(statement, column);

    public static bool IsNull(nint statement, int column) => sqlite3_column_type(statement, column) == 5;

    /// <summary>A column's bytes, valid until the statement's next step or reset.</summary>
    public static ReadOnlySpan<byte> GetBytes(nint statement, int column)
    {
        byte* bytes = sqlite3_column_blob(statement, column);
        return new ReadOnlySpan<byte>(bytes, sqlite3_column_bytes(statement, column));
    }

    public static string GetText(nint statement, int column) =>
        Marshal.PtrToStringUTF8((nint)sqlite3_column_text(statement, column)) ?? "";

    public static int ColumnCount(nint statement) => sqlite3_column_count(statement);

    public static string ColumnName(nint statement, int column) =>
        Marshal.PtrToStringUTF8(sqlite3_column_name(statement, column)) ?? "";

    public static int Changes(nint database) => sqlite3_changes(database);

    public static int TotalChanges(nint database) => sqlite3_total_changes(database);

    /// <summary>Whether no transaction is open.</summary>
    public static bool IsAutoCommit(nint database) => sqlite3_get_autocommit(database) != 0;

    public static string Message(nint database) => Marshal.PtrToStringUTF8(sqlite3_errmsg(database)) ?? "";

    public static string Version() => Marshal.PtrToStringUTF8(sqlite3_libversion()) ?? "";

    /// <summary>Ends what runs on a connection that is open; from any thread.</summary>
    public static void Interrupt(nint database) => sqlite3_interrupt(database);

    public static int SystemError(nint database) => sqlite3_system_errno(database);

    /// <summary>Leaves the write-ahead log as it is when the database is closed.</summary>
    public static int DisableCheckpointOnClose(nint database) =>
        sqlite3_db_config(database, ConfigNoCheckpointOnClose, 1, null);

    /// <summary>Copies the write-ahead log into the database.</summary>
    public static int Checkpoint(nint database, int mode, out int logFrames, out int copiedFrames) =>
        sqlite3_wal_checkpoint_v2(database, null, mode, out logFrames, out copiedFrames);

    /// <summary>Writes zeros behind the end of the write-ahead log; false when it failed on the way.</summary>
    public static bool ExtendLog(nint database, long length)
    {
        SqliteFile* log = null;
        if (sqlite3_file_control(database, "main", ControlJournalPointer, &log) != Ok || log == null
            || log->Methods == null)
            return false;
        long end;
        if (log->Methods->GetSize(log, &end) != Ok)
            return false;
        fixed (byte* zeros = Zeros)
            for (; end < length; end += ZerosBytes)
                if (log->Methods->Write(log, zeros, ZerosBytes, end) != Ok)
                    return false;
        return true;
    }

    /// <summary>Whether the pages of an open database have checksums: known when something has been read.</summary>
    public static bool IsSealed(nint database) => StateOf(database)->IsSealed;

    /// <summary>From now on every page that is read must have, and every page written gets a checksum.</summary>
    public static void Seal(nint database, uint tag) => StateOf(database)->Seal(tag);

    /// <summary>
    /// Has every page end with bytes that SQLite leaves alone: of a new database, or from the next VACUUM on.
    /// </summary>
    public static int ReserveBytes(nint database, int count) =>
        sqlite3_file_control(database, "main", ControlReserveBytes, &count);

    /// <summary>The file of an open database.</summary>
    public static SqliteFile* FileOf(nint database)
    {
        SqliteFile* file = null;
        _ = sqlite3_file_control(database, "main", ControlFilePointer, &file);
        return file;
    }

    /// <summary>SQLite's default file system.</summary>
    public static SqliteVfs* FindVfs() => sqlite3_vfs_find(null);

    /// <summary>Makes a file system known by its name, for good.</summary>
    public static void RegisterVfs(SqliteVfs* vfs) => _ = sqlite3_vfs_register(vfs, makeDefault: 0);

    /// <summary>Has the frames of the log counted after each commit, at <paramref name="counter"/>.</summary>
    public static void CountLogFrames(nint database, nint counter) =>
        _ = sqlite3_wal_hook(database, &StoreFrames, (void*)counter);

    /// <summary>A counter for <see cref="CountLogFrames"/>, outside the collected heap.</summary>
    public static nint AllocateCounter() => (nint)NativeMemory.AllocZeroed(sizeof(int));

    public static int ReadCounter(nint counter) => *(int*)counter;

    public static void FreeCounter(nint counter) => NativeMemory.Free((void*)counter);

    [UnmanagedCallersOnly(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static int StoreFrames(void* counter, nint database, byte* name, int frames)
    {
        *(int*)counter = frames;
        return Ok;
    }

    private static DatabaseFile* StateOf(nint database) => ChecksumVfs.StateOf(FileOf(database));

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
            return 0;
        if (OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libsqlite3.so.0", out nint system))
            return system;
        return NativeLibrary.TryLoad("e_sqlite3", assembly, path, out nint bundled) ? bundled : 0;
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int sqlite3_open_v2(string path, out nint database, int flags, string? vfs);

    [LibraryImport(Library)]
    private static partial int sqlite3_extended_result_codes(nint database, int on);

    [LibraryImport(Library)]
    private static partial int sqlite3_close_v2(nint database);

    // Variadic in C: (database, operation, int, int*). Integers travel alike on x64 and on Linux and Windows arm64.
    [LibraryImport(Library)]
    private static partial int sqlite3_db_config(nint database, int operation, int value, int* result);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int sqlite3_prepare_v3(
        nint database, string sql, int length, uint flags, out nint statement, nint tail);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int sqlite3_exec(nint database, string sql, nint callback, nint argument, nint message);

    [LibraryImport(Library)]
    private static partial int sqlite3_step(nint statement);

    [LibraryImport(Library)]
    private static partial int sqlite3_reset(nint statement);

    [LibraryImport(Library)]
    private static partial int sqlite3_finalize(nint statement);

    // The calls below are a few instructions each and never wait: no transition of the collector's mode.
    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial int sqlite3_bind_int64(nint statement, int index, long value);

    [LibraryImport(Library)]
    private static partial int sqlite3_bind_zeroblob(nint statement, int index, int length);

    [LibraryImport(Library)]
    private static partial int sqlite3_bind_blob(nint statement, int index, byte* value, int length, nint release);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial long sqlite3_column_int64(nint statement, int column);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial int sqlite3_column_type(nint statement, int column);

    [LibraryImport(Library)]
    private static partial byte* sqlite3_column_blob(nint statement, int column);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial int sqlite3_column_bytes(nint statement, int column);

    [LibraryImport(Library)]
    private static partial byte* sqlite3_column_text(nint statement, int column);

    [LibraryImport(Library)]
    private static partial int sqlite3_column_count(nint statement);

    [LibraryImport(Library)]
    private static partial nint sqlite3_column_name(nint statement, int column);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial int sqlite3_changes(nint database);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial int sqlite3_total_changes(nint database);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial int sqlite3_get_autocommit(nint database);

    [LibraryImport(Library)]
    private static partial nint sqlite3_errmsg(nint database);

    [LibraryImport(Library)]
    private static partial nint sqlite3_libversion();

    [LibraryImport(Library)]
    private static partial void sqlite3_interrupt(nint database);

    [LibraryImport(Library)]
    private static partial int sqlite3_system_errno(nint database);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int sqlite3_wal_checkpoint_v2(
        nint database, string? name, int mode, out int logFrames, out int copiedFrames);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int sqlite3_file_control(nint database, string name, int operation, void* argument);

    [LibraryImport(Library)]
    private static partial SqliteVfs* sqlite3_vfs_find(byte* name);

    [LibraryImport(Library)]
    private static partial int sqlite3_vfs_register(SqliteVfs* vfs, int makeDefault);

    [LibraryImport(Library)]
    private static partial nint sqlite3_wal_hook(
        nint database, delegate* unmanaged[Cdecl]<void*, nint, byte*, int, int> hook, void* argument);
}
