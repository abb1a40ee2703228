using System.Buffers.Binary;
using System.Numerics;

namespace Hartfs.Format;

/// <summary>
/// CRC-32C (Castagnoli, RFC 3720 appendix B.4; reflected, initial value and final XOR 0xFFFFFFFF): the checksum of
/// every persisted structure. Uses the processor's instruction where there is one.
/// </summary>
public static class Crc32C
{
    /// <summary>The checksum of some bytes.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>The checksum of what <paramref name="crc"/> covers followed by more bytes.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint state = ~crc;
        while (bytes.Length >= sizeof(ulong))
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
            state = BitOperations.Crc32C(state, value);
        return ~state;
    }

    /// <summary>The checksum of what <paramref name="crc"/> covers followed by a number, little-endian.</summary>
    public static uint Append(uint crc, long value) => ~BitOperations.Crc32C(~crc, (ulong)value);
}
