using Hartfs.Format;
using Xunit;

namespace Hartfs.Tests.Format;

public sealed class Crc32CTests
{
    [Fact]
    public void The_check_value_of_the_polynomial_is_met() => Assert.Equal(0xE3069283, Crc32C.Compute("123456789"u8));

    [Fact]
    public void The_iSCSI_vectors_are_met()
    {
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
    }

    [Fact]
    public void A_checksum_can_be_continued_at_any_byte()
    {
        byte[] bytes = [.. Enumerable.Range(0, 100).Select(i => (byte)(i * 7))];
        for (int split = 0; split <= bytes.Length; split++)
        {
            uint begin = Crc32C.Compute(bytes.AsSpan(0, split));
            Assert.Equal(Crc32C.Compute(bytes), Crc32C.Append(begin, bytes.AsSpan(split)));
        }

        Assert.Equal(
            Crc32C.Compute([8, 7, 6, 5, 4, 3, 2, 1]), Crc32C.Append(0, 0x0102030405060708));
    }
}
