namespace Hartfs.Format;

/// <summary>
/// Unsigned numbers in 1 to 10 bytes: seven bits a byte, lowest first, the top bit set on all but the last (LEB128).
/// Signed numbers are folded first, so that small magnitudes stay short: 0, -1, 1, -2 … become 0, 1, 2, 3 ….
/// </summary>
public static class VarInt
{
    /// <summary>Bytes of the longest number.</summary>
    public const int SizeMax = 10;

    /// <summary>Writes a number; returns the bytes used.</summary>
    public static int Write(Span<byte> destination, ulong value)
    {
        int count = 0;
        while (value >= 0x80)
        {
            destination[count++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[count++] = (byte)value;
        return count;
    }

    /// <summary>Reads a number and moves behind it. False when it is cut short or does not fit 64 bits.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> source, out ulong value)
    {
        value = 0;
        for (int i = 0; i < source.Length && i < SizeMax; i++)
        {
            ulong part = source[i] & 0x7FUL;
            if (i == SizeMax - 1 && part > 1)
                return false;
            value |= part << (7 * i);
            if (source[i] >= 0x80)
                continue;
            source = source[(i + 1)..];
            return true;
        }

        return false;
    }

    /// <summary>Folds a signed number.</summary>
    public static ulong Fold(long value) => (ulong)((value << 1) ^ (value >> 63));

    /// <summary>The signed number of a folded one.</summary>
    public static long Unfold(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);
}
