using Hartfs.Format;

namespace Hartfs.Storage.Codecs;

/// <summary>Stores bytes as they are.</summary>
public sealed class RawCodec : ICodec
{
    public CodecId Id => CodecId.Raw;

    public bool TryEncode(ReadOnlySpan<byte> plain, Span<byte> stored, int level, out int storedLength)
    {
        storedLength = plain.Length;
        return plain.TryCopyTo(stored);
    }

    public bool TryDecode(ReadOnlySpan<byte> stored, Span<byte> plain)
    {
        if (stored.Length != plain.Length)
            return false;
        stored.CopyTo(plain);
        return true;
    }

    public void Dispose()
    {
    }
}
