using Hartfs.Storage.Chunking;
using Xunit;

namespace Hartfs.Tests.Storage.Chunking;

public sealed class MinimumHashTests
{
    [Fact]
    public void Every_path_finds_the_same_boundary()
    {
        Random random = new(11);
        for (int round = 0; round < 3_000; round++)
        {
            // Few symbols make equal hashes, where the first must win on every path.
            byte[] data = new byte[MinimumHash.WindowBytes + random.Next(1, 2_000)];
            int symbols = 1 << random.Next(0, 9);
            for (int index = 0; index < data.Length; index++)
                data[index] = (byte)random.Next(symbols);
            int first = random.Next(MinimumHash.WindowBytes, data.Length + 1);
            int last = random.Next(first, data.Length + 1);

            int scalar = MinimumHash.FindScalar(data, first, last, out uint minimum);
            Assert.Equal(scalar, MinimumHash.Find(data, first, last, out uint found));
            Assert.Equal(minimum, found);
            Assert.Equal(scalar, MinimumHash.FindVector256(data, first, last, out found));
            Assert.Equal(minimum, found);
            Assert.Equal(scalar, MinimumHash.FindVector128(data, first, last, out found));
            Assert.Equal(minimum, found);
            Assert.InRange(scalar, first, last);
        }
    }
}
