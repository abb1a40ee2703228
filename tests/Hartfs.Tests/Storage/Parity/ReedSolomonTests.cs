using Hartfs.Storage.Parity;
using Xunit;

namespace Hartfs.Tests.Storage.Parity;

public sealed class ReedSolomonTests
{
    // https://github.com/Backblaze/JavaReedSolomon, GaloisTest
    [Theory]
    [InlineData(3, 4, 12)]
    [InlineData(7, 7, 21)]
    [InlineData(23, 45, 41)]
    public void Products_are_those_of_the_published_vectors(byte left, byte right, byte product)
    {
        Assert.Equal(product, GaloisField.Multiply(left, right));
        Assert.Equal(product, GaloisField.Multiply(right, left));
    }

    [Theory]
    [InlineData(2, 2, 4)]
    [InlineData(5, 20, 235)]
    [InlineData(13, 7, 43)]
    public void Powers_are_those_of_the_published_vectors(byte value, int exponent, byte power) =>
        Assert.Equal(power, GaloisField.Power(value, exponent));

    [Fact]
    public void Every_element_but_0_has_an_inverse()
    {
        for (int value = 1; value < 256; value++)
            Assert.Equal(1, GaloisField.Multiply((byte)value, GaloisField.Invert((byte)value)));
    }

    [Fact]
    public void Vectors_and_single_bytes_agree()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        byte[] source = new byte[1000];
        random.NextBytes(source);
        for (int factor = 0; factor < 256; factor++)
        {
            int length = random.Next(source.Length);
            byte[] target = new byte[length];
            random.NextBytes(target);
            byte[] expected = [.. target.Select((value, index) =>
                (byte)(value ^ GaloisField.Multiply(source[index], (byte)factor)))];
            GaloisField.MultiplyAdd(target, source.AsSpan(0, length), (byte)factor);
            Assert.True(expected.AsSpan().SequenceEqual(target), $"seed {seed}, factor {factor}");
        }
    }

    // https://github.com/Backblaze/JavaReedSolomon, ReedSolomonTest.testOneEncode
    [Fact]
    public void Parity_is_that_of_the_published_vector()
    {
        byte[][] data = [[0, 1], [4, 5], [2, 3], [6, 7], [8, 9]];
        byte[][] expected = [[12, 13], [10, 11], [14, 15], [90, 91], [94, 95]];
        var code = new ReedSolomon(5, 5);
        for (int row = 0; row < 5; row++)
        {
            byte[] parity = new byte[2];
            for (int index = 0; index < 5; index++)
                GaloisField.MultiplyAdd(parity, data[index], code.Factor(row, index));
            Assert.Equal(expected[row], parity);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(17, 5)]
    [InlineData(200, 50)]
    public void Any_shards_that_are_as_many_as_the_data_give_all_data_back(int dataCount, int parityCount)
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        var code = new ReedSolomon(dataCount, parityCount);
        byte[][] shards = [.. Enumerable.Range(0, dataCount + parityCount).Select(_ => new byte[16])];
        for (int data = 0; data < dataCount; data++)
        {
            random.NextBytes(shards[data]);
            for (int row = 0; row < parityCount; row++)
                GaloisField.MultiplyAdd(shards[dataCount + row], shards[data], code.Factor(row, data));
        }

        int[] present = [.. Enumerable.Range(0, shards.Length).OrderBy(_ => random.Next()).Take(dataCount).Order()];
        byte[][] matrix = code.DecodingMatrix(present);
        for (int data = 0; data < dataCount; data++)
        {
            byte[] decoded = new byte[16];
            for (int index = 0; index < dataCount; index++)
                GaloisField.MultiplyAdd(decoded, shards[present[index]], matrix[data][index]);
            Assert.True(shards[data].AsSpan().SequenceEqual(decoded), $"seed {seed}, shard {data}");
        }
    }
}
