using Hartfs.Format;

namespace Hartfs.Core.Files;

/// <summary>
/// The part of a file's extent list last read from the metadata, so that reading does not ask for every piece. A
/// window, because the list of a fragmented file may be longer than memory allows (I7). The data lock guards it.
/// </summary>
internal sealed class ExtentWindow
{
    /// <summary>Extents kept at most.</summary>
    public const int RowsMax = 256;

    // What a reader that jumps about in a fragmented file is given: it will not come back to the rest.
    private const int RowsForJumps = 16;

    private readonly List<Extent> _extents = [];
    private long _from;
    private int _rowsAsked;
    private bool _isPartial;

    /// <summary>The offset behind which the window knows nothing.</summary>
    public long End { get; private set; }

    /// <summary>Where rows are loaded into; call <see cref="Loaded"/> behind it.</summary>
    /// <param name="isSequential">Whether what follows will be wanted too.</param>
    /// <param name="rowsMax">How many rows to load.</param>
    public List<Extent> BeginLoad(bool isSequential, out int rowsMax)
    {
        rowsMax = _rowsAsked = _isPartial && !isSequential ? RowsForJumps : RowsMax;
        _extents.Clear();
        _from = End = 0;
        return _extents;
    }

    /// <summary>
    /// The extents loaded are all from <paramref name="from"/> on, to the end if fewer than asked for.
    /// </summary>
    public void Loaded(long from)
    {
        _from = from;
        _isPartial = from > 0 || _extents.Count == _rowsAsked;
        End = _extents.Count < _rowsAsked ? long.MaxValue : _extents[^1].End;
    }

    /// <summary>Whether the window knows what is at an offset.</summary>
    public bool Covers(long offset) => offset >= _from && offset < End;

    /// <summary>Forgets everything.</summary>
    public void Invalidate()
    {
        _extents.Clear();
        _from = End = 0;
    }

    /// <summary>
    /// Finds the extent at a covered offset, or the next one behind it (default: none in the window).
    /// </summary>
    /// <returns>False: the offset lies in a hole.</returns>
    public bool TryFind(long offset, out Extent extent)
    {
        int low = 0;
        int high = _extents.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_extents[middle].End <= offset)
                low = middle + 1;
            else
                high = middle;
        }

        extent = low < _extents.Count ? _extents[low] : default;
        return low < _extents.Count && extent.Offset <= offset;
    }
}
