using Hartfs.Format;
using Hartfs.Metadata.Sqlite.Interop;

namespace Hartfs.Metadata.Sqlite;

/// <summary>One connection to one SQLite file. Not thread-safe: the caller serialises.</summary>
internal sealed class Database : IDisposable
{
    private const int LinuxPermission = 1;
    private const int LinuxAccess = 13;
    private const int LinuxNoSpace = 28;
    private const int LinuxReadOnlyDisk = 30;
    private const int LinuxQuotaExceeded = 122;

    private readonly string _path;
    private readonly List<Statement> _statements = [];
    private readonly nint _logFrames;
    private nint _handle;

    private Database(string path, nint handle)
    {
        _path = path;
        _handle = handle;
        _logFrames = Sqlite3.AllocateCounter();
    }

    /// <summary>Whether a call failed, so that the open transaction may be half done.</summary>
    public bool IsFailed { get; private set; }

    /// <summary>Rows changed by the last statement.</summary>
    public int Changes => Sqlite3.Changes(_handle);

    /// <summary>Rows changed since the connection was opened; wraps around.</summary>
    public int TotalChanges => Sqlite3.TotalChanges(_handle);

    /// <summary>Whether no transaction is open.</summary>
    public bool IsAutoCommit => Sqlite3.IsAutoCommit(_handle);

    /// <summary>Frames (pages) in the write-ahead log after the last commit that wrote.</summary>
    public int LogFrames => Sqlite3.ReadCounter(_logFrames);

    /// <summary>The library's version, for example 3.40.1.</summary>
    public static string LibraryVersion => Sqlite3.Version();

    /// <summary>Opens an existing file for reading and writing, or for reading where no more is permitted.</summary>
    public static Database Open(string path) => Open(path, path, Sqlite3.OpenReadWrite);

    /// <summary>Opens or makes a file.</summary>
    public static Database Create(string path) => Open(path, path, Sqlite3.OpenReadWrite | Sqlite3.OpenCreate);

    /// <summary>Opens a file that nobody changes, for reading: takes no locks and ignores a write-ahead log.</summary>
    public static Database OpenImmutable(string path)
    {
        string escaped = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        return Open(path, $"file:{escaped}?immutable=1", Sqlite3.OpenReadOnly | Sqlite3.OpenUri);
    }

    /// <summary>Called with every failure that shows damage.</summary>
    public Action<MetadataException>? Damaged { get; set; }

    /// <summary>Whether pages have checksums: known when something has been read.</summary>
    public bool IsSealed => Sqlite3.IsSealed(_handle);

    /// <summary>
    /// Has every page carry a checksum and a tag: of an existing database one that has none is damage, a new one gets
    /// them.
    /// </summary>
    public void Seal(uint tag) => Sqlite3.Seal(_handle, tag);

    /// <summary>Has pages end with bytes that SQLite leaves alone, of a new database or from VACUUM on.</summary>
    public void ReservePageEnds() => Check(Sqlite3.ReserveBytes(_handle, MetadataPage.ReservedBytes));

    /// <summary>The statements prepared for as long as the connection lives.</summary>
    public IReadOnlyList<Statement> Statements => _statements;

