using Hartfs.Format;

namespace Hartfs.Storage.Codecs;

/// <summary>The codecs that this program has, one instance of each for one thread at a time.</summary>
internal sealed class CodecTable : IDisposable
{
    private readonly RawCodec _raw = new();
    private readonly ZstdCodec _zstd = new();

    /// <summary>The codec of a number; null when this program has none.</summary>
    public ICodec? Find(CodecId id) => id switch
    {
        CodecId.Raw => _raw,
        CodecId.Zstd => _zstd,
        _ => null,
    };

    public void Dispose()
    {
        _raw.Dispose();
        _zstd.Dispose();
    }
}
