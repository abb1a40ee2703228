namespace Hartfs.Format;

/// <summary>The number of a pack: positive, ascending, never used twice.</summary>
public readonly record struct PackId(long Value) : IComparable<PackId>
{
    public int CompareTo(PackId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
