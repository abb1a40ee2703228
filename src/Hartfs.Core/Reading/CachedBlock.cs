using System.Buffers;
using Hartfs.Format;

namespace Hartfs.Core.Reading;

/// <summary>A decoded block in the cache. Its fields are guarded by the cache's lock.</summary>
internal sealed class CachedBlock(Glyph start, int length)
{
    public Glyph Start => start;

    /// <summary>Plain bytes.</summary>
    public int Length => length;

    /// <summary>The plain bytes; valid when <see cref="IsLoading"/> is false, while pinned.</summary>
    public byte[] Buffer { get; } = ArrayPool<byte>.Shared.Rent(length);

    public bool IsLoading { get; set; } = true;

    /// <summary>Readers that copy from it right now.</summary>
    public int PinCount { get; set; }

    /// <summary>Uses since it last passed the eviction hand, up to 3.</summary>
    public int UseCount { get; set; }

    /// <summary>Where the last read ended: going on from there is the same pass, not another use.</summary>
    public int LastEnd { get; set; }

    public bool Contains(Glyph glyph) => glyph >= Start && glyph - Start < Length;

    public void Release() => ArrayPool<byte>.Shared.Return(Buffer);
}
