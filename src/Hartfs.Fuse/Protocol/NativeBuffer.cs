using System.Runtime.InteropServices;

namespace Hartfs.Fuse.Protocol;

/// <summary>Bytes outside the garbage collector's heap, such that a chosen position in them is page aligned.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    public const int PageBytes = 4096;

    private readonly int _start;
    private byte* _memory;

    /// <param name="length">Usable bytes.</param>
    /// <param name="alignedPosition">The usable position that shall lie on a page boundary, up to a page.</param>
    public NativeBuffer(int length, int alignedPosition)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(alignedPosition, PageBytes);
        _start = PageBytes - alignedPosition;
        Length = length;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)(_start + length), PageBytes);
    }

    /// <summary>Usable bytes.</summary>
    public int Length { get; }

    public byte* Pointer => _memory + _start;

    public Span<byte> Bytes => new(Pointer, Length);

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
