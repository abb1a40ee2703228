using System.Buffers;
using System.Text;

namespace Hartfs.Metadata.Tables;

/// <summary>
/// The case folding of names, a part of the format: names that differ only in case fold to the same bytes.
/// </summary>
/// <remarks>
/// Simple upper case of each code point, frozen at Unicode 16.0 (UnicodeData.txt, field 12). The table is not taken
/// from the runtime at run time, because a name's place in its directory hangs on it and the runtime's data changes.
/// A name that is not valid UTF-8 folds to itself.
/// </remarks>
internal static class NameFolding
{
    /// <summary>Bytes that a folded name can have: code points of two bytes grow to three, others not.</summary>
    public const int FoldedBytesMax = Format.Limits.NameBytesMax * 3 / 2 + 1;

    private static readonly Range[] Ranges =
    [
        new(0xB5, 0xB5, 743, 1), new(0xE0, 0xF6, -32, 1), new(0xF8, 0xFE, -32, 1), new(0xFF, 0xFF, 121, 1),
        new(0x101, 0x12F, -1, 2), new(0x133, 0x137, -1, 2), new(0x13A, 0x148, -1, 2), new(0x14B, 0x177, -1, 2),
        new(0x17A, 0x17E, -1, 2), new(0x180, 0x180, 195, 1), new(0x183, 0x185, -1, 2), new(0x188, 0x188, -1, 1),
        new(0x18C, 0x18C, -1, 1), new(0x192, 0x192, -1, 1), new(0x195, 0x195, 97, 1), new(0x199, 0x199, -1, 1),
        new(0x19A, 0x19A, 163, 1), new(0x19B, 0x19B, 42561, 1), new(0x19E, 0x19E, 130, 1), new(0x1A1, 0x1A5, -1, 2),
        new(0x1A8, 0x1A8, -1, 1), new(0x1AD, 0x1AD, -1, 1), new(0x1B0, 0x1B0, -1, 1), new(0x1B4, 0x1B6, -1, 2),
        new(0x1B9, 0x1B9, -1, 1), new(0x1BD, 0x1BD, -1, 1), new(0x1BF, 0x1BF, 56, 1), new(0x1C5, 0x1C5, -1, 1),
        new(0x1C6, 0x1C6, -2, 1), new(0x1C8, 0x1C8, -1, 1), new(0x1C9, 0x1C9, -2, 1), new(0x1CB, 0x1CB, -1, 1),
        new(0x1CC, 0x1CC, -2, 1), new(0x1CE, 0x1DC, -1, 2), new(0x1DD, 0x1DD, -79, 1), new(0x1DF, 0x1EF, -1, 2),
        new(0x1F2, 0x1F2, -1, 1), new(0x1F3, 0x1F3, -2, 1), new(0x1F5, 0x1F5, -1, 1), new(0x1F9, 0x21F, -1, 2),
        new(0x223, 0x233, -1, 2), new(0x23C, 0x23C, -1, 1), new(0x23F, 0x240, 10815, 1), new(0x242, 0x242, -1, 1),
        new(0x247, 0x24F, -1, 2), new(0x250, 0x250, 10783, 1), new(0x251, 0x251, 10780, 1),
        new(0x252, 0x252, 10782, 1), new(0x253, 0x253, -210, 1), new(0x254, 0x254, -206, 1),
        new(0x256, 0x257, -205, 1), new(0x259, 0x259, -202, 1), new(0x25B, 0x25B, -203, 1),
        new(0x25C, 0x25C, 42319, 1), new(0x260, 0x260, -205, 1), new(0x261, 0x261, 42315, 1),
        new(0x263, 0x263, -207, 1), new(0x264, 0x264, 42343, 1), new(0x265, 0x265, 42280, 1),
        new(0x266, 0x266, 42308, 1), new(0x268, 0x268, -209, 1), new(0x269, 0x269, -211, 1),
        new(0x26A, 0x26A, 42308, 1), new(0x26B, 0x26B, 10743, 1), new(0x26C, 0x26C, 42305, 1),
        new(0x26F, 0x26F, -211, 1), new(0x271, 0x271, 10749, 1), new(0x272, 0x272, -213, 1),
        new(0x275, 0x275, -214, 1), new(0x27D, 0x27D, 10727, 1), new(0x280, 0x280, -218, 1),
        new(0x282, 0x282, 42307, 1), new(0x283, 0x283, -218, 1), new(0x287, 0x287, 42282, 1),
        new(0x288, 0x288, -218, 1), new(0x289, 0x289, -69, 1), new(0x28A, 0x28B, -217, 1), new(0x28C, 0x28C, -71, 1),
        new(0x292, 0x292, -219, 1), new(0x29D, 0x29D, 42261, 1), new(0x29E, 0x29E, 42258, 1),
        new(0x345, 0x345, 84, 1), new(0x371, 0x373, -1, 2), new(0x377, 0x377, -1, 1), new(0x37B, 0x37D, 130, 1),
        new(0x3AC, 0x3AC, -38, 1), new(0x3AD, 0x3AF, -37, 1), new(0x3B1, 0x3C1, -32, 1), new(0x3C2, 0x3C2, -31, 1),
        new(0x3C3, 0x3CB, -32, 1), new(0x3CC, 0x3CC, -64, 1), new(0x3CD, 0x3CE, -63, 1), new(0x3D0, 0x3D0, -62, 1),
        new(0x3D1, 0x3D1, -57, 1), new(0x3D5, 0x3D5, -47, 1), new(0x3D6, 0x3D6, -54, 1), new(0x3D7, 0x3D7, -8, 1),
        new(0x3D9, 0x3EF, -1, 2), new(0x3F0, 0x3F0, -86, 1), new(0x3F1, 0x3F1, -80, 1), new(0x3F2, 0x3F2, 7, 1),
        new(0x3F3, 0x3F3, -116, 1), new(0x3F5, 0x3F5, -96, 1), new(0x3F8, 0x3F8, -1, 1), new(0x3FB, 0x3FB, -1, 1),
        new(0x430, 0x44F, -32, 1), new(0x450, 0x45F, -80, 1), new(0x461, 0x481, -1, 2), new(0x48B, 0x4BF, -1, 2),
        new(0x4C2, 0x4CE, -1, 2), new(0x4CF, 0x4CF, -15, 1), new(0x4D1, 0x52F, -1, 2), new(0x561, 0x586, -48, 1),
        new(0x10D0, 0x10FA, 3008, 1), new(0x10FD, 0x10FF, 3008, 1), new(0x13F8, 0x13FD, -8, 1),
        new(0x1C80, 0x1C80, -6254, 1), new(0x1C81, 0x1C81, -6253, 1), new(0x1C82, 0x1C82, -6244, 1),
        new(0x1C83, 0x1C84, -6242, 1), new(0x1C85, 0x1C85, -6243, 1), new(0x1C86, 0x1C86, -6236, 1),
        new(0x1C87, 0x1C87, -6181, 1), new(0x1C88, 0x1C88, 35266, 1), new(0x1C8A, 0x1C8A, -1, 1),
        new(0x1D79, 0x1D79, 35332, 1), new(0x1D7D, 0x1D7D, 3814, 1), new(0x1D8E, 0x1D8E, 35384, 1),
        new(0x1E01, 0x1E95, -1, 2), new(0x1E9B, 0x1E9B, -59, 1), new(0x1EA1, 0x1EFF, -1, 2),
        new(0x1F00, 0x1F07, 8, 1), new(0x1F10, 0x1F15, 8, 1), new(0x1F20, 0x1F27, 8, 1), new(0x1F30, 0x1F37, 8, 1),
        new(0x1F40, 0x1F45, 8, 1), new(0x1F51, 0x1F57, 8, 2), new(0x1F60, 0x1F67, 8, 1), new(0x1F70, 0x1F71, 74, 1),
        new(0x1F72, 0x1F75, 86, 1), new(0x1F76, 0x1F77, 100, 1), new(0x1F78, 0x1F79, 128, 1),
        new(0x1F7A, 0x1F7B, 112, 1), new(0x1F7C, 0x1F7D, 126, 1), new(0x1F80, 0x1F87, 8, 1),
        new(0x1F90, 0x1F97, 8, 1), new(0x1FA0, 0x1FA7, 8, 1), new(0x1FB0, 0x1FB1, 8, 1), new(0x1FB3, 0x1FB3, 9, 1),
        new(0x1FBE, 0x1FBE, -7205, 1), new(0x1FC3, 0x1FC3, 9, 1), new(0x1FD0, 0x1FD1, 8, 1),
        new(0x1FE0, 0x1FE1, 8, 1), new(0x1FE5, 0x1FE5, 7, 1), new(0x1FF3, 0x1FF3, 9, 1), new(0x214E, 0x214E, -28, 1),
        new(0x2170, 0x217F, -16, 1), new(0x2184, 0x2184, -1, 1), new(0x24D0, 0x24E9, -26, 1),
        new(0x2C30, 0x2C5F, -48, 1), new(0x2C61, 0x2C61, -1, 1), new(0x2C65, 0x2C65, -10795, 1),
        new(0x2C66, 0x2C66, -10792, 1), new(0x2C68, 0x2C6C, -1, 2), new(0x2C73, 0x2C73, -1, 1),
        new(0x2C76, 0x2C76, -1, 1), new(0x2C81, 0x2CE3, -1, 2), new(0x2CEC, 0x2CEE, -1, 2),
        new(0x2CF3, 0x2CF3, -1, 1), new(0x2D00, 0x2D25, -7264, 1), new(0x2D27, 0x2D27, -7264, 1),
        new(0x2D2D, 0x2D2D, -7264, 1), new(0xA641, 0xA66D, -1, 2), new(0xA681, 0xA69B, -1, 2),
        new(0xA723, 0xA72F, -1, 2), new(0xA733, 0xA76F, -1, 2), new(0xA77A, 0xA77C, -1, 2),
        new(0xA77F, 0xA787, -1, 2), new(0xA78C, 0xA78C, -1, 1), new(0xA791, 0xA793, -1, 2),
        new(0xA794, 0xA794, 48, 1), new(0xA797, 0xA7A9, -1, 2), new(0xA7B5, 0xA7C3, -1, 2),
        new(0xA7C8, 0xA7CA, -1, 2), new(0xA7CD, 0xA7CD, -1, 1), new(0xA7D1, 0xA7D1, -1, 1),
        new(0xA7D7, 0xA7DB, -1, 2), new(0xA7F6, 0xA7F6, -1, 1), new(0xAB53, 0xAB53, -928, 1),
        new(0xAB70, 0xABBF, -38864, 1), new(0xFF41, 0xFF5A, -32, 1), new(0x10428, 0x1044F, -40, 1),
        new(0x104D8, 0x104FB, -40, 1), new(0x10597, 0x105A1, -39, 1), new(0x105A3, 0x105B1, -39, 1),
        new(0x105B3, 0x105B9, -39, 1), new(0x105BB, 0x105BC, -39, 1), new(0x10CC0, 0x10CF2, -64, 1),
        new(0x10D70, 0x10D85, -32, 1), new(0x118C0, 0x118DF, -32, 1), new(0x16E60, 0x16E7F, -32, 1),
        new(0x1E922, 0x1E943, -34, 1),
    ];