    /// <summary>Prepares a statement that lives as long as the connection.</summary>
    public Statement Prepare(string sql)
    {
        Statement statement = PrepareOnce(sql);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Prepares a statement that the caller disposes.</summary>
    public Statement PrepareOnce(string sql)
    {
        int result = Sqlite3.Prepare(_handle, sql, out nint handle);
        return result == Sqlite3.Ok ? new Statement(this, handle, sql) : throw Failure(result, sql);
    }

    /// <summary>Runs statements without parameters and results.</summary>
    public void Execute(string sql)
    {
        int result = Sqlite3.Execute(_handle, sql);
        if (result != Sqlite3.Ok)
            throw Failure(result, sql);
    }

    /// <summary>The first column of the first row; 0 when there is none.</summary>
    public long QueryInt64(string sql)
    {
        using Statement statement = PrepareOnce(sql);
        using Statement.Rows rows = statement.Query();
        return rows.Next() ? rows.Int64(0) : 0;
    }

    /// <summary>Makes the statement that runs now fail; from any thread, while the connection is open.</summary>
    public void Interrupt() => Sqlite3.Interrupt(_handle);

    /// <summary>What SQLite finds wrong with pages, indexes and rows; empty when nothing is.</summary>
    public IReadOnlyList<string> FindPageFaults(int countMax)
    {
        List<string> faults = [];
        using Statement statement = PrepareOnce($"PRAGMA integrity_check({countMax})");
        using Statement.Rows rows = statement.Query();
        while (rows.Next())
            faults.Add(rows.Text(0));
        // It goes on behind a page that was refused, and says so itself.
        ChecksumVfs.TakeFault();
        return faults is ["ok"] ? [] : faults;
    }

    /// <summary>Copies the write-ahead log into the database; no transaction may be open.</summary>
    /// <returns>False: not all of it, because there is no room; the log has everything still.</returns>
    public bool Checkpoint(bool truncate)
    {
        int mode = truncate ? Sqlite3.CheckpointTruncate : Sqlite3.CheckpointPassive;
        int result = Sqlite3.Checkpoint(_handle, mode, out int logFrames, out int copiedFrames);
        if ((result & 0xFF) == Sqlite3.Full)
            return false;
        Check(result);
        return logFrames == copiedFrames;
    }

    /// <summary>Writes zeros behind the end of the write-ahead log, up to a length, as far as it works.</summary>
    public void ExtendLog(long length) => Sqlite3.ExtendLog(_handle, length);

    /// <summary>Leaves the write-ahead log as it is on closing.</summary>
    public void KeepLogOnClose() => Check(Sqlite3.DisableCheckpointOnClose(_handle));

    public void Check(int result)
    {
        if (result != Sqlite3.Ok)
            throw Failure(result, null);
    }

    /// <summary>Marks the connection as failed and describes why.</summary>
    public MetadataException Failure(int result, string? sql)
    {
        IsFailed = true;
        MetadataFailure kind = Classify(result, Sqlite3.SystemError(_handle));
        string reason = (kind == MetadataFailure.Damaged ? ChecksumVfs.TakeFault() : null) ?? Sqlite3.Message(_handle);
        string what = kind switch
        {
            MetadataFailure.Damaged => "is damaged",
            MetadataFailure.Locked => "is in use by another process",
            MetadataFailure.DiskFull => "cannot grow: the disk is full",
            MetadataFailure.NotPermitted => "may not be opened or written",
            _ => "failed",
        };
        string statement = sql is null ? "" : $" (in: {sql.ReplaceLineEndings(" ")})";
        var failure = new MetadataException(kind, result, $"{_path} {what}: {reason} [{result}]{statement}");
        if (kind == MetadataFailure.Damaged)
            Damaged?.Invoke(failure);
        return failure;
    }

    /// <summary>What a change is told that comes after a failure.</summary>
    public MetadataException AfterFailure() => new(MetadataFailure.Failed, 0,
        $"{_path}: an earlier failure left the metadata in an unknown state; open the volume again");

    public void Dispose()
    {
        if (_handle == 0)
            return;
        foreach (Statement statement in _statements)
            statement.Dispose();
        Sqlite3.Close(_handle);
        Sqlite3.FreeCounter(_logFrames);
        _handle = 0;
    }

    private static Database Open(string path, string name, int flags)
    {
        ChecksumVfs.TakeFault();
        int result = Sqlite3.Open(name, flags | Sqlite3.OpenNoMutex, out nint handle);
        var database = new Database(path, handle);
        if (result != Sqlite3.Ok)
        {
            MetadataException failure = database.Failure(result, null);
            database.Dispose();
            throw failure;
        }
        Sqlite3.CountLogFrames(handle, database._logFrames);
        return database;
    }

    private static MetadataFailure Classify(int result, int systemError) => (result & 0xFF) switch
    {
        Sqlite3.Corrupt or Sqlite3.NotADatabase => MetadataFailure.Damaged,
        Sqlite3.Busy or Sqlite3.Locked => MetadataFailure.Locked,
        Sqlite3.Full => MetadataFailure.DiskFull,
        Sqlite3.ReadOnly or Sqlite3.Permission => MetadataFailure.NotPermitted,
        Sqlite3.CannotOpen or Sqlite3.IoError => systemError switch
        {
            LinuxNoSpace or LinuxQuotaExceeded => MetadataFailure.DiskFull,
            LinuxPermission or LinuxAccess or LinuxReadOnlyDisk => MetadataFailure.NotPermitted,
            _ => MetadataFailure.Io,
        },
        _ => MetadataFailure.Other,
    };
}
