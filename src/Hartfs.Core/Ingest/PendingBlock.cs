using System.Buffers;
using Hartfs.Format;
using Hartfs.Storage.Packs;

namespace Hartfs.Core.Ingest;

/// <summary>
/// A block that is being filled, waits for a worker, or is being encoded. Readable by glyph all the while.
/// </summary>
internal sealed class PendingBlock(Glyph start, ContentClass contentClass, int capacity)
{
    private readonly List<ChunkEntry> _chunks = [];

    public Glyph Start => start;

    public ContentClass Class => contentClass;

    /// <summary>Plain bytes so far.</summary>
    public int Length { get; private set; }

    /// <summary>Plain bytes it can take.</summary>
    public int Capacity => capacity;

    public byte[] Buffer { get; } = ArrayPool<byte>.Shared.Rent(capacity);

    public ReadOnlySpan<byte> Plain => Buffer.AsSpan(0, Length);

    public ReadOnlySpan<ChunkEntry> Chunks => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_chunks);

    /// <summary>Whether the glyph's byte is in this block.</summary>
    public bool Contains(Glyph glyph) => glyph >= Start && glyph - Start < Length;

    /// <summary>Adds a chunk at the end; it must fit.</summary>
    public Glyph Append(ReadOnlySpan<byte> bytes, Fingerprint fingerprint)
    {
        Glyph glyph = Start + Length;
        bytes.CopyTo(Buffer.AsSpan(Length, bytes.Length));
        _chunks.Add(new ChunkEntry(glyph, bytes.Length, fingerprint));
        Length += bytes.Length;
        return glyph;
    }

    /// <summary>Gives the memory back; the block must not be used afterwards.</summary>
    public void Release() => ArrayPool<byte>.Shared.Return(Buffer);
}
