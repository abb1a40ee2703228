using Hartfs.Conformance.Interop;

namespace Hartfs.Conformance.Posix;

/// <summary>A writable MAP_SHARED mapping of a file's beginning.</summary>
public sealed unsafe class SharedMapping : IDisposable
{
    private const int ReadWrite = 3;
    private const int Shared = 1;
    private const int Synchronously = 4;

    private readonly byte* _address;
    private readonly int _length;

    public SharedMapping(Descriptor file, int length)
    {
        _length = length;
        _address = LibC.MMap(null, length, ReadWrite, Shared, file.Number, 0);
        Sys.Check("mmap", (long)_address);
    }

    public Span<byte> Bytes => new(_address, _length);

    public void Sync() => Sys.Check("msync", LibC.MSync(_address, _length, Synchronously));

    public void Dispose() => _ = LibC.MUnmap(_address, _length);
}
