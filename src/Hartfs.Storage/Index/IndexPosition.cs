using Hartfs.Format;

namespace Hartfs.Storage.Index;

/// <summary>A place in the packs, in the order they were written.</summary>
/// <param name="Pack">The pack; <c>default</c> is before all packs.</param>
/// <param name="Offset">Bytes from the start of the pack.</param>
public readonly record struct IndexPosition(PackId Pack, long Offset) : IComparable<IndexPosition>
{
    public int CompareTo(IndexPosition other) =>
        Pack != other.Pack ? Pack.CompareTo(other.Pack) : Offset.CompareTo(other.Offset);

    public static bool operator <(IndexPosition left, IndexPosition right) => left.CompareTo(right) < 0;

    public static bool operator >(IndexPosition left, IndexPosition right) => left.CompareTo(right) > 0;

    public static bool operator <=(IndexPosition left, IndexPosition right) => left.CompareTo(right) <= 0;

    public static bool operator >=(IndexPosition left, IndexPosition right) => left.CompareTo(right) >= 0;

    /// <summary>The later of two positions.</summary>
    public static IndexPosition Max(IndexPosition left, IndexPosition right) => left < right ? right : left;
}
