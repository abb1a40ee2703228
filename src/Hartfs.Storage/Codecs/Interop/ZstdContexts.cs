using System.Runtime.InteropServices;

namespace Hartfs.Storage.Codecs.Interop;

/// <summary>A <c>ZSTD_CCtx</c>.</summary>
internal sealed class ZstdCompressionContext : SafeHandle
{
    public ZstdCompressionContext()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => Zstd.ZSTD_freeCCtx(handle) == 0;
}

/// <summary>A <c>ZSTD_DCtx</c>.</summary>
internal sealed class ZstdDecompressionContext : SafeHandle
{
    public ZstdDecompressionContext()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => Zstd.ZSTD_freeDCtx(handle) == 0;
}
