using System.Security.Cryptography;

namespace Hartfs.Format;

/// <summary>What a volume is known by wherever it lies: 16 random bytes, drawn when it is created.</summary>
public readonly record struct VolumeId(UInt128 Value)
{
    /// <summary>Bytes in the persisted form.</summary>
    public const int Size = 16;

    /// <summary>Reads the persisted bytes.</summary>
    public static VolumeId Read(ReadOnlySpan<byte> bytes) =>
        new(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes));

    /// <summary>A new random id.</summary>
    public static VolumeId Create()
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes);
        return Read(bytes);
    }

    /// <summary>Writes the 16 persisted bytes.</summary>
    public void CopyTo(Span<byte> destination) =>
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(destination, Value);

    /// <summary>32 hexadecimal digits in the order of the persisted bytes.</summary>
    public override string ToString() => Value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}
