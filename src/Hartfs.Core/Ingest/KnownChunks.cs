using Hartfs.Format;

namespace Hartfs.Core.Ingest;

/// <summary>
/// Fingerprints seen lately, with their glyphs: those just written, and the whole directory of every block that a
/// duplicate was found in, because the chunks that follow are likely to be duplicates of its neighbours. Bounded;
/// the oldest go first. The ingest lock guards it.
/// </summary>
internal sealed class KnownChunks(int countMax)
{
    private readonly Dictionary<Fingerprint, Glyph> _glyphs = [];
    private readonly Queue<Fingerprint> _order = new();

    public bool TryGet(in Fingerprint fingerprint, out Glyph glyph) => _glyphs.TryGetValue(fingerprint, out glyph);

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _glyphs.Clear();
        _order.Clear();
    }

    public void Add(in Fingerprint fingerprint, Glyph glyph)
    {
        if (!_glyphs.TryAdd(fingerprint, glyph))
        {
            _glyphs[fingerprint] = glyph;
            return;
        }

        _order.Enqueue(fingerprint);
        if (_order.Count > countMax)
            _glyphs.Remove(_order.Dequeue());
    }
}
