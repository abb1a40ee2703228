using Hartfs.Metadata.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Hartfs.Metadata;

/// <summary>Holding the database file still.</summary>
public sealed partial class MetadataStore
{
    /// <summary>Log bytes above which a frozen file is given up.</summary>
    private const long FrozenLogBytesMax = 1L << 30;

    // Never closed before the database is: closing any descriptor of a file drops the locks that SQLite holds on it
    // (fcntl(2)).
    private SafeFileHandle? _fileHandle;
    private MetadataFile? _frozen;
    private int _countedFrames;

    /// <summary>Bytes written to the write-ahead log since the store was opened.</summary>
    public long WrittenLogBytes { get; private set; }

    /// <summary>
    /// Brings the database file up to date and holds it there. To be called right after <see cref="Commit"/>, under
    /// the same lock. Null with changes pending, or while it is held already.
    /// </summary>
    /// <param name="storeLock">The lock around every call of this store.</param>
    public MetadataFile? TryFreeze(Lock storeLock)
    {
        // What a store for reading notes, such as the place of a scrub, never reaches the file.
        if ((PendingChanges != 0 && !_settings.ReadOnly) || _frozen is not null)
            return null;
        _fileHandle ??= File.OpenHandle(_path, FileMode.Open, FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete);
        if (!_settings.ReadOnly)
        {
            _database.Execute("COMMIT");
            bool isComplete = _database.Checkpoint(truncate: false);
            _database.Execute("BEGIN IMMEDIATE");
            if (!isComplete)
                return null;
        }

        long length = _database.QueryInt64("PRAGMA page_count") * PageBytes;
        return _frozen = new MetadataFile(_path, _fileHandle, length, () =>
        {
            lock (storeLock)
                _frozen = null;
        })
        {
            IsSealed = IsSealed,
            Sealed = _settings.Sealed,
        };
    }

    /// <summary>
    /// Opens a frozen file for reading, as a store of its own: needs no lock, and sees what was committed then. Dispose
    /// of it first.
    /// </summary>
    public static MetadataStore OpenFrozen(MetadataFile file, ILogger logger)
    {
        Database database = Database.OpenImmutable(file.Path);
        try
        {
            var settings = new MetadataSettings { ReadOnly = true, Sealed = file.Sealed };
            Require(database, settings.Sealed);
            Configure(database, settings);
            return new MetadataStore(database, file.Path, settings, logger);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Makes the query that runs now fail; from any thread, before the store is disposed of.</summary>
    public void Interrupt() => _database.Interrupt();

    /// <summary>What SQLite finds wrong with pages, indexes and rows; empty when nothing is.</summary>
    public IReadOnlyList<string> FindPageFaults(int countMax)
    {
        try
        {
            return _database.FindPageFaults(countMax);
        }
        catch (MetadataException failure)
        {
            return [failure.Message];
        }
    }

    // Whether the log must stay out of the file for now: not when it has grown long, and not on a disk short of room.
    private bool IsFrozen(long logBytesMax)
    {
        if (_frozen is null)
            return false;
        if (LogBytes < FrozenLogBytesMax && logBytesMax == long.MaxValue)
            return true;
        _frozen.Break();
        _frozen = null;
        return false;
    }

    // The log begins anew when it has been moved into the file.
    private void CountLog()
    {
        int frames = _database.LogFrames;
        int added = frames >= _countedFrames ? frames - _countedFrames : frames;
        WrittenLogBytes += added * (long)(PageBytes + LogFrameHeaderBytes);
        _countedFrames = frames;
    }
}
