namespace Hartfs.Cli.Copying;

/// <summary>How far a copy is. Written by the copying thread, read by any.</summary>
internal sealed class CopyProgress
{
    /// <summary>Errors kept to be listed; all are counted.</summary>
    private const int ErrorsKeptMax = 1000;

    private readonly Lock _lock = new(); // guards: _errors
    private readonly List<CopyError> _errors = [];
    private long _items;
    private long _bytes;
    private long _skippedItems;
    private long _skippedBytes;
    private long _errorCount;

    /// <summary>Items copied: files, directories, links, others.</summary>
    public long Items => Interlocked.Read(ref _items);

    /// <summary>Bytes of data copied; holes do not count.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Items that were there already, with the same size and time.</summary>
    public long SkippedItems => Interlocked.Read(ref _skippedItems);

    public long SkippedBytes => Interlocked.Read(ref _skippedBytes);

    public long ErrorCount => Interlocked.Read(ref _errorCount);

    /// <summary>What there is to do as far as it has been counted.</summary>
    public CopyTotal Total { get; } = new();

    public IReadOnlyList<CopyError> Errors
    {
        get
        {
            lock (_lock)
                return [.. _errors];
        }
    }

    public void AddItem() => Interlocked.Increment(ref _items);

    public void AddBytes(long count) => Interlocked.Add(ref _bytes, count);

    public void AddSkipped(long size)
    {
        Interlocked.Increment(ref _skippedItems);
        Interlocked.Add(ref _skippedBytes, size);
    }

    public void AddError(string path, string reason)
    {
        Interlocked.Increment(ref _errorCount);
        lock (_lock)
        {
            if (_errors.Count < ErrorsKeptMax)
                _errors.Add(new CopyError(path, reason));
        }
    }
}

/// <summary>A count that runs ahead of a copy.</summary>
internal sealed class CopyTotal
{
    private long _items;
    private long _bytes;

    public long Items => Interlocked.Read(ref _items);

    public long Bytes => Interlocked.Read(ref _bytes);

    public void Add(long bytes)
    {
        Interlocked.Increment(ref _items);
        Interlocked.Add(ref _bytes, bytes);
    }
}

/// <summary>An item that could not be copied as it is.</summary>
internal sealed record CopyError(string Path, string Reason);

/// <summary>What <c>hartfs import --json</c> and <c>hartfs export --json</c> print at the end.</summary>
internal sealed record CopyReport(
    string Source, string Target, bool Complete, long Items, long Bytes, long SkippedItems, long SkippedBytes,
    double Seconds, long ErrorCount, IReadOnlyList<CopyError> Errors);
