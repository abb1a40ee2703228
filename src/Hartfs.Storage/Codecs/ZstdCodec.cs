using Hartfs.Format;
using Hartfs.Storage.Codecs.Interop;

namespace Hartfs.Storage.Codecs;

/// <summary>zstd frames (RFC 8878) through the system's libzstd. Contexts are made at first use and kept.</summary>
public sealed class ZstdCodec : ICodec
{
    /// <summary>The fastest of the standard levels.</summary>
    public const int LevelMin = 1;

    /// <summary>The highest level whose memory stays in proportion to a block.</summary>
    public const int LevelMax = 19;

    private ZstdCompressionContext? _compression;
    private ZstdDecompressionContext? _decompression;
    private int _level;

    public CodecId Id => CodecId.Zstd;

    /// <summary>The library's version, such as 10504 for 1.5.4.</summary>
    /// <exception cref="DllNotFoundException">There is no libzstd; the message says what to install.</exception>
    public static int LibraryVersion => (int)Zstd.VersionNumber();

    public bool TryEncode(ReadOnlySpan<byte> plain, Span<byte> stored, int level, out int storedLength)
    {
        _compression ??= Zstd.CreateCompressionContext();
        if (_level != level)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(level, LevelMin);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(level, LevelMax);
            Zstd.SetLevel(_compression, level);
            _level = level;
        }

        return Zstd.TryCompress(_compression, stored, plain, out storedLength);
    }

    public bool TryDecode(ReadOnlySpan<byte> stored, Span<byte> plain)
    {
        _decompression ??= Zstd.CreateDecompressionContext();
        return Zstd.TryDecompress(_decompression, plain, stored, out int length) && length == plain.Length;
    }

    public void Dispose()
    {
        _compression?.Dispose();
        _decompression?.Dispose();
    }
}
