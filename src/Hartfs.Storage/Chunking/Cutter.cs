using Hartfs.Format;

namespace Hartfs.Storage.Chunking;

/// <summary>
/// Cuts file content into pieces at places that the content itself decides, so that equal content is cut alike
/// wherever it stands. One per thread; allocates nothing per call once its list has grown.
/// </summary>
/// <remarks>
/// Two levels (native-notes/format.md, "Cutting"). Chunk boundaries follow the lowest hash within [Min, Max] of the
/// last boundary. Of those boundaries the one with the lowest hash within [LargeMin, LargeMax] ends a group. A
/// group
/// that a probe finds incompressible is one chunk; otherwise each of its chunks stands alone. The probe sees the
/// group's bytes only, so the result does not depend on how the data arrived.
/// </remarks>
public sealed class Cutter
{
    private readonly ChunkerParameters _parameters;
    private readonly int[] _cuts;
    private readonly uint[] _hashes;
    private int _cutCount;

    /// <exception cref="ArgumentOutOfRangeException">The parameters contradict each other.</exception>
    public Cutter(ChunkerParameters parameters)
    {
        parameters.Validate();
        _parameters = parameters;
        int cutsMax = ((parameters.LargeMax + parameters.Max) / parameters.Min) + 2;
        _cuts = new int[cutsMax];
        _hashes = new uint[cutsMax];
    }

    /// <summary>Cuts data from its start.</summary>
    /// <param name="data">Bytes of one file.</param>
    /// <param name="fileOffset">Bytes from the start of the file to the start of the data.</param>
    /// <param name="isEnd">
    /// Whether the data is all there is: then everything is consumed. Otherwise the end is left uncut, and the caller
    /// offers those bytes again with what follows them.
    /// </param>
    /// <param name="pieces">Cleared, then filled with the pieces in order.</param>
    /// <returns>
    /// Bytes consumed; more than 0 when there are at least <see cref="ChunkerParameters.BytesMin"/> bytes.
    /// </returns>
    public int Cut(ReadOnlySpan<byte> data, long fileOffset, bool isEnd, List<Piece> pieces)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fileOffset);
        ArgumentNullException.ThrowIfNull(pieces);
        pieces.Clear();
        int at = 0;
        while (at < data.Length)
        {
            RepeatRun run = RepeatScanner.Find(data, at, fileOffset, _parameters.RunBytesMin);
            bool isRun = run.Length >= _parameters.RunBytesMin;
            int end = isRun ? run.Start : isEnd ? data.Length : CertainEnd(data, at, fileOffset, run);
            if (end > at)
            {
                int consumed = CutContent(data[at..end], at, isRun || isEnd, pieces);
                if (consumed < end - at || !isRun)
                    return at + consumed;
            }

            if (!isRun)
                return at;

            end = isEnd || run.End < data.Length ? run.End : HeldBackEnd(run, fileOffset);
            if (end > run.Start)
                pieces.Add(RunPiece(run, end));
            at = int.Max(end, run.Start);
            if (end < run.End)
                return at;
        }

        return at;
    }

    private static Piece RunPiece(RepeatRun run, int end)
    {
        PieceKind kind = run.Pattern == 0 ? PieceKind.Zero : PieceKind.Fill;
        return new Piece(run.Start, end - run.Start, kind, ContentClass.Other, (long)run.Pattern);
    }

    /// <summary>How far the data is certain not to be part of a run that bytes still to come complete.</summary>
    private static int CertainEnd(ReadOnlySpan<byte> data, int at, long fileOffset, RepeatRun run)
    {
        if (run.Length > 0)
            return run.Start;

        int lastPage = RepeatScanner.FirstPage(data.Length - RepeatScanner.PageBytes + 1, fileOffset);
        return int.Max(at, lastPage - RepeatScanner.PageBytes);
    }

    /// <summary>
    /// Where to end a run that reaches the end of the data but may go on: enough of it stays behind for the next
    /// call to recognise it again.
    /// </summary>
    private int HeldBackEnd(RepeatRun run, long fileOffset)
    {
        int lastPage = RepeatScanner.FirstPage(run.End - RepeatScanner.PageBytes + 1, fileOffset);
        return lastPage - _parameters.RunBytesMin;
    }

    /// <summary>Cuts content without runs; returns the bytes consumed, all of them when it ends here.</summary>
    private int CutContent(ReadOnlySpan<byte> content, int offset, bool isEnd, List<Piece> pieces)
    {
        int start = 0;
        _cutCount = 0;
        while (start < content.Length)
        {
            bool isComplete = FindCuts(content, start, isEnd);
            if (!isComplete)
                return start;

            int last = LastOfGroup(start, content.Length);
            int end = _cuts[last];
            AddGroup(content[start..end], offset, start, last, pieces);
            _cutCount -= last + 1;
            Array.Copy(_cuts, last + 1, _cuts, 0, _cutCount);
            Array.Copy(_hashes, last + 1, _hashes, 0, _cutCount);
            start = end;
        }

        return start;
    }

    /// <summary>Adds cuts up to LargeMax behind the group's start; false when the data ends before.</summary>
    private bool FindCuts(ReadOnlySpan<byte> content, int start, bool isEnd)
    {
        int from = _cutCount == 0 ? start : _cuts[_cutCount - 1];
        while (from - start < _parameters.LargeMax)
        {
            int rest = content.Length - from;
            if (rest == 0)
                return isEnd;
            if (rest <= _parameters.Max && !isEnd)
                return false;

            from = NextCut(content, from, rest, out uint hash);
            _cuts[_cutCount] = from;
            _hashes[_cutCount++] = hash;
        }

        return true;
    }

    private int NextCut(ReadOnlySpan<byte> content, int from, int rest, out uint hash)
    {
        hash = uint.MaxValue;
        if (rest <= _parameters.Average || rest < 2 * _parameters.Min)
            return content.Length;

        // The end is cut in two only where both parts are of a chunk's length.
        int window = rest <= _parameters.Max ? rest - _parameters.Min : _parameters.Max;
        return MinimumHash.Find(content, from + _parameters.Min, from + window, out hash);
    }

    /// <summary>Index of the cut that ends the group.</summary>
    private int LastOfGroup(int start, int length)
    {
        // What is left fits into one group.
        if (_cuts[_cutCount - 1] == length && length - start <= _parameters.LargeMax)
            return _cutCount - 1;

        int last = -1;
        for (int index = 0; index < _cutCount && _cuts[index] - start <= _parameters.LargeMax; index++)
        {
            if (_cuts[index] - start >= _parameters.LargeMin && (last < 0 || _hashes[index] < _hashes[last]))
                last = index;
        }

        return last;
    }

    private void AddGroup(ReadOnlySpan<byte> group, int offset, int start, int last, List<Piece> pieces)
    {
        ContentClass contentClass = ContentProbe.Classify(group);
        if (contentClass == ContentClass.Incompressible)
        {
            pieces.Add(new Piece(offset + start, group.Length, PieceKind.Chunk, contentClass, 0));
            return;
        }

        int from = start;
        for (int index = 0; index <= last; index++)
        {
            pieces.Add(new Piece(offset + from, _cuts[index] - from, PieceKind.Chunk, contentClass, 0));
            from = _cuts[index];
        }
    }
}
