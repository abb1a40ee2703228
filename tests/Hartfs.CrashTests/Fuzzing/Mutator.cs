using System.Buffers.Binary;

namespace Hartfs.CrashTests.Fuzzing;

/// <summary>Changes bytes as damage and malice do. The same seed makes the same changes.</summary>
internal static class Mutator
{
    private static readonly long[] Numbers =
        [0, 1, -1, 2, 7, 63, 64, 127, 128, 255, 256, 4095, 4096, 65535, 65536, int.MaxValue, int.MinValue,
            uint.MaxValue, long.MaxValue, long.MinValue];

    /// <summary>A copy with one to a few changes; at most twice as long and 4096 bytes longer.</summary>
    public static byte[] Mutate(ReadOnlySpan<byte> input, Random random)
    {
        byte[] bytes = input.ToArray();
        int count = 1 + random.Next(random.Next(4) == 0 ? 12 : 3);
        for (int index = 0; index < count; index++) bytes = Change(bytes, random, input.Length * 2 + 4096);
        return bytes;
    }

    /// <summary>Bytes that follow no plan.</summary>
    public static byte[] Noise(Random random, int lengthMax)
    {
        byte[] bytes = new byte[random.Next(lengthMax + 1)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Change(byte[] bytes, Random random, int lengthMax)
    {
        if (bytes.Length == 0) return Noise(random, 64);
        int at = random.Next(bytes.Length);
        int rest = bytes.Length - at;
        switch (random.Next(10))
        {
            case 0 or 1:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 2:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 3 or 4:
                WriteNumber(bytes.AsSpan(at), Numbers[random.Next(Numbers.Length)], random);
                return bytes;
            case 5:
                return bytes[..at];
            case 6:
                bytes.AsSpan(at, Math.Min(rest, 1 + random.Next(512))).Fill((byte)(random.Next(2) * 255));
                return bytes;
            case 7:
                int from = random.Next(bytes.Length);
                int length = Math.Min(Math.Min(rest, bytes.Length - from), 1 + random.Next(4096));
                bytes.AsSpan(from, length).ToArray().CopyTo(bytes, at);
                return bytes;
            case 8:
                byte[] without = [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + 1 + random.Next(64))..]];
                return without;
            default:
                byte[] with = [.. bytes[..at], .. Noise(random, 64), .. bytes[at..]];
                return with.Length <= lengthMax ? with : bytes;
        }
    }

    private static void WriteNumber(Span<byte> place, long number, Random random)
    {
        number += random.Next(3) - 1;
        if (place.Length >= 8 && random.Next(2) == 0) BinaryPrimitives.WriteInt64LittleEndian(place, number);
        else if (place.Length >= 4) BinaryPrimitives.WriteInt32LittleEndian(place, unchecked((int)number));
        else place[0] = unchecked((byte)number);
    }
}
