using Hartfs.Format;
using Xunit;

namespace Hartfs.Tests.Format;

public sealed class MetadataPageTests
{
    private static readonly VolumeId Volume = VolumeId.Read("0123456789abcdef"u8);

    // The example of native-notes/format.md: byte i of the page is i modulo 251.
    [Fact]
    public void The_checksum_of_a_page_is_as_documented()
    {
        byte[] page = Example();
        MetadataPage.Seal(page, 17, MetadataPage.TagOf(Volume));
        Assert.Equal(0x42D3119Eu, MetadataPage.TagOf(Volume));
        Assert.Equal("9E11D342E03D24BB", Convert.ToHexString(page[^8..]));
        Assert.Equal(Example()[..^8], page[..^8]);
        Assert.True(MetadataPage.IsWhole(page, 17, MetadataPage.TagOf(Volume)));
    }

    [Fact]
    public void A_page_of_another_number_volume_or_content_is_not_whole()
    {
        byte[] page = Example();
        uint tag = MetadataPage.TagOf(Volume);
        MetadataPage.Seal(page, 17, tag);
        Assert.False(MetadataPage.IsWhole(page, 18, tag));
        Assert.False(MetadataPage.IsWhole(page, 17, tag + 1));
        for (int bit = 0; bit < page.Length * 8; bit++)
        {
            page[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(MetadataPage.IsWhole(page, 17, tag));
            page[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_page_of_zeros_is_not_whole() => Assert.False(MetadataPage.IsWhole(new byte[MetadataPage.Size], 1));

    private static byte[] Example() =>
        [.. Enumerable.Range(0, MetadataPage.Size).Select(index => (byte)(index % 251))];
}
