using Hartfs.Storage.Codecs;
using Hartfs.Tests.Storage.Packs;
using Xunit;

namespace Hartfs.Tests.Storage.Codecs;

public sealed class ZstdCodecTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(19)]
    public void Bytes_come_back_at_every_level_also_when_levels_alternate(int level)
    {
        using var codec = new ZstdCodec();
        byte[] stored = new byte[100_000];
        byte[] plain = new byte[100_000];
        for (int i = 0; i < 3; i++)
        {
            byte[] text = PackTestData.Text(100_000, i);
            Assert.True(codec.TryEncode(text, stored, i == 1 ? 2 : level, out int length));
            Assert.InRange(length, 1, 70_000);
            Assert.True(codec.TryDecode(stored.AsSpan(0, length), plain));
            Assert.Equal(text, plain);
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_the_codec_goes_on()
    {
        using var codec = new ZstdCodec();
        byte[] stored = new byte[2000];
        Assert.False(codec.TryEncode(PackTestData.Noise(2000), stored, 3, out _));
        Assert.True(codec.TryEncode(PackTestData.Text(2000), stored, 3, out int length));
        byte[] plain = new byte[2000];
        Assert.False(codec.TryDecode(stored.AsSpan(0, length), plain.AsSpan(0, 1999)));
        Assert.False(codec.TryDecode(stored.AsSpan(0, length - 1), plain));
        Assert.False(codec.TryDecode([], plain));
        Assert.True(codec.TryDecode(stored.AsSpan(0, length), plain));
        Assert.Equal(PackTestData.Text(2000), plain);
    }

    [Fact]
    public void A_frame_of_fewer_bytes_than_asked_for_is_refused()
    {
        using var codec = new ZstdCodec();
        byte[] stored = new byte[2000];
        Assert.True(codec.TryEncode(PackTestData.Text(1000), stored, 3, out int length));
        Assert.False(codec.TryDecode(stored.AsSpan(0, length), new byte[1001]));
    }

    [Fact]
    public void Damaged_frames_never_write_outside_the_plain_bytes()
    {
        using var codec = new ZstdCodec();
        var random = new Random(4);
        byte[] stored = new byte[5000];
        Assert.True(codec.TryEncode(PackTestData.Text(5000), stored, 3, out int length));
        byte[] plain = new byte[6000];
        for (int i = 0; i < 5000; i++)
        {
            byte[] damaged = stored[..length];
            for (int n = random.Next(1, 6); n > 0; n--)
                damaged[random.Next(length)] = (byte)random.Next(256);
            plain.AsSpan(0, 500).Fill(0xEE);
            plain.AsSpan(5500).Fill(0xEE);
            _ = codec.TryDecode(damaged, plain.AsSpan(500, 5000));
            Assert.Equal(-1, plain.AsSpan(0, 500).IndexOfAnyExcept((byte)0xEE));
            Assert.Equal(-1, plain.AsSpan(5500).IndexOfAnyExcept((byte)0xEE));
        }
    }

    [Fact]
    public void The_library_is_new_enough() => Assert.InRange(ZstdCodec.LibraryVersion, 10400, int.MaxValue);
}
