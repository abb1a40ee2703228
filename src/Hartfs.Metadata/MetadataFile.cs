using Microsoft.Win32.SafeHandles;

namespace Hartfs.Metadata;

/// <summary>
/// The database file as the last commit left it, for copying and checking while the store stays in use: until this is
/// disposed, commits go to the write-ahead log alone and the file does not change.
/// </summary>
public sealed class MetadataFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly Action _release;
    private volatile bool _isBroken;

    internal MetadataFile(string path, SafeFileHandle handle, long length, Action release)
    {
        (Path, Length, _handle, _release) = (path, length, handle, release);
    }

    /// <summary>The file: complete by itself, without its write-ahead log.</summary>
    public string Path { get; }

    /// <summary>Bytes of it.</summary>
    public long Length { get; }

    /// <summary>
    /// Whether the log grew so long that it had to be moved into the file: what was read is worth nothing.
    /// </summary>
    public bool IsBroken => _isBroken;

    /// <summary>Reads until the buffer is full.</summary>
    /// <exception cref="IOException">It cannot be read, or ends early.</exception>
    public void Read(long offset, Span<byte> buffer)
    {
        for (int done = 0; done < buffer.Length;)
        {
            int count = RandomAccess.Read(_handle, buffer[done..], offset + done);
            done += count > 0 ? count : throw new EndOfStreamException($"{Path} ends before byte {offset + done}");
        }
    }

    /// <summary>Lets the file change again. The caller does not hold the store's lock.</summary>
    public void Dispose() => _release();

    internal void Break() => _isBroken = true;
}
