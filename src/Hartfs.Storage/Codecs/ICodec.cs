using Hartfs.Format;

namespace Hartfs.Storage.Codecs;

/// <summary>
/// Plain bytes ⇄ stored bytes of one block. One thread at a time uses an instance: it owns working memory. What one
/// version has encoded, every later version decodes.
/// </summary>
public interface ICodec : IDisposable
{
    /// <summary>The persisted number.</summary>
    CodecId Id { get; }

    /// <summary>
    /// Encodes into <paramref name="stored"/>; false when the encoding is longer than that, which then holds garbage.
    /// </summary>
    /// <param name="level">The codec's own scale; codecs without levels ignore it.</param>
    bool TryEncode(ReadOnlySpan<byte> plain, Span<byte> stored, int level, out int storedLength);

    /// <summary>
    /// Decodes bytes that encode exactly <paramref name="plain"/>'s length; false when they do not, whatever they
    /// are. Never writes outside <paramref name="plain"/>, which after a failure holds garbage.
    /// </summary>
    bool TryDecode(ReadOnlySpan<byte> stored, Span<byte> plain);
}
