using System.Diagnostics;
using System.Numerics;
using Hartfs.Format;
using Hartfs.Storage.Codecs;

namespace Hartfs.Storage.Packs;

/// <summary>
/// The working memory of reading blocks: one thread at a time. The buffer of stored bytes grows to the largest block
/// read, so that nothing is allocated per block in steady state.
/// </summary>
public sealed class BlockDecoder : IDisposable
{
    private readonly CodecTable _codecs = new();
    private byte[] _stored = [];
    private byte[] _plain = [];

    /// <summary>Room for a block's stored bytes.</summary>
    internal Span<byte> Stored(int length)
    {
        // Rounded up, so that blocks of slightly different lengths do not each bring a new buffer.
        if (_stored.Length < length)
            _stored = new byte[BitOperations.RoundUpToPowerOf2((uint)length)];
        return _stored.AsSpan(0, length);
    }

    /// <summary>The stored bytes last read.</summary>
    internal Memory<byte> StoredMemory(int length) => _stored.AsMemory(0, length);

    /// <summary>
    /// Decodes a verified payload and copies the part that begins <paramref name="offset"/> plain bytes into the
    /// block. False when the payload does not encode the plain length.
    /// </summary>
    internal bool TryDecode(in BlockHeader header, ReadOnlySpan<byte> payload, int offset, Span<byte> plain)
    {
        Debug.Assert(offset >= 0 && plain.Length <= header.PlainLength - offset, "the part lies outside the block");
        if (_codecs.Find(header.Codec) is not { } codec)
            return false;
        if (offset == 0 && plain.Length == header.PlainLength)
            return codec.TryDecode(payload, plain);
        if (header.Codec == CodecId.Raw)
        {
            bool isWhole = payload.Length == header.PlainLength;
            if (isWhole)
                payload.Slice(offset, plain.Length).CopyTo(plain);
            return isWhole;
        }

        if (_plain.Length < header.PlainLength)
            _plain = new byte[BitOperations.RoundUpToPowerOf2((uint)header.PlainLength)];
        if (!codec.TryDecode(payload, _plain.AsSpan(0, header.PlainLength)))
            return false;
        _plain.AsSpan(offset, plain.Length).CopyTo(plain);
        return true;
    }

    public void Dispose() => _codecs.Dispose();
}
