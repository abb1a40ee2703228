using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Hartfs.Storage.Parity;

/// <summary>
/// Arithmetic on bytes as elements of GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1 (0x11D), generator 2.
/// </summary>
internal static class GaloisField
{
    private const int Polynomial = 0x11D;

    private static readonly byte[] Powers = new byte[510];
    private static readonly byte[] Logarithms = new byte[256];

    static GaloisField()
    {
        int value = 1;
        for (int exponent = 0; exponent < 255; exponent++)
        {
            Powers[exponent] = Powers[exponent + 255] = (byte)value;
            Logarithms[value] = (byte)exponent;
            value <<= 1;
            if (value > 255)
                value ^= Polynomial;
        }
    }

    public static byte Multiply(byte left, byte right) =>
        left == 0 || right == 0 ? (byte)0 : Powers[Logarithms[left] + Logarithms[right]];

    /// <summary>The element that gives 1 with <paramref name="value"/>, which must not be 0.</summary>
    public static byte Invert(byte value) => value != 0
        ? Powers[255 - Logarithms[value]]
        : throw new DivideByZeroException();

    /// <summary>A power; anything to the power of 0 is 1.</summary>
    public static byte Power(byte value, int exponent) => exponent == 0
        ? (byte)1
        : value == 0 ? (byte)0 : Powers[Logarithms[value] * exponent % 255];

    /// <summary>Adds a multiple: target[i] += factor × source[i].</summary>
    public static void MultiplyAdd(Span<byte> target, ReadOnlySpan<byte> source, byte factor)
    {
        if (factor == 0)
            return;
        // A product is the sum of those of the two halves of the byte: two tables of 16 (Plank et al., FAST 2013).
        Span<byte> tables = stackalloc byte[32];
        for (int half = 0; half < 16; half++)
        {
            tables[half] = Multiply(factor, (byte)half);
            tables[16 + half] = Multiply(factor, (byte)(half << 4));
        }

        int at = Vector128.IsHardwareAccelerated ? MultiplyAddVectors(target, source, tables) : 0;
        for (; at < source.Length; at++)
            target[at] ^= (byte)(tables[source[at] & 15] ^ tables[16 + (source[at] >> 4)]);
    }

    private static int MultiplyAddVectors(Span<byte> target, ReadOnlySpan<byte> source, ReadOnlySpan<byte> tables)
    {
        Vector128<byte> low = Vector128.Create(tables);
        Vector128<byte> high = Vector128.Create(tables[16..]);
        Vector128<byte> mask = Vector128.Create((byte)15);
        ref byte from = ref MemoryMarshal.GetReference(source);
        ref byte to = ref MemoryMarshal.GetReference(target);
        int end = source.Length - (source.Length % Vector128<byte>.Count);
        for (nuint at = 0; at < (nuint)end; at += (nuint)Vector128<byte>.Count)
        {
            var value = Vector128.LoadUnsafe(ref from, at);
            Vector128<byte> product = Vector128.ShuffleNative(low, value & mask)
                ^ Vector128.ShuffleNative(high, (value >>> 4) & mask);
            (Vector128.LoadUnsafe(ref to, at) ^ product).StoreUnsafe(ref to, at);
        }

        return end;
    }
}
