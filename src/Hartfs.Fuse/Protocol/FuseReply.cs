using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hartfs.Fuse.Protocol;

/// <summary>
/// The answer being built, one object per reader thread. Operations only fill in the body; the dispatcher alone
/// finishes it, exactly once per request, so that no answer can be lost or sent twice.
/// </summary>
internal sealed class FuseReply : IDisposable
{
    private static readonly int HeaderBytes = Unsafe.SizeOf<FuseOutHeader>();

    private readonly NativeBuffer _buffer;
    private int _length;

    /// <param name="bodyBytesMax">Room behind the header; the body starts on a page boundary.</param>
    public FuseReply(int bodyBytesMax) => _buffer = new NativeBuffer(HeaderBytes + bodyBytesMax, HeaderBytes);

    /// <summary>All room for a body, whatever has been written so far.</summary>
    public Span<byte> Body => _buffer.Bytes[HeaderBytes..];

    /// <summary>Bytes of the body so far.</summary>
    public int Length
    {
        get => _length;
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)value, (uint)(_buffer.Length - HeaderBytes));
            _length = value;
        }
    }

    /// <summary>Forgets the body.</summary>
    public void Clear() => _length = 0;

    /// <summary>Appends a structure.</summary>
    public void Add<T>(in T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(Body[_length..], in value);
        _length += Unsafe.SizeOf<T>();
    }

    /// <summary>Appends bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Body[_length..]);
        _length += bytes.Length;
    }

    /// <summary>Puts the header in front. An error drops the body: such a reply is exactly a header.</summary>
    /// <returns>The message for the kernel, valid until the next request.</returns>
    public ReadOnlySpan<byte> Finish(ulong unique, Errno error)
    {
        if (error != Errno.None)
            _length = 0;
        var header = new FuseOutHeader
        {
            Length = (uint)(HeaderBytes + _length),
            Error = -(int)error,
            Unique = unique,
        };
        MemoryMarshal.Write(_buffer.Bytes, in header);
        return _buffer.Bytes[..(HeaderBytes + _length)];
    }

    public void Dispose() => _buffer.Dispose();
}
