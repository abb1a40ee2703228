namespace Hartfs.Core.Collection;

/// <summary>A run of glyphs that files refer to.</summary>
/// <param name="Start">First glyph.</param>
/// <param name="End">The glyph behind the last byte.</param>
/// <param name="Owner">The only view that sees it, or <see cref="LiveSegments.Shared"/>.</param>
internal readonly record struct ReferenceRun(long Start, long End, long Owner) : IComparable<ReferenceRun>
{
    public long Length => End - Start;

    public int CompareTo(ReferenceRun other) => Start.CompareTo(other.Start);
}

/// <summary>
/// References by ascending start, which may overlap, made into runs that do not: what is referred to, and whether by
/// one view alone. In constant memory, however many references lie over each other: of those that begin before a
/// place the view whose reference reaches furthest, and how far any other reaches, are all that matters behind it.
/// </summary>
internal sealed class LiveSegments(IEnumerable<ReferenceRun> references) : IDisposable
{
    /// <summary>The owner of what several views see.</summary>
    public const long Shared = -1;

    private readonly IEnumerator<ReferenceRun> _references = references.GetEnumerator();
    private bool _isStarted;
    private bool _hasNext;
    private long _position;
    private long _owner;
    private long _ownerEnd;
    private long _sharedEnd;

    /// <summary>The next run; false behind the last. Neighbouring runs may touch, also with one owner.</summary>
    public bool TryNext(out ReferenceRun segment)
    {
        if (!_isStarted)
            (_isStarted, _hasNext) = (true, _references.MoveNext());
        while (true)
        {
            long limit = _hasNext ? _references.Current.Start : long.MaxValue;
            bool isShared = _position < _sharedEnd;
            long end = Math.Min(limit, isShared ? _sharedEnd : _ownerEnd);
            if (end > _position)
            {
                segment = new ReferenceRun(_position, end, isShared ? Shared : _owner);
                _position = end;
                return true;
            }

            segment = default;
            if (!_hasNext)
                return false;
            Take(_references.Current);
            _hasNext = _references.MoveNext();
        }
    }

    public void Dispose() => _references.Dispose();

    private void Take(ReferenceRun next)
    {
        if (Math.Max(_ownerEnd, _sharedEnd) <= next.Start)
        {
            _position = next.Start;
            (_owner, _ownerEnd) = (next.Owner, next.End);
            _sharedEnd = next.Owner == Shared ? next.End : next.Start;
        }
        else if (next.Owner == Shared)
        {
            _sharedEnd = Math.Max(_sharedEnd, next.End);
        }
        else if (next.Owner == _owner)
        {
            _ownerEnd = Math.Max(_ownerEnd, next.End);
        }
        else if (next.End > _ownerEnd)
        {
            _sharedEnd = Math.Max(_sharedEnd, _ownerEnd);
            (_owner, _ownerEnd) = (next.Owner, next.End);
        }
        else
        {
            _sharedEnd = Math.Max(_sharedEnd, next.End);
        }
    }
}
