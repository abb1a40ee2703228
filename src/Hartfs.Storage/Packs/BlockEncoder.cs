using System.Diagnostics;
using System.Numerics;
using Hartfs.Format;
using Hartfs.Storage.Codecs;

namespace Hartfs.Storage.Packs;

/// <summary>
/// Plain chunks → a block's bytes. One per worker thread: it owns the codec's memory and a buffer that grows to the
/// largest block seen, so that nothing is allocated per block in steady state.
/// </summary>
public sealed class BlockEncoder : IDisposable
{
    // A block that shrinks by less than 1/64 is stored raw: it is not worth the time of every later read.
    private const int GainShift = 6;

    private readonly CodecTable _codecs = new();
    private byte[] _buffer = [];

    /// <summary>Encodes a block.</summary>
    /// <param name="plain">
    /// The chunks' bytes, one chunk behind the other; 1 to <see cref="Limits.BlockBytesMax"/>.
    /// </param>
    /// <param name="chunks">The chunks; their lengths add up to <paramref name="plain"/>'s.</param>
    /// <param name="contentClass">What the bytes are; <see cref="ContentClass.Incompressible"/> is stored raw.</param>
    /// <param name="level">zstd level, <see cref="ZstdCodec.LevelMin"/> to <see cref="ZstdCodec.LevelMax"/>.</param>
    /// <returns>Valid until the next call.</returns>
    public EncodedBlock Encode(
        ReadOnlySpan<byte> plain, ReadOnlySpan<ChunkEntry> chunks, ContentClass contentClass, int level)
    {
        Validate(plain, chunks);
        long lengthMax = BlockHeader.Size + BlockHeader.DirectoryLengthMax(chunks.Length) + plain.Length;
        if (_buffer.Length < lengthMax)
            _buffer = new byte[BitOperations.RoundUpToPowerOf2((uint)lengthMax)];

        Span<byte> body = _buffer.AsSpan(BlockHeader.Size);
        int directoryLength = DirectoryLayout.Write(body, chunks);
        Span<byte> payload = body[directoryLength..];
        CodecId codec = EncodePayload(plain, payload, contentClass, level, out int payloadLength);
        var header = new BlockHeader
        {
            Codec = codec,
            Class = contentClass,
            ChunkCount = chunks.Length,
            PlainLength = plain.Length,
            DirectoryLength = directoryLength,
            PayloadLength = payloadLength,
            FirstGlyph = chunks[0].Start,
            DirectoryCrc = Crc32C.Compute(body[..directoryLength]),
            PayloadCrc = Crc32C.Compute(payload[..payloadLength]),
        };
        header.Write(_buffer);
        return new EncodedBlock(_buffer.AsMemory(0, header.StoredLength), header);
    }

    public void Dispose() => _codecs.Dispose();

    // The pair of what the reader checks. A block that breaks these could never be read again.
    private static void Validate(ReadOnlySpan<byte> plain, ReadOnlySpan<ChunkEntry> chunks)
    {
        ArgumentOutOfRangeException.ThrowIfZero(plain.Length, nameof(plain));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plain.Length, Limits.BlockBytesMax, nameof(plain));
        long sum = 0;
        foreach (ref readonly ChunkEntry chunk in chunks)
        {
            if (chunk.Length <= 0 || chunk.Start <= Glyph.None || chunk.Start.Value > long.MaxValue - chunk.Length)
                throw new ArgumentException($"impossible chunk {chunk.Start} of {chunk.Length} bytes", nameof(chunks));
            sum += chunk.Length;
        }

        if (sum != plain.Length)
            throw new ArgumentException($"chunks of {sum} bytes describe {plain.Length} bytes", nameof(chunks));
    }

    private CodecId EncodePayload(
        ReadOnlySpan<byte> plain, Span<byte> payload, ContentClass contentClass, int level, out int payloadLength)
    {
        int lengthMax = plain.Length - Math.Max(1, plain.Length >> GainShift);
        if (contentClass != ContentClass.Incompressible && lengthMax > 0
            && _codecs.Find(CodecId.Zstd)!.TryEncode(plain, payload[..lengthMax], level, out payloadLength))
        {
            Debug.Assert(payloadLength <= lengthMax, "the codec wrote more than it was given room for");
            return CodecId.Zstd;
        }

        plain.CopyTo(payload);
        payloadLength = plain.Length;
        return CodecId.Raw;
    }
}
