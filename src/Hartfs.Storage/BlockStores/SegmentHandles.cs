using Microsoft.Win32.SafeHandles;

namespace Hartfs.Storage.BlockStores;

/// <summary>
/// Open read handles of segments, the least recently used closed first. A handle in use is never closed: each is
/// counted, and leaves with its last reader.
/// </summary>
internal sealed class SegmentHandles(SegmentFolder folder, int countMax) : IDisposable
{
    // guards: everything below
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<OpenSegment>> _bySegment = new(StringComparer.Ordinal);
    private readonly LinkedList<OpenSegment> _byUse = new();
    private long _forgetCount;

    /// <summary>The segment's handle, opened when it is not; give it back after use.</summary>
    public OpenSegment Acquire(string segment)
    {
        long forgetCount;
        lock (_lock)
        {
            if (_bySegment.TryGetValue(segment, out LinkedListNode<OpenSegment>? node))
            {
                _byUse.Remove(node);
                _byUse.AddLast(node);
                node.Value.UserCount++;
                return node.Value;
            }

            forgetCount = _forgetCount;
        }

        // Outside the lock: opening may take as long as the disk likes. Two threads may open the same file.
        return Keep(new OpenSegment(segment, folder.Open(segment, FileMode.Open, FileAccess.Read)) { UserCount = 1 },
            forgetCount);
    }

    /// <summary>Ends a use that <see cref="Acquire"/> began.</summary>
    public void Release(OpenSegment open)
    {
        lock (_lock)
        {
            open.UserCount--;
            CloseIfUnused(open);
        }
    }

    /// <summary>Closes the handle of a segment that was deleted, as soon as nobody uses it.</summary>
    public void Forget(string segment)
    {
        lock (_lock)
        {
            _forgetCount++;
            if (_bySegment.TryGetValue(segment, out LinkedListNode<OpenSegment>? node))
                Drop(node);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            while (_byUse.First is { } node)
                Drop(node);
        }
    }

    private OpenSegment Keep(OpenSegment open, long forgetCount)
    {
        lock (_lock)
        {
            // It may have been deleted while it was opened: kept, its room would not come back.
            if (_forgetCount != forgetCount)
            {
                open.IsKept = false;
                return open;
            }

            if (_bySegment.TryGetValue(open.Segment, out LinkedListNode<OpenSegment>? other))
                Drop(other);
            _bySegment[open.Segment] = _byUse.AddLast(open);
            if (_byUse.Count > countMax)
                Drop(_byUse.First!);
            return open;
        }
    }

    private void Drop(LinkedListNode<OpenSegment> node)
    {
        _byUse.Remove(node);
        _bySegment.Remove(node.Value.Segment);
        node.Value.IsKept = false;
        CloseIfUnused(node.Value);
    }

    private static void CloseIfUnused(OpenSegment open)
    {
        if (open is { UserCount: 0, IsKept: false })
            open.Handle.Dispose();
    }
}

/// <summary>A segment that is open for reading.</summary>
internal sealed class OpenSegment(string segment, SafeFileHandle handle)
{
    public string Segment => segment;

    public SafeFileHandle Handle => handle;

    /// <summary>Whether the cache holds it; guarded by the cache.</summary>
    public bool IsKept { get; set; } = true;

    /// <summary>Reads under way; guarded by the cache.</summary>
    public int UserCount { get; set; }
}
