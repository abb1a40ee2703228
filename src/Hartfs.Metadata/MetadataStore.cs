using System.Reflection;
using Hartfs.Format;
using Hartfs.Metadata.Snapshots;
using Hartfs.Metadata.Sqlite;
using Hartfs.Metadata.Tables;
using Microsoft.Extensions.Logging;

namespace Hartfs.Metadata;

/// <summary>
/// The metadata of a volume: one SQLite file, one connection, one write transaction that is always open. Changes are
/// visible at once, and durable, all of them or none, with <see cref="Commit"/>.
/// </summary>
/// <remarks>
/// Not thread-safe: the caller holds one lock around every call, cursors included. Any failure of SQLite sets
/// <see cref="IsFailed"/>: the open transaction may then be half done, so it is never committed; reading goes on as
/// far as it works.
/// </remarks>
public sealed partial class MetadataStore : IDisposable
{
    internal const int ApplicationId = 0x48617274;
    internal const int SchemaVersion = 1;

    private const int PageBytes = MetadataPage.Size;

    // Trimming at close: worth it when a quarter of the file is free, bounded so that closing stays quick.
    private const long TrimPagesMin = 32;
    private const int TrimPagesMax = 65536;
    private const int LogHeaderBytes = 32;
    private const int LogFrameHeaderBytes = 24;

    private readonly Database _database;
    private readonly MetadataSettings _settings;
    private readonly ILogger _logger;
    private readonly string _path;
    private readonly LogRoom _logRoom;
    private SnapshotQueries? _snapshotQueries;
    private int _committedChanges;
    private bool _isClosed;

    private MetadataStore(Database database, string path, MetadataSettings settings, ILogger logger)
    {
        _database = database;
        _path = path;
        _logRoom = new LogRoom(database, settings.LogBytesMax);
        _settings = settings;
        _logger = logger;
        State = new VolumeState(database);
        Inodes = new InodeTable(database, State);
        Entries = new EntryTable(database, State);
        Extents = new ExtentTable(database, State, Inodes);
        Xattrs = new XattrTable(database, State);
        Symlinks = new SymlinkTable(database, State);
        Regions = new RegionTable(database);
        Packs = new PackTable(database);
        Inline = new InlineTable(database, State);
        Damage = new DamageTable(database);
        Names = new NameSearch(database);
        References = new ReferenceTable(database);
        PastRows = new PastRows(database, State);
        Uses = new GlyphSearch(database);
        Snapshots = new SnapshotTable(database, State);
        Difference = new EpochDifference(database);
        _committedChanges = database.TotalChanges;
    }

    public InodeTable Inodes { get; }

    public EntryTable Entries { get; }

    public ExtentTable Extents { get; }

    public XattrTable Xattrs { get; }

    public SymlinkTable Symlinks { get; }

    public RegionTable Regions { get; }

    public PackTable Packs { get; }

    public InlineTable Inline { get; }

    public DamageTable Damage { get; }

    public NameSearch Names { get; }

    /// <summary>Every run of glyphs that a live or past file refers to.</summary>
    public ReferenceTable References { get; }

    /// <summary>The versions of rows that snapshots keep.</summary>
    public PastRows PastRows { get; }

    public GlyphSearch Uses { get; }

    public SnapshotTable Snapshots { get; }

    /// <summary>What differs between two epochs.</summary>
    public EpochDifference Difference { get; }

    public VolumeState State { get; }

    /// <summary>The current epoch, from 1.</summary>
    public long Epoch => State.Epoch;

    /// <summary>Whether a failure has left the open transaction in an unknown state. Reopen to go on.</summary>
    public bool IsFailed => _database.IsFailed;

    /// <exception cref="MetadataException">A failure has left the open transaction in an unknown state.</exception>
    public void ThrowIfFailed()
    {
        if (IsFailed)
            throw _database.AfterFailure();
    }

    /// <summary>Rows changed since the last commit; at least 1 when a single number changed.</summary>
    public long PendingChanges =>
        unchecked((uint)(_database.TotalChanges - _committedChanges)) + (State.IsChanged ? 1 : 0);

    /// <summary>Bytes of the database on disk, without its write-ahead log.</summary>
    public long DatabaseBytes => LengthOf(_path);

    /// <summary>Bytes of the write-ahead log on disk: room that is used again and again, empty once closed.</summary>
    public long LogFileBytes => LengthOf(LogPath(_path));

    /// <summary>Grows with every row changed since the metadata was opened; wraps around.</summary>
    public int ChangeCount => _database.TotalChanges;

    /// <summary>Whether its pages have checksums.</summary>
    public bool IsSealed => _database.IsSealed;

