namespace Hartfs.Format;

/// <summary>Where a block lies: what one read of the disk needs.</summary>
/// <param name="Pack">The pack.</param>
/// <param name="Offset">Bytes from the start of the pack to the block's header.</param>
/// <param name="StoredLength">Bytes of header, directory and payload together.</param>
public readonly record struct BlockLocation(PackId Pack, long Offset, int StoredLength);

/// <summary>A run of glyph space that lies in one block: glyph → block → pack.</summary>
/// <param name="Start">First glyph of the run.</param>
/// <param name="Length">Plain bytes of the run; at least 1.</param>
/// <param name="Block">The block that holds it.</param>
/// <param name="OffsetInBlock">Where the run begins in the block's plain bytes; 0 until blocks are compacted.</param>
public readonly record struct Region(Glyph Start, int Length, BlockLocation Block, int OffsetInBlock)
{
    private readonly int _blockLength;

    /// <summary>Plain bytes of the whole block; the run's own length unless it is set.</summary>
    public int BlockLength
    {
        get => _blockLength == 0 ? Length : _blockLength;
        init => _blockLength = value == Length ? 0 : value;
    }

    /// <summary>The glyph behind the run's last byte.</summary>
    public Glyph End => Start + Length;
}
