using System.Buffers.Binary;

namespace Hartfs.Format;

/// <summary>
/// What a copy of the metadata begins with: the superblock of its volume, and what the copy is of
/// (<c>native-notes/format.md#copies-of-the-metadata</c>).
/// </summary>
/// <param name="Time">When the copy was taken: nanoseconds since 1970-01-01 UTC.</param>
/// <param name="Length">Bytes of the database behind the head.</param>
public readonly record struct CopyHead(Superblock Superblock, long Time, long Length)
{
    /// <summary>Bytes of the head; the database begins behind it.</summary>
    public const int Size = 8192;

    /// <summary>Copies have numbers from here on, so that none is taken for a pack of data.</summary>
    public const long NumberBase = 1L << 62;

    private static ReadOnlySpan<byte> Magic => "HARTCOPY"u8;

    /// <summary>Reads a head; null when it is none that this program can use.</summary>
    public static CopyHead? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Size || !bytes[Superblock.Size..].StartsWith(Magic)
            || Superblock.Read(bytes[..Superblock.Size]).Superblock is not { } superblock)
            return null;
        ReadOnlySpan<byte> rest = bytes[Superblock.Size..];
        var head = new CopyHead(superblock, BinaryPrimitives.ReadInt64LittleEndian(rest[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(rest[16..]));
        return head.Length > 0 ? head : null;
    }

    /// <summary>The head's bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size];
        Superblock.ToBytes().CopyTo(bytes, 0);
        Span<byte> rest = bytes.AsSpan(Superblock.Size);
        Magic.CopyTo(rest);
        BinaryPrimitives.WriteInt64LittleEndian(rest[8..], Time);
        BinaryPrimitives.WriteInt64LittleEndian(rest[16..], Length);
        return bytes;
    }
}
