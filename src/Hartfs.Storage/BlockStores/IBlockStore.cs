namespace Hartfs.Storage.BlockStores;

/// <summary>
/// Append-only segments with names such as <c>packs/00/0000000000000001.pack</c>: all that Hartfs asks of a disk
/// for its packs and index runs. Synchronous and thread-safe, but a segment has one writer at a time.
/// </summary>
/// <remarks>
/// An interface because durability is proved by an implementation that drops, tears and reorders what was not
/// flushed. Failures are <see cref="IOException"/>; a full disk is an <see cref="IOException"/> for which
/// <see cref="DiskFull.Is"/> is true; of a missing segment, a <see cref="FileNotFoundException"/> or
/// <see cref="DirectoryNotFoundException"/>. After a failed append the segment's length is unknown: unless
/// <see cref="TryGetLength"/> says that it is what it was, the caller gives the segment up (it may still read what
/// it had flushed). A flush may run beside an append.
/// </remarks>
public interface IBlockStore : IDisposable
{
    /// <summary>Adds bytes at the end, creating the segment with its folders at the first append.</summary>
    void Append(string segment, ReadOnlySpan<byte> bytes);

    /// <summary>Reads at an offset. May return fewer bytes than asked for, 0 only at or behind the end.</summary>
    int ReadAt(string segment, long offset, Span<byte> buffer);

    /// <summary>
    /// Makes every byte appended before the call durable, and the segment's name with it. After a failure nothing
    /// appended since the last success may be taken for durable, not even when a second flush succeeds.
    /// </summary>
    void Flush(string segment);

    /// <summary>The segment's length in bytes; false when there is none of that name.</summary>
    bool TryGetLength(string segment, out long length);

    /// <summary>Every segment whose name begins with <paramref name="prefix"/>, in ordinal order.</summary>
    IReadOnlyList<SegmentInfo> List(string prefix);

    /// <summary>
    /// Removes a segment; readers in flight finish. No error when there is none. Durable at some later time.
    /// </summary>
    void Delete(string segment);

    /// <summary>
    /// Sets room aside under a name, to be given back with <see cref="Delete"/>; it holds nothing. False: there is no
    /// room, or the store cannot.
    /// </summary>
    bool TryReserve(string segment, long bytes) => false;

    /// <summary>Bytes that can still be written to the backing disk.</summary>
    long FreeBytes { get; }
}

/// <summary>A segment and its length in bytes.</summary>
public readonly record struct SegmentInfo(string Name, long Length);

/// <summary>Recognises the error of a full disk.</summary>
public static class DiskFull
{
    private const int LinuxNoSpace = 28;
    private const int LinuxQuotaExceeded = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);

    /// <summary>Whether the failure means that the backing disk, or the owner's quota on it, is full.</summary>
    public static bool Is(IOException failure) =>
        failure.HResult is WindowsDiskFull or WindowsHandleDiskFull or LinuxNoSpace or LinuxQuotaExceeded;

    /// <summary>A failure that <see cref="Is"/> recognises.</summary>
    public static IOException Create(string message) => new(message, LinuxNoSpace);
}
