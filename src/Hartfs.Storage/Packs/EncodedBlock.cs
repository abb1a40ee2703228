using Hartfs.Format;

namespace Hartfs.Storage.Packs;

/// <summary>
/// A block ready to be appended. It lies in its encoder's memory: valid until the encoder encodes the next one, and
/// appended by the thread that encoded it.
/// </summary>
public readonly struct EncodedBlock
{
    private readonly Memory<byte> _bytes;

    internal EncodedBlock(Memory<byte> bytes, in BlockHeader header)
    {
        _bytes = bytes;
        Header = header;
    }

    /// <summary>How the payload is encoded.</summary>
    public CodecId Codec => Header.Codec;

    /// <summary>Bytes before encoding.</summary>
    public int PlainLength => Header.PlainLength;

    /// <summary>Bytes of the payload as stored.</summary>
    public int PayloadLength => Header.PayloadLength;

    /// <summary>Bytes of header, directory and payload.</summary>
    public int StoredLength => Header.StoredLength;

    internal BlockHeader Header { get; }

    /// <summary>Header, directory and payload; the header's checksum waits for the block's place.</summary>
    internal Span<byte> Bytes => _bytes.Span;
}