    /// <summary>Makes the database of a new volume, durably.</summary>
    /// <param name="path">A file that does not exist yet.</param>
    /// <param name="root">The root directory: number <see cref="InodeNumber.Root"/>, its own parent.</param>
    /// <param name="volume">Whose it is: every page says so; null: pages have no checksums.</param>
    public static void Create(string path, in InodeRecord root, VolumeId? volume)
    {
        if (File.Exists(path))
            throw new IOException($"{path} exists already");
        using (Database database = Database.Create(path))
        {
            database.Execute($"PRAGMA page_size = {PageBytes}");
            if (volume is { } whose)
            {
                database.ReservePageEnds();
                database.Seal(MetadataPage.TagOf(whose));
            }

            database.Execute(
                "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA locking_mode = EXCLUSIVE; " +
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN;");
            database.Execute(ReadSchema());
            database.Execute($"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {SchemaVersion}; COMMIT");
        }
        using MetadataStore store = Open(path, new MetadataSettings { LogBytesMax = 0, Sealed = volume },
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        store.Inodes.Insert(root);
        store.Commit();
    }

    /// <summary>
    /// Whether a file is a database of this kind whose pages are all whole, as far as SQLite can tell. Reads all of it,
    /// changes nothing, and does not look at a write-ahead log.
    /// </summary>
    /// <param name="volume">Whose checksums every page must have; null: whatever the file says of itself.</param>
    public static bool IsWhole(string path, VolumeId? volume)
    {
        if (!File.Exists(path))
            return false;
        try
        {
            using Database database = Database.OpenImmutable(path);
            Require(database, volume);
            CheckVersion(database, path);
            return database.FindPageFaults(1).Count == 0;
        }
        catch (MetadataException)
        {
            return false;
        }
    }

    /// <summary>
    /// Gives every page of a database that nobody has open a checksum, where pages have none. Writes all of it anew.
    /// </summary>
    /// <param name="volume">Whose it is.</param>
    public static void AddChecksums(string path, VolumeId volume)
    {
        using Database database = Database.Open(path);
        database.Execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL");
        CheckVersion(database, path);
        if (database.IsSealed)
            return;
        // The new pages are in the log then, all of them, and get their checksums on the way into the file.
        database.ReservePageEnds();
        database.Execute("VACUUM");
        database.Seal(MetadataPage.TagOf(volume));
        database.Checkpoint(truncate: true);
    }

    /// <summary>Opens the metadata, taking in what a crash left behind.</summary>
    /// <exception cref="MetadataException">The kind and the message say why not.</exception>
    public static MetadataStore Open(string path, MetadataSettings settings, ILogger logger)
    {
        if (!File.Exists(path))
            throw new MetadataException(MetadataFailure.NotFound, 0, $"{path} does not exist");
        long logBytes = LengthOf(LogPath(path));
        Database database = settings.ReadOnly ? OpenForReading(path, logBytes) : Database.Open(path);
        database.Damaged = failure => Log.Damaged(logger, failure.Message);
        try
        {
            Require(database, settings.Sealed);
            Configure(database, settings);
            CheckVersion(database, path);
            var store = new MetadataStore(database, path, settings, logger);
            CheckFeatures(store.State, path, settings.ReadOnly);
            if (logBytes != 0 && !settings.ReadOnly)
                Log.Recovered(logger, path, logBytes);
            if (!database.IsSealed)
                Log.NotSealed(logger, path);
            Log.Opened(logger, path, database.QueryInt64("PRAGMA page_count"), Database.LibraryVersion);
            return store;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes every change so far durable and begins the next transaction. A store without changes does nothing.
    /// </summary>
    /// <exception cref="MetadataException">Nothing of it is durable; <see cref="IsFailed"/> is set.</exception>
    public void Commit()
    {
        ThrowIfUnusable();
        if (PendingChanges == 0)
            return;
        try
        {
            State.Save();
            _database.Execute("COMMIT");
            _committedChanges = _database.TotalChanges;
            CountLog();
            _logRoom.Keep(LogBytes);
            _database.Execute("BEGIN IMMEDIATE");
        }
        catch (MetadataException failure)
        {
            Log.CommitFailed(_logger, failure.Message);
            throw;
        }
    }

    /// <summary>
    /// Moves the write-ahead log into the database when it is larger than the setting. To be called right after
    /// <see cref="Commit"/>: with changes pending it does nothing.
    /// </summary>
    /// <returns>Whether it did.</returns>
    /// <param name="logBytesMax">Bytes of the log above which it acts, where less is asked for than set.</param>
    public bool CheckpointIfNeeded(long logBytesMax = long.MaxValue)
    {
        ThrowIfUnusable();
        if (PendingChanges != 0 || LogBytes < Math.Min(logBytesMax, _settings.LogBytesMax) ||
            IsFrozen(logBytesMax))
            return false;
        _database.Execute("COMMIT");
        bool isDone = _database.Checkpoint(truncate: false);
        _database.Execute("BEGIN IMMEDIATE");
        return isDone;
    }

    /// <summary>
    /// Ends the epoch and begins the next: rows written so far are kept for a reader of the epoch that ended, until
    /// <see cref="ReleaseEpochs"/>. One such reader at a time; <see cref="Snapshots"/> has its own way.
    /// Returns the new epoch; the one that ended is one less.
    /// </summary>
    public long BeginEpoch()
    {
        State.HeldEpoch = State.Epoch;
        return State.EndEpoch();
    }

    /// <summary>
    /// Keeps from now on only the rows that a snapshot reads: to be called when an epoch that was begun for a reader
    /// without a snapshot is not read any more.
    /// </summary>
    public void ReleaseEpochs()
    {
        State.HeldEpoch = 0;
        Snapshots.FindKeptEpoch();
    }

    /// <summary>
    /// Reads the tree as it was at the end of an epoch that a snapshot ended; of a store that is open for reading
    /// also as it is, by the current epoch.
    /// </summary>
    public SnapshotReader ReadEpoch(long epoch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(epoch, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(epoch, _settings.ReadOnly ? Epoch : Epoch - 1);
        return new SnapshotReader(_snapshotQueries ??= new SnapshotQueries(_database), epoch);
    }

    /// <summary>
    /// Closes. Changes since the last <see cref="Commit"/> are dropped; the write-ahead log is emptied and removed.
    /// </summary>
    public void Dispose()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        try
        {
            if (!_database.IsAutoCommit)
                _database.Execute("ROLLBACK");
            if (!_settings.ReadOnly)
            {
                Trim();
                _database.Checkpoint(truncate: true);
            }
        }
        catch (MetadataException failure)
        {
            // The log stays and is taken in by the next opening: nothing is lost.
            Log.CheckpointFailed(_logger, failure.Message);
        }
        _database.Dispose();
        _fileHandle?.Dispose();
    }

    internal Database Database => _database;

    private long LogBytes => LogHeaderBytes + (long)_database.LogFrames * (PageBytes + LogFrameHeaderBytes);

    private static string LogPath(string path) => path + "-wal";

    private static long LengthOf(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? file.Length : 0;
    }

    private static Database OpenForReading(string path, long logBytes)
    {
        // Without a log the file is complete by itself, and nothing beside it needs to be made.
        if (logBytes == 0)
            return Database.OpenImmutable(path);
        Database database = Database.Open(path);
        database.KeepLogOnClose();
        return database;
    }

    private static void Require(Database database, VolumeId? volume)
    {
        if (volume is { } whose)
            database.Seal(MetadataPage.TagOf(whose));
    }

    private static void Configure(Database database, MetadataSettings settings)
    {
        long cacheKibibytes = Math.Max(settings.CacheBytesMax >> 10, 64);
        database.Execute(
            $"PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -{cacheKibibytes}; PRAGMA temp_store = MEMORY; " +
            "PRAGMA foreign_keys = OFF; PRAGMA synchronous = FULL; " +
            $"PRAGMA query_only = {(settings.ReadOnly ? "ON" : "OFF")}; " +
            (settings.ReadOnly ? "BEGIN" : "BEGIN IMMEDIATE"));
    }

    private static void CheckVersion(Database database, string path)
    {
        long application = database.QueryInt64("PRAGMA application_id");
        long version = database.QueryInt64("PRAGMA user_version");
        if (application != ApplicationId || version < 1)
            throw new MetadataException(MetadataFailure.Damaged, 0, $"{path} is not the metadata of a Hartfs volume");
        if (version > SchemaVersion)
            throw new MetadataException(MetadataFailure.NewerSchema, 0,
                $"{path} has schema {version}; this program knows {SchemaVersion}. Use a newer hartfs");
    }

    private static void CheckFeatures(VolumeState state, string path, bool readOnly)
    {
        if (state.IncompatibleFeatures != 0)
            throw new MetadataException(MetadataFailure.NewerSchema, 0,
                $"{path} uses features 0x{state.IncompatibleFeatures:x} that this program lacks. Use a newer hartfs");
        if (state.ReadOnlyCompatibleFeatures != 0 && !readOnly)
            throw new MetadataException(MetadataFailure.NewerSchema, 0,
                $"{path} uses features 0x{state.ReadOnlyCompatibleFeatures:x} that this program lacks: " +
                "it can be opened read-only, or with a newer hartfs");
    }

    private static string ReadSchema()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Hartfs.Metadata.Schema.sql")!;
        using var reader = new StreamReader(stream);
        // SQLite keeps the text of every statement in the file, comments included.
        IEnumerable<string> lines = reader.ReadToEnd().Split('\n').Where(line => !line.TrimStart().StartsWith("--"));
        return string.Join('\n', lines);
    }

    private void Trim()
    {
        long free = _database.QueryInt64("PRAGMA freelist_count");
        long all = _database.QueryInt64("PRAGMA page_count");
        if (free >= TrimPagesMin && free >= all / 4)
            _database.Execute($"PRAGMA incremental_vacuum({TrimPagesMax})");
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (_settings.ReadOnly)
            throw new InvalidOperationException("The metadata is open for reading");
        ThrowIfFailed();
    }
}
