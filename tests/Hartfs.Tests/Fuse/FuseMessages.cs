using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hartfs.Fuse;
using Hartfs.Fuse.Operations;
using Hartfs.Fuse.Protocol;
using Microsoft.Extensions.Logging;

namespace Hartfs.Tests.Fuse;

/// <summary>Requests as the kernel would send them, and a dispatcher to send them to.</summary>
internal static class FuseMessages
{
    public const ulong Unique = 0x1122334455667788;

    /// <summary>A message: header, one structure, any number of bytes.</summary>
    public static byte[] Make<T>(FuseOpcode opcode, T body, ReadOnlySpan<byte> payload = default)
        where T : unmanaged
    {
        byte[] bytes = new byte[Unsafe.SizeOf<T>() + payload.Length];
        MemoryMarshal.Write(bytes, in body);
        payload.CopyTo(bytes.AsSpan(Unsafe.SizeOf<T>()));
        return Make(opcode, bytes);
    }

    /// <summary>A message: header and bytes.</summary>
    public static byte[] Make(FuseOpcode opcode, ReadOnlySpan<byte> payload)
    {
        byte[] message = new byte[Unsafe.SizeOf<FuseInHeader>() + payload.Length];
        var header = new FuseInHeader
        {
            Length = (uint)message.Length,
            Opcode = opcode,
            Unique = Unique,
            NodeId = 1,
        };
        MemoryMarshal.Write(message, in header);
        payload.CopyTo(message.AsSpan(Unsafe.SizeOf<FuseInHeader>()));
        return message;
    }

    /// <summary>A dispatcher without a filesystem: whatever reaches it throws.</summary>
    public static FuseDispatcher Dispatcher(ILogger logger, bool writebackCache = true) =>
        new(new FuseOperations(null!, writebackCache), logger, null);

    public static FuseOutHeader Header(ReadOnlySpan<byte> reply) => MemoryMarshal.Read<FuseOutHeader>(reply);
}
