namespace Hartfs.Format;

/// <summary>What an extent's bytes are. The numbers are persisted. A range without an extent is a hole.</summary>
public enum ExtentKind : byte
{
    /// <summary><see cref="Extent.Reference"/> is the <see cref="Glyph"/> of the first byte.</summary>
    Data = 0,

    /// <summary>
    /// A pattern of eight bytes repeats; <see cref="Extent.Reference"/> holds it little-endian, its lowest byte
    /// at every file offset that is a multiple of eight.
    /// </summary>
    Fill = 1,

    /// <summary>
    /// The bytes ride in the metadata until they drain into packs; <see cref="Extent.Reference"/> is
    /// (row number of <c>inline_data</c> &lt;&lt; 24) + offset within the row.
    /// </summary>
    Inline = 2,
}

/// <summary>A run of a file's bytes: where it is in the file, and what it refers to.</summary>
/// <param name="Offset">Bytes from the start of the file.</param>
/// <param name="Length">Bytes; at least 1.</param>
/// <param name="Kind">What <paramref name="Reference"/> means.</param>
/// <param name="Reference">See <see cref="ExtentKind"/>.</param>
public readonly record struct Extent(long Offset, long Length, ExtentKind Kind, long Reference)
{
    /// <summary>Bits of <see cref="Reference"/> that hold the offset within an inline row.</summary>
    public const int InlineOffsetBits = 24;

    /// <summary>The offset behind the last byte.</summary>
    public long End => Offset + Length;

    /// <summary>The part of this extent between two file offsets, which must lie within it.</summary>
    public Extent Slice(long from, long to) =>
        new(from, to - from, Kind, Kind == ExtentKind.Fill ? Reference : Reference + (from - Offset));

    /// <summary>Whether <paramref name="next"/> continues this extent, so that both can be one row.</summary>
    public bool IsContinuedBy(in Extent next) =>
        Kind == next.Kind && End == next.Offset && Kind switch
        {
            ExtentKind.Fill => Reference == next.Reference,
            ExtentKind.Data => Reference + Length == next.Reference,
            _ => false,
        };
}
