using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hartfs.CrashTests.Disk;
using Hartfs.Metadata;

namespace Hartfs.CrashTests.Interop;

/// <summary>
/// Puts SQLite's files below chosen directories on a <see cref="SimulatedDisk"/>; all other files stay where they are.
/// </summary>
/// <remarks>
/// Without shared memory, so a database in WAL mode works only under an exclusive lock, as a volume's does. It says of
/// its disk what SQLite takes for granted on Linux: a write does not harm the bytes beside it.
/// </remarks>
internal static unsafe partial class SimulatedVfs
{
    private const string Library = "sqlite3";
    private const int Ok = 0;
    private const int IoError = 10;
    private const int NotFound = 12;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int ReadFailed = IoError | (1 << 8);
    private const int WriteFailed = IoError | (3 << 8);
    private const int FlushFailed = IoError | (4 << 8);
    private const int ShortRead = IoError | (2 << 8);
    private const int OpenCreate = 0x4;
    private const int OpenMainDatabase = 0x100;
    private const int PowerSafeOverwrite = 0x1000;
    private const int SectorBytes = 4096;

    private static readonly ConcurrentDictionary<string, SimulatedDisk> Disks = new(StringComparer.Ordinal);
    private static readonly SqliteVfs* Original = Register();
    private static SqliteFileMethods* s_methods;

    /// <summary>From now on the SQLite files of a volume's directory are on this disk; null: on the system's.</summary>
    public static void Attach(string directory, SimulatedDisk? disk)
    {
        if (Original == null) throw new InvalidOperationException("SQLite has no file system");
        if (disk is null) Disks.TryRemove(directory, out _);
        else Disks[directory] = disk;
    }

    private static SqliteVfs* Register()
    {
        NativeLibrary.SetDllImportResolver(typeof(SimulatedVfs).Assembly, Resolve);
        SqliteVfs* original = sqlite3_vfs_find(0);
        s_methods = (SqliteFileMethods*)NativeMemory.AllocZeroed((nuint)sizeof(SqliteFileMethods));
        *s_methods = new SqliteFileMethods
        {
            Version = 1,
            Close = &Close,
            Read = &Read,
            Write = &Write,
            Truncate = &Truncate,
            Synchronize = &Synchronize,
            FileSize = &FileSize,
            Lock = &Lock,
            Unlock = &Lock,
            CheckReservedLock = &CheckReservedLock,
            FileControl = &FileControl,
            SectorSize = &SectorSize,
            DeviceCharacteristics = &DeviceCharacteristics,
        };
        SqliteVfs* vfs = (SqliteVfs*)NativeMemory.AllocZeroed((nuint)sizeof(SqliteVfs));
        *vfs = *original;
        vfs->Version = 1;
        vfs->FileBytes = Math.Max(original->FileBytes, sizeof(SqliteFile));
        vfs->Next = null;
        vfs->Name = (byte*)Marshal.StringToCoTaskMemUTF8("simulated");
        vfs->Open = &Open;
        vfs->Delete = &Delete;
        vfs->Access = &Access;
        return sqlite3_vfs_register(vfs, makeDefault: 1) == Ok ? original : null;
    }

    /// <summary>The same library that the product uses.</summary>
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library) return 0;
        if (OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libsqlite3.so.0", out nint system)) return system;
        return NativeLibrary.TryLoad("e_sqlite3", typeof(MetadataStore).Assembly, path, out nint own) ? own : 0;
    }

    private static bool TryLocate(byte* path, out SimulatedDisk disk, out string name)
    {
        string full = Marshal.PtrToStringUTF8((nint)path)!;
        name = Path.GetFileName(full);
        return Disks.TryGetValue(Path.GetDirectoryName(full) ?? "", out disk!);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Open(SqliteVfs* vfs, byte* path, SqliteFile* file, int flags, int* outFlags)
    {
        if (path == null || !TryLocate(path, out SimulatedDisk disk, out string name))
            return Original->Open(Original, path, file, flags, outFlags);
        bool creates = (flags & OpenCreate) != 0;
        file->Methods = null;
        DiskFile? found = null;
        if (Try(() => found = creates ? disk.FindOrCreate(name) : disk.Find(name)) != Ok || found is null)
            return CannotOpen;
        // The product asks the system whether there is a database.
        string host = Marshal.PtrToStringUTF8((nint)path)!;
        if (creates && (flags & OpenMainDatabase) != 0 && !File.Exists(host)) File.Create(host).Dispose();
        file->Methods = s_methods;
        file->Handle = GCHandle.ToIntPtr(GCHandle.Alloc(new OpenFile(disk, found)));
        if (outFlags != null) *outFlags = flags;
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Delete(SqliteVfs* vfs, byte* path, int isDurable)
    {
        if (!TryLocate(path, out SimulatedDisk disk, out string name))
            return Original->Delete(Original, path, isDurable);
        disk.Delete(name, isDurable != 0);
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Access(SqliteVfs* vfs, byte* path, int flags, int* result)
    {
        if (!TryLocate(path, out SimulatedDisk disk, out string name))
            return Original->Access(Original, path, flags, result);
        *result = disk.Find(name) is { } file && (flags != 0 || disk.LengthOf(file) > 0) ? 1 : 0;
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Close(SqliteFile* file)
    {
        GCHandle.FromIntPtr(file->Handle).Free();
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Read(SqliteFile* file, byte* buffer, int length, long offset)
    {
        OpenFile open = Of(file);
        int count = 0;
        int result = Try(() => count = open.Disk.Read(open.File, offset, new Span<byte>(buffer, length)));
        if (result != Ok) return result;
        new Span<byte>(buffer, length)[count..].Clear();
        return count == length ? Ok : ShortRead;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(SqliteFile* file, byte* buffer, int length, long offset)
    {
        OpenFile open = Of(file);
        return Try(() => open.Disk.Write(open.File, offset, new ReadOnlySpan<byte>(buffer, length)));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Truncate(SqliteFile* file, long length)
    {
        OpenFile open = Of(file);
        open.Disk.Truncate(open.File, length);
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Synchronize(SqliteFile* file, int flags)
    {
        OpenFile open = Of(file);
        return Try(() => open.Disk.Synchronize(open.File));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FileSize(SqliteFile* file, long* length)
    {
        OpenFile open = Of(file);
        *length = open.Disk.LengthOf(open.File);
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Lock(SqliteFile* file, int level) => Ok;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int CheckReservedLock(SqliteFile* file, int* result)
    {
        *result = 0;
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FileControl(SqliteFile* file, int operation, void* argument) => NotFound;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int SectorSize(SqliteFile* file) => SectorBytes;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int DeviceCharacteristics(SqliteFile* file) => PowerSafeOverwrite;

    /// <summary>A planned fault as SQLite is told of it.</summary>
    private static int Try(Action request)
    {
        try
        {
            request();
            return Ok;
        }
        catch (DiskFaultException fault)
        {
            return fault.Kind switch
            {
                DiskFaultKind.NoSpace => Full,
                DiskFaultKind.ReadError => ReadFailed,
                DiskFaultKind.FlushError => FlushFailed,
                _ => WriteFailed,
            };
        }
    }

    private static OpenFile Of(SqliteFile* file) => (OpenFile)GCHandle.FromIntPtr(file->Handle).Target!;

    [LibraryImport(Library)]
    private static partial SqliteVfs* sqlite3_vfs_find(nint name);

    [LibraryImport(Library)]
    private static partial int sqlite3_vfs_register(SqliteVfs* vfs, int makeDefault);

    private sealed record OpenFile(SimulatedDisk Disk, DiskFile File);
}
