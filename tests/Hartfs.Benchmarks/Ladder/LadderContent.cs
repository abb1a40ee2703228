using System.Text;

namespace Hartfs.Benchmarks.Ladder;

/// <summary>What the large files hold.</summary>
internal enum ContentKind
{
    /// <summary>Words in lines: shrinks about threefold under zstd:3, never repeats a chunk.</summary>
    Text,

    /// <summary>Nothing can shrink it.</summary>
    Random,
}

/// <summary>Makes content from a seed, so that no repetition writes what another one wrote.</summary>
internal static class LadderContent
{
    private const int WordCount = 20_000;
    private const int WordsPerLine = 11;
    private const double Skew = 3.0;

    public static byte[] Create(ContentKind kind, int length, int seed)
    {
        var random = new Random(seed);
        byte[] content = new byte[length];
        if (kind == ContentKind.Random)
            random.NextBytes(content);
        else
            FillWithText(content, random);
        return content;
    }

    private static void FillWithText(Span<byte> content, Random random)
    {
        byte[][] words = [.. Enumerable.Range(0, WordCount).Select(_ => NewWord(random))];
        int at = 0;
        for (int count = 1; at < content.Length; count++)
        {
            byte[] word = words[(int)(WordCount * Math.Pow(random.NextDouble(), Skew))];
            int length = int.Min(word.Length, content.Length - at);
            word.AsSpan(0, length).CopyTo(content[at..]);
            at += length;
            if (at < content.Length) content[at++] = count % WordsPerLine == 0 ? (byte)'\n' : (byte)' ';
        }
    }

    private static byte[] NewWord(Random random)
    {
        var word = new StringBuilder();
        int length = random.Next(2, 12);
        for (int index = 0; index < length; index++) word.Append((char)('a' + random.Next(26)));
        return Encoding.ASCII.GetBytes(word.ToString());
    }
}
