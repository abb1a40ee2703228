using Hartfs.Format;

namespace Hartfs.Storage.Packs;

/// <summary>The chunks of one block, as the block itself lists them; verified when it was read.</summary>
public sealed class BlockDirectory
{
    private readonly ChunkEntry[] _chunks;

    internal BlockDirectory(in BlockHeader header, ChunkEntry[] chunks)
    {
        _chunks = chunks;
        (Class, Codec, PlainLength) = (header.Class, header.Codec, header.PlainLength);
        PayloadLength = header.PayloadLength;
    }

    /// <summary>The chunks in the order of the plain bytes.</summary>
    public ReadOnlySpan<ChunkEntry> Chunks => _chunks;

    /// <summary>What the plain bytes are.</summary>
    public ContentClass Class { get; }

    /// <summary>How the payload is encoded.</summary>
    public CodecId Codec { get; }

    /// <summary>Bytes before encoding.</summary>
    public int PlainLength { get; }

    /// <summary>Bytes of the payload as stored.</summary>
    public int PayloadLength { get; }

    /// <summary>The runs of adjoining glyphs in the block: what the catalogue keeps of it.</summary>
    /// <param name="location">Where the block lies.</param>
    public IEnumerable<Region> Regions(BlockLocation location)
    {
        int offset = 0;
        int begin = 0;
        Glyph start = _chunks[0].Start;
        foreach (ChunkEntry chunk in _chunks)
        {
            if (chunk.Start != start + (offset - begin))
            {
                yield return new Region(start, offset - begin, location, begin) { BlockLength = PlainLength };
                (begin, start) = (offset, chunk.Start);
            }

            offset += chunk.Length;
        }

        yield return new Region(start, offset - begin, location, begin) { BlockLength = PlainLength };
    }
}
