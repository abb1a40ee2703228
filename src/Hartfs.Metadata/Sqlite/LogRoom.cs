namespace Hartfs.Metadata.Sqlite;

/// <summary>
/// Keeps zeros behind the end of the write-ahead log, for commits to overwrite: a flush that need not make the file
/// longer spares the backing filesystem a transaction of its own, and takes far less time
/// (native-notes/performance.md). SQLite takes zeros for what follows the log's last frame: nothing.
/// </summary>
/// <param name="database">Whose log.</param>
/// <param name="bytesMax">The length at which the log is moved into the database and begun anew.</param>
internal sealed class LogRoom(Database database, long bytesMax)
{
    private const long StepBytes = 4 << 20;
    private const long MarginBytes = 1 << 20;

    private long _length;

    /// <summary>Makes room behind the log's end where there is little; on a full disk none, without an error.</summary>
    public void Keep(long usedBytes)
    {
        if (Math.Min(usedBytes + MarginBytes, bytesMax) <= _length)
            return;
        // Also where the attempt fails: the log grows by itself as long as it can, and the next attempt comes when it
        // has.
        _length = Math.Min(usedBytes + MarginBytes + StepBytes, bytesMax);
        database.ExtendLog(_length);
    }
}
