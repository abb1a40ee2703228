using System.Reflection;
using System.Runtime.InteropServices;

namespace Hartfs.Storage.Codecs.Interop;

/// <summary>The part of libzstd's stable API (<c>zstd.h</c>, 1.4.0 and later) that Hartfs uses.</summary>
internal static partial class Zstd
{
    // ZSTD_c_compressionLevel in zstd.h.
    private const int CompressionLevelParameter = 100;

    // ZSTD_error_dstSize_tooSmall in zstd_errors.h; errors are returned as negated size_t.
    private const nuint DestinationTooSmall = 70;

    private const string Library = "libzstd";

    static Zstd() => NativeLibrary.SetDllImportResolver(typeof(Zstd).Assembly, Resolve);

    /// <exception cref="DllNotFoundException">There is no libzstd.</exception>
    public static uint VersionNumber() => ZSTD_versionNumber();

    public static ZstdCompressionContext CreateCompressionContext()
    {
        ZstdCompressionContext context = ZSTD_createCCtx();
        return context.IsInvalid ? throw new InsufficientMemoryException("libzstd: no memory to encode") : context;
    }

    public static ZstdDecompressionContext CreateDecompressionContext()
    {
        ZstdDecompressionContext context = ZSTD_createDCtx();
        return context.IsInvalid ? throw new InsufficientMemoryException("libzstd: no memory to decode") : context;
    }

    public static void SetLevel(ZstdCompressionContext context, int level)
    {
        nuint result = ZSTD_CCtx_setParameter(context, CompressionLevelParameter, level);
        if (ZSTD_isError(result) != 0)
            throw new InvalidOperationException($"libzstd refuses level {level}: {NameOf(result)}");
    }

    /// <summary>False when the frame does not fit.</summary>
    public static bool TryCompress(
        ZstdCompressionContext context, Span<byte> destination, ReadOnlySpan<byte> source, out int length)
    {
        nuint result = ZSTD_compress2(
            context, ref MemoryMarshal.GetReference(destination), (nuint)destination.Length,
            in MemoryMarshal.GetReference(source), (nuint)source.Length);
        length = 0;
        if (ZSTD_isError(result) != 0)
        {
            return result == unchecked(0 - DestinationTooSmall)
                ? false
                : throw new InvalidOperationException($"libzstd cannot encode: {NameOf(result)}");
        }

        length = checked((int)result);
        return true;
    }

    /// <summary>False when the source is no sequence of whole frames, or decodes to more than fits.</summary>
    public static bool TryDecompress(
        ZstdDecompressionContext context, Span<byte> destination, ReadOnlySpan<byte> source, out int length)
    {
        nuint result = ZSTD_decompressDCtx(
            context, ref MemoryMarshal.GetReference(destination), (nuint)destination.Length,
            in MemoryMarshal.GetReference(source), (nuint)source.Length);
        bool isError = ZSTD_isError(result) != 0;
        length = isError ? 0 : checked((int)result);
        return !isError;
    }

    private static string NameOf(nuint result) => Marshal.PtrToStringUTF8(ZSTD_getErrorName(result)) ?? "unknown error";

    // The soname comes first: libzstd.so is only there with the development package.
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
            return 0;
        string[] candidates = OperatingSystem.IsWindows() ? ["libzstd.dll"] : ["libzstd.so.1", "libzstd.so"];
        foreach (string candidate in candidates)
        {
            if (NativeLibrary.TryLoad(candidate, assembly, path, out nint handle))
                return handle;
        }

        throw new DllNotFoundException(OperatingSystem.IsWindows()
            ? "libzstd.dll was not found: it belongs beside the program"
            : "libzstd.so.1 was not found: install the package libzstd1 (Debian, Ubuntu) or libzstd (Fedora, Arch)");
    }

    [LibraryImport(Library)]
    private static partial uint ZSTD_versionNumber();

    [LibraryImport(Library)]
    private static partial uint ZSTD_isError(nuint code);

    [LibraryImport(Library)]
    private static partial nint ZSTD_getErrorName(nuint code);

    [LibraryImport(Library)]
    private static partial ZstdCompressionContext ZSTD_createCCtx();

    [LibraryImport(Library)]
    internal static partial nuint ZSTD_freeCCtx(nint context);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_CCtx_setParameter(ZstdCompressionContext context, int parameter, int value);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_compress2(
        ZstdCompressionContext context, ref byte destination, nuint capacity, in byte source, nuint length);

    [LibraryImport(Library)]
    private static partial ZstdDecompressionContext ZSTD_createDCtx();

    [LibraryImport(Library)]
    internal static partial nuint ZSTD_freeDCtx(nint context);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_decompressDCtx(
        ZstdDecompressionContext context, ref byte destination, nuint capacity, in byte source, nuint length);
}
