using Hartfs.Format;
using Microsoft.Win32.SafeHandles;

namespace Hartfs.Metadata;

/// <summary>
/// The database file as the last commit left it, for copying and checking while the store stays in use: until this is
/// disposed, commits go to the write-ahead log alone and the file does not change.
/// </summary>
public sealed class MetadataFile : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly SafeFileHandle _handle;
    private readonly Action _release;
    private volatile bool _isBroken;

    internal MetadataFile(string path, SafeFileHandle handle, long length, Action release)
    {
        (Path, Length, _handle, _release) = (path, length, handle, release);
    }

    /// <summary>Whether its pages have checksums.</summary>
    public bool IsSealed { get; internal init; }

    /// <summary>The volume whose checksums every page must have, where that is known.</summary>
    internal VolumeId? Sealed { get; init; }

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

    /// <summary>Reads whole pages, and verifies their checksums where they have any.</summary>
    /// <exception cref="IOException">The file cannot be read, or ends early.</exception>
    /// <exception cref="MetadataException">A page is damaged.</exception>
    public void ReadVerified(long offset, Span<byte> pages)
    {
        Read(offset, pages);
        for (int at = 0; at < pages.Length && !IsBroken; at += MetadataPage.Size)
            if (!IsWhole(pages.Slice(at, MetadataPage.Size), NumberAt(offset + at)))
                throw new MetadataException(MetadataFailure.Damaged, 0,
                    $"{Path} is damaged: page {NumberAt(offset + at)} does not fit its checksum");
    }

    /// <summary>The numbers of pages that do not fit their checksums, those that nothing uses too.</summary>
    /// <param name="report">Told how many bytes have been read; what it throws ends the search.</param>
    /// <exception cref="IOException">The file cannot be read, or ends early.</exception>
    public IEnumerable<long> FindDamagedPages(Action<long> report)
    {
        byte[] buffer = new byte[BufferBytes];
        for (long offset = 0; IsSealed && offset < Length && !IsBroken; offset += BufferBytes)
        {
            report(offset);
            int length = (int)Math.Min(BufferBytes, Length - offset);
            Read(offset, buffer.AsSpan(0, length));
            for (int at = 0; at < length; at += MetadataPage.Size)
                if (!IsWhole(buffer.AsSpan(at, MetadataPage.Size), NumberAt(offset + at)))
                    yield return NumberAt(offset + at);
        }
    }

    /// <summary>Lets the file change again. The caller does not hold the store's lock.</summary>
    public void Dispose() => _release();

    internal void Break() => _isBroken = true;

    private static long NumberAt(long offset) => offset / MetadataPage.Size + 1;

    private bool IsWhole(ReadOnlySpan<byte> page, long number) =>
        !IsSealed || number == MetadataPage.LockPage || (Sealed is { } volume
            ? MetadataPage.IsWhole(page, number, MetadataPage.TagOf(volume))
            : MetadataPage.IsWhole(page, number));
}
