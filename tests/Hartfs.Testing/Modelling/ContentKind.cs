namespace Hartfs.Testing.Modelling;

/// <summary>What the bytes of a generated write look like; each kind takes another way through a volume.</summary>
public enum ContentKind
{
    /// <summary>Zeros: become holes.</summary>
    Zeros,

    /// <summary>One byte repeated: a fill extent.</summary>
    Constant,

    /// <summary>Eight bytes repeated, at any phase: a fill extent.</summary>
    Pattern,

    /// <summary>Random bytes: stored raw.</summary>
    Random,

    /// <summary>Words: stored compressed.</summary>
    Text,

    /// <summary>A window into one of a few fixed blobs: found again by deduplication.</summary>
    Duplicate,

    /// <summary>Runs of all of the above.</summary>
    Mixed,
}

/// <summary>Bytes that a seed stands for, so that an operation can be printed and repeated.</summary>
public readonly record struct Content(ContentKind Kind, int Seed, int Length)
{
    private const int BlobLength = 1 << 20;
    private const int BlobCount = 3;

    private static readonly Lazy<byte[]>[] Blobs =
        [.. Enumerable.Range(0, BlobCount).Select(i => new Lazy<byte[]>(() => MakeBlob(i)))];

    private static readonly string[] Words =
        ["the ", "volume ", "keeps ", "every ", "byte ", "once ", "and ", "finds ", "it\n", "again, ", "0x", "42;"];

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Length];
        Fill(bytes, Kind, new Random(Seed));
        return bytes;
    }

    private static void Fill(Span<byte> bytes, ContentKind kind, Random random)
    {
        switch (kind)
        {
            case ContentKind.Zeros:
                break;
            case ContentKind.Constant:
                bytes.Fill((byte)random.Next(1, 256));
                break;
            case ContentKind.Pattern:
                Span<byte> pattern = stackalloc byte[8];
                random.NextBytes(pattern);
                for (int i = 0; i < bytes.Length; i++) bytes[i] = pattern[i & 7];
                break;
            case ContentKind.Random:
                random.NextBytes(bytes);
                break;
            case ContentKind.Text:
                FillText(bytes, random);
                break;
            case ContentKind.Duplicate:
                FillDuplicate(bytes, random);
                break;
            case ContentKind.Mixed:
                FillMixed(bytes, random);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind));
        }
    }

    private static void FillText(Span<byte> bytes, Random random)
    {
        while (!bytes.IsEmpty)
        {
            string word = Words[random.Next(Words.Length)];
            int count = Math.Min(word.Length, bytes.Length);
            System.Text.Encoding.ASCII.GetBytes(word.AsSpan(0, count), bytes);
            bytes = bytes[count..];
        }
    }

    private static void FillDuplicate(Span<byte> bytes, Random random)
    {
        byte[] blob = Blobs[random.Next(BlobCount)].Value;
        int from = random.Next(4) * 4096 + (random.Next(3) == 0 ? random.Next(4096) : 0);
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, blob.Length - from);
            blob.AsSpan(from, count).CopyTo(bytes);
            bytes = bytes[count..];
            from = 0;
        }
    }

    private static void FillMixed(Span<byte> bytes, Random random)
    {
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, 1 + random.Next(random.Next(2) == 0 ? 512 : 40_000));
            Fill(bytes[..count], (ContentKind)random.Next((int)ContentKind.Mixed), random);
            bytes = bytes[count..];
        }
    }

    private static byte[] MakeBlob(int index)
    {
        byte[] blob = new byte[BlobLength];
        Random random = new(index + 1);
        if (index == 0) random.NextBytes(blob);
        else FillText(blob, random);
        return blob;
    }
}
