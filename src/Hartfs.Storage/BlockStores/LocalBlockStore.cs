using System.IO.Enumeration;
using Microsoft.Win32.SafeHandles;

namespace Hartfs.Storage.BlockStores;

/// <summary>Segments as files below a folder of the local system.</summary>
/// <remarks>
/// Reads run side by side on cached handles. After a failed append the old length is restored where possible, so
/// that a disk that was full for a moment costs no pack.
/// </remarks>
public sealed class LocalBlockStore : IBlockStore
{
    private const int ReadHandleCountMax = 256;
    private const int WriterCountMax = 16;

    private readonly SegmentFolder _folder;
    private readonly int _writerCountMax;
    private readonly SegmentHandles _handles;

    // guards: _writers, _useCount and the counts in the writers; never held during input or output
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SegmentWriter> _writers = new(StringComparer.Ordinal);
    private long _useCount;
#if DEBUG
    private uint _readCount;
#endif

    /// <summary>A store in a folder, which must exist.</summary>
    public LocalBlockStore(string root)
        : this(root, ReadHandleCountMax, WriterCountMax)
    {
    }

    internal LocalBlockStore(string root, int readHandleCountMax, int writerCountMax)
    {
        _folder = new SegmentFolder(root);
        _handles = new SegmentHandles(_folder, readHandleCountMax);
        _writerCountMax = writerCountMax;
    }

    public long FreeBytes => new DriveInfo(_folder.Root).AvailableFreeSpace;

    public void Append(string segment, ReadOnlySpan<byte> bytes)
    {
        SegmentWriter writer = AcquireWriter(segment, FileMode.OpenOrCreate);
        try
        {
            writer.Append(bytes);
        }
        finally
        {
            ReleaseWriter(writer);
        }
    }

    public int ReadAt(string segment, long offset, Span<byte> buffer)
    {
        OpenSegment open = _handles.Acquire(segment);
        try
        {
#if DEBUG
            // Callers must cope with short reads: debug builds give them some.
            if (buffer.Length > 1 && Interlocked.Increment(ref _readCount) % 3 == 0)
                buffer = buffer[..(buffer.Length / 2)];
#endif
            return RandomAccess.Read(open.Handle, buffer, offset);
        }
        finally
        {
            _handles.Release(open);
        }
    }

    public void Flush(string segment)
    {
        SegmentWriter writer = AcquireWriter(segment, FileMode.Open);
        try
        {
            writer.Flush();
        }
        finally
        {
            ReleaseWriter(writer);
        }
    }

    public bool TryGetLength(string segment, out long length)
    {
        var file = new FileInfo(_folder.PathOf(segment));
        length = file.Exists ? file.Length : 0;
        return file.Exists;
    }

    public IReadOnlyList<SegmentInfo> List(string prefix)
    {
        string folder = prefix[..(prefix.LastIndexOf('/') + 1)];
        string start = folder.Length == 0 ? _folder.Root : _folder.PathOf(folder.TrimEnd('/'));
        if (!Directory.Exists(start))
            return [];
        var found = new FileSystemEnumerable<SegmentInfo>(
            start,
            (ref FileSystemEntry entry) => new SegmentInfo(_folder.NameOf(entry.ToFullPath()), entry.Length),
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
        };
        List<SegmentInfo> segments = [.. found.Where(info => info.Name.StartsWith(prefix, StringComparison.Ordinal))];
        segments.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        return segments;
    }

    public bool TryReserve(string segment, long bytes)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(
                _folder.PathOf(segment), FileMode.Create, FileAccess.Write, preallocationSize: bytes);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public void Delete(string segment)
    {
        lock (_lock)
        {
            if (_writers.Remove(segment, out SegmentWriter? writer))
                writer.Dispose();
        }

        _folder.Delete(segment);
        _handles.Forget(segment);
    }

    public void Dispose()
    {
        _handles.Dispose();
        lock (_lock)
        {
            foreach (SegmentWriter writer in _writers.Values)
                writer.Dispose();
            _writers.Clear();
        }
    }

    private SegmentWriter AcquireWriter(string segment, FileMode mode)
    {
        lock (_lock)
        {
            if (_writers.TryGetValue(segment, out SegmentWriter? writer))
                return Use(writer);
        }

        var opened = new SegmentWriter(_folder, segment, mode);
        lock (_lock)
        {
            if (_writers.TryGetValue(segment, out SegmentWriter? other))
            {
                opened.Dispose();
                return Use(other);
            }

            _writers.Add(segment, opened);
            Use(opened);
            if (_writers.Count > _writerCountMax)
                CloseIdleWriter();
            return opened;
        }
    }

    private SegmentWriter Use(SegmentWriter writer)
    {
        writer.UserCount++;
        writer.LastUse = ++_useCount;
        return writer;
    }

    private void ReleaseWriter(SegmentWriter writer)
    {
        lock (_lock)
            writer.UserCount--;
    }

    // Only flushed writers: closing one that is not would lose the system's report of a failed write-back.
    private void CloseIdleWriter()
    {
        string? oldest = null;
        foreach ((string segment, SegmentWriter writer) in _writers)
        {
            if (writer is { UserCount: 0, IsDirty: false }
                && (oldest is null || writer.LastUse < _writers[oldest].LastUse))
            {
                oldest = segment;
            }
        }

        if (oldest is not null && _writers.Remove(oldest, out SegmentWriter? closed))
            closed.Dispose();
    }
}
