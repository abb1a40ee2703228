namespace Hartfs.Format;

/// <summary>
/// Where a stored chunk begins in glyph space, the append-only 63-bit byte space in which every stored chunk
/// occupies its plain length. Files refer to data by glyph and length. Chunks stored one after another have
/// adjoining glyphs, so that a run of them is one extent, and any byte of it is found by addition.
/// A glyph is never used twice in a volume's life.
/// </summary>
public readonly record struct Glyph(long Value) : IComparable<Glyph>
{
    /// <summary>Glyph 0 is never allocated.</summary>
    public static readonly Glyph None = new(0);

    /// <summary>The glyph <paramref name="length"/> bytes further on.</summary>
    public static Glyph operator +(Glyph glyph, long length) => new(glyph.Value + length);

    /// <summary>The distance in bytes between two glyphs.</summary>
    public static long operator -(Glyph left, Glyph right) => left.Value - right.Value;

    public static bool operator <(Glyph left, Glyph right) => left.Value < right.Value;

    public static bool operator >(Glyph left, Glyph right) => left.Value > right.Value;

    public static bool operator <=(Glyph left, Glyph right) => left.Value <= right.Value;

    public static bool operator >=(Glyph left, Glyph right) => left.Value >= right.Value;

    public int CompareTo(Glyph other) => Value.CompareTo(other.Value);

    public override string ToString() => $"g{Value}";
}
