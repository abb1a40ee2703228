using System.Text;
using Hartfs.Storage.Hashing;
using Xunit;

namespace Hartfs.Tests.Storage.Chunking;

public sealed class ChunkHasherTests
{
    [Fact]
    public void Without_a_key_a_fingerprint_is_the_SHA_256() =>
        Assert.Equal(
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", // FIPS 180-4, example "abc"
            new ChunkHasher().Compute("abc"u8).ToString());

    [Fact]
    public void With_a_key_a_fingerprint_is_the_HMAC() =>
        Assert.Equal(
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", // RFC 4231, test case 2
            new ChunkHasher(Encoding.ASCII.GetBytes("Jefe")).Compute("what do ya want for nothing?"u8).ToString());
}
