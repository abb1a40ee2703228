using Hartfs.Cli.Output;
using Xunit;

namespace Hartfs.Tests.Cli;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("512", 512)]
    [InlineData("512B", 512)]
    [InlineData("64K", 65536)]
    [InlineData("64k", 65536)]
    [InlineData("64KiB", 65536)]
    [InlineData("64 kib", 65536)]
    [InlineData("64KB", 64000)]
    [InlineData("1.5G", 1610612736)]
    [InlineData("2T", 2199023255552)]
    [InlineData("7E", 8070450532247928832)]
    public void Sizes_are_read_in_powers_of_1024_or_with_B_of_1000(string text, long expected)
    {
        Assert.True(ByteSize.TryParse(text, out long bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("K")]
    [InlineData("-1")]
    [InlineData("1X")]
    [InlineData("1Ki")]
    [InlineData("1KiBB")]
    [InlineData("0.3")]
    [InlineData("8E")]
    [InlineData("1e3")]
    [InlineData("1..5G")]
    [InlineData("999999999999999999999999999999")]
    public void Everything_else_is_no_size(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.00 KiB")]
    [InlineData(1536, "1.50 KiB")]
    [InlineData(10_239, "10.0 KiB")]
    [InlineData(1_048_575, "1.00 MiB")]
    [InlineData(335_007_449_088, "312 GiB")]
    [InlineData(long.MaxValue, "8.00 EiB")]
    [InlineData(-2048, "-2.00 KiB")]
    public void Sizes_are_written_with_three_figures(long bytes, string expected) =>
        Assert.Equal(expected, ByteSize.Format(bytes));
}
