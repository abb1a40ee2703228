using Hartfs.Format;
using Xunit;

namespace Hartfs.Tests.Format;

public sealed class VarIntTests
{
    [Theory]
    [InlineData(0UL, "00")]
    [InlineData(127UL, "7f")]
    [InlineData(128UL, "8001")]
    [InlineData(300UL, "ac02")]
    [InlineData(16384UL, "808001")]
    [InlineData(ulong.MaxValue, "ffffffffffffffffff01")]
    public void A_number_has_these_bytes_and_comes_back(ulong value, string hex)
    {
        Span<byte> bytes = stackalloc byte[VarInt.SizeMax];
        int length = VarInt.Write(bytes, value);
        Assert.Equal(hex, Convert.ToHexStringLower(bytes[..length]));
        ReadOnlySpan<byte> rest = bytes;
        Assert.True(VarInt.TryRead(ref rest, out ulong read));
        Assert.Equal((value, bytes.Length - length), (read, rest.Length));
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("ffffffffffffffffff02")]
    [InlineData("ffffffffffffffffffff01")]
    public void What_is_cut_short_or_too_large_is_refused(string hex)
    {
        ReadOnlySpan<byte> bytes = Convert.FromHexString(hex);
        Assert.False(VarInt.TryRead(ref bytes, out _));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 1)]
    [InlineData(1, 2)]
    [InlineData(long.MaxValue, ulong.MaxValue - 1)]
    [InlineData(long.MinValue, ulong.MaxValue)]
    public void Signed_numbers_fold_to_small_ones(long value, ulong folded)
    {
        Assert.Equal(folded, VarInt.Fold(value));
        Assert.Equal(value, VarInt.Unfold(folded));
    }
}
