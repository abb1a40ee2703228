using System.Buffers.Binary;
using System.Text;

namespace Hartfs.Tests.Storage.Chunking;

/// <summary>Made content of known kinds, the same for the same seed.</summary>
internal static class Content
{
    public static byte[] Noise(int length, int seed)
    {
        byte[] data = new byte[length];
        new Random(seed).NextBytes(data);
        return data;
    }

    /// <summary>Noise of a generator that any language repeats: SplitMix64 from 42, little-endian.</summary>
    public static byte[] Stream(int length)
    {
        byte[] data = new byte[length];
        ulong state = 42;
        for (int at = 0; at < length; at += sizeof(ulong))
        {
            state += 0x9E3779B97F4A7C15;
            ulong mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(at), mixed ^ (mixed >> 31));
        }

        return data;
    }

    public static byte[] Text(int length, int seed)
    {
        Random random = new(seed);
        string[] words = [.. Enumerable.Range(0, 2000).Select(_ => Word(random))];
        StringBuilder text = new(length + 16);
        while (text.Length < length)
            text.Append(words[random.Next(words.Length)]).Append(random.Next(9) == 0 ? '\n' : ' ');

        return Encoding.ASCII.GetBytes(text.ToString(0, length));
    }

    /// <summary>Text, noise, zeros and fills of random lengths in random order.</summary>
    public static byte[] Mixed(int length, int seed)
    {
        Random random = new(seed);
        using MemoryStream data = new(length + 400_000);
        while (data.Length < length)
        {
            int part = 1 + random.Next(1 << random.Next(4, 18));
            byte[] bytes = random.Next(4) switch
            {
                0 => Text(part, random.Next()),
                1 => Noise(part, random.Next()),
                2 => new byte[part],
                _ => [.. Enumerable.Range(random.Next(8), part).Select(index => (byte)(index % 8))],
            };
            data.Write(bytes);
        }

        data.SetLength(length);
        return data.ToArray();
    }

    private static string Word(Random random)
    {
        StringBuilder word = new();
        for (int letters = random.Next(2, 10); letters > 0; letters--)
            word.Append((char)('a' + random.Next(26)));

        return word.ToString();
    }
}
