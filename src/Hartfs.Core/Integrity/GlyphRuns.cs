using Hartfs.Format;

namespace Hartfs.Core.Integrity;

/// <summary>A set of glyphs, as runs; those that adjoin are one.</summary>
internal sealed class GlyphRuns
{
    private readonly List<(Glyph From, Glyph To)> _runs = [];

    /// <summary>Adds a run that begins no earlier than any added before.</summary>
    public void Add(Glyph from, Glyph to)
    {
        if (_runs.Count > 0 && from <= _runs[^1].To)
            _runs[^1] = (_runs[^1].From, to > _runs[^1].To ? to : _runs[^1].To);
        else
            _runs.Add((from, to));
    }

    /// <summary>The parts of a range that are not in the set, in ascending order.</summary>
    public IEnumerable<(Glyph From, Glyph To)> Gaps(Glyph from, Glyph to)
    {
        for (int index = FirstEndingBehind(from); index < _runs.Count && _runs[index].From < to; index++)
        {
            if (_runs[index].From > from)
                yield return (from, _runs[index].From);
            from = _runs[index].To;
        }

        if (from < to)
            yield return (from, to);
    }

    private int FirstEndingBehind(Glyph glyph)
    {
        (int low, int high) = (0, _runs.Count);
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_runs[middle].To <= glyph)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
