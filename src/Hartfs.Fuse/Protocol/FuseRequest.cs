using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Hartfs.Fuse.Protocol;

/// <summary>
/// One message from the kernel, taken apart from front to back. Every step checks the length first: a malformed
/// message yields false, never an exception and never bytes of another request.
/// </summary>
internal ref struct FuseRequest
{
    private ReadOnlySpan<byte> _rest;

    private FuseRequest(FuseInHeader header, ReadOnlySpan<byte> rest)
    {
        Header = header;
        _rest = rest;
    }

    public readonly FuseInHeader Header;

    /// <summary>What has not been taken yet, extensions excluded.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>Reads the header and cuts off the extensions.</summary>
    /// <returns>False: shorter than a header, or its lengths contradict the message.</returns>
    public static bool TryParse(ReadOnlySpan<byte> message, out FuseRequest request)
    {
        request = default;
        if (!MemoryMarshal.TryRead(message, out FuseInHeader header))
            return false;
        long end = header.Length - (header.ExtensionLength * 8L);
        if (header.Length != message.Length || end < Unsafe.SizeOf<FuseInHeader>())
            return false;
        request = new FuseRequest(header, message[Unsafe.SizeOf<FuseInHeader>()..(int)end]);
        return true;
    }

    /// <summary>The number to answer to, from a message that may be malformed otherwise.</summary>
    /// <returns>False: there is none, or nobody waits for the answer.</returns>
    public static bool TryReadUnique(ReadOnlySpan<byte> message, out ulong unique)
    {
        bool found = MemoryMarshal.TryRead(message, out FuseInHeader header);
        unique = header.Unique;
        return found && FuseOpcodes.ExpectsReply(header.Opcode);
    }

    /// <summary>Takes a fixed structure.</summary>
    public bool TryTake<T>(out T value)
        where T : unmanaged
    {
        if (!MemoryMarshal.TryRead(_rest, out value))
            return false;
        _rest = _rest[Unsafe.SizeOf<T>()..];
        return true;
    }

    /// <summary>Takes a name and the NUL behind it. An empty name is malformed.</summary>
    public bool TryTakeName(out ReadOnlySpan<byte> name)
    {
        int length = _rest.IndexOf((byte)0);
        name = length > 0 ? _rest[..length] : default;
        if (length <= 0)
            return false;
        _rest = _rest[(length + 1)..];
        return true;
    }

    /// <summary>Takes a run of bytes.</summary>
    /// <param name="length">0 to what is left.</param>
    public bool TryTakeBytes(uint length, out ReadOnlySpan<byte> bytes)
    {
        bool fits = length <= _rest.Length;
        bytes = fits ? _rest[..(int)length] : default;
        if (fits)
            _rest = _rest[(int)length..];
        return fits;
    }
}
