using Microsoft.Win32.SafeHandles;

namespace Hartfs.Metadata.Sqlite;

/// <summary>
/// Keeps zeros behind the end of the write-ahead log, for commits to overwrite: a flush that need not make the file
/// longer spares the backing filesystem a transaction of its own, and takes far less time
/// (native-notes/performance.md). SQLite takes zeros for what follows the log's last frame: nothing.
/// </summary>
/// <param name="path">The log.</param>
/// <param name="bytesMax">The length at which the log is moved into the database and begun anew.</param>
internal sealed class LogRoom(string path, long bytesMax)
{
    private const long StepBytes = 4 << 20;
    private const long MarginBytes = 1 << 20;

    private static readonly byte[] Zeros = new byte[256 << 10];

    private long _length;

    /// <summary>Makes room behind the log's end where there is little; on a full disk none, without an error.</summary>
    public void Keep(long usedBytes)
    {
        if (Math.Min(usedBytes + MarginBytes, bytesMax) <= _length)
            return;
        // Also where the attempt fails: the next one comes when the log has grown.
        _length = Math.Min(usedBytes + MarginBytes + StepBytes, bytesMax);
        try
        {
            using SafeFileHandle log = File.OpenHandle(path, FileMode.Open, FileAccess.Write,
                FileShare.ReadWrite | FileShare.Delete);
            for (long at = RandomAccess.GetLength(log); at < _length; at += Zeros.Length)
                RandomAccess.Write(log, Zeros, at);
        }
        catch (IOException)
        {
            // The log grows by itself as long as it can.
        }
    }
}