    /// <summary>Folds a name. Returns the number of bytes written.</summary>
    /// <param name="name">At most <see cref="Format.Limits.NameBytesMax"/> bytes.</param>
    /// <param name="folded">At least <see cref="FoldedBytesMax"/> bytes.</param>
    public static int Fold(ReadOnlySpan<byte> name, Span<byte> folded)
    {
        int ascii = FoldAscii(name, folded);
        int written = ascii;
        for (ReadOnlySpan<byte> rest = name[ascii..]; !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf8(rest, out Rune rune, out int consumed) != OperationStatus.Done)
            {
                name.CopyTo(folded);
                return name.Length;
            }
            written += new Rune(Upper(rune.Value)).EncodeToUtf8(folded[written..]);
            rest = rest[consumed..];
        }
        return written;
    }

    /// <summary>The simple upper case of a code point.</summary>
    public static int Upper(int codePoint)
    {
        if (codePoint < 0x80)
            return codePoint is >= 'a' and <= 'z' ? codePoint - 0x20 : codePoint;
        int low = 0;
        int high = Ranges.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            ref readonly Range range = ref Ranges[middle];
            if (codePoint < range.First)
                high = middle - 1;
            else if (codePoint > range.Last)
                low = middle + 1;
            else
                return (codePoint - range.First) % range.Step == 0 ? codePoint + range.Delta : codePoint;
        }
        return codePoint;
    }

    private static int FoldAscii(ReadOnlySpan<byte> name, Span<byte> folded)
    {
        for (int index = 0; index < name.Length; index++)
        {
            byte value = name[index];
            if (value >= 0x80)
                return index;
            folded[index] = value is >= (byte)'a' and <= (byte)'z' ? (byte)(value - 0x20) : value;
        }
        return name.Length;
    }

    // Every Step-th code point from First to Last has its upper case Delta further on.
    private readonly record struct Range(int First, int Last, int Delta, int Step);
}
