using System.Runtime.InteropServices;
using Hartfs.Fuse;
using Hartfs.Fuse.Protocol;
using Xunit;

namespace Hartfs.Tests.Fuse;

public sealed class InitNegotiationTests : IDisposable
{
    private readonly FuseReply _reply = new(4096);

    public void Dispose() => _reply.Dispose();

    [Fact]
    public void Only_features_that_the_kernel_offers_are_taken()
    {
        const uint offered = (uint)(FuseInitFlags.AsyncRead | FuseInitFlags.WritebackCache | FuseInitFlags.InitExt);
        FuseInitOut answer = Answer(new FuseInitIn { Major = 7, Minor = 45, Flags = offered, Flags2 = 8 }, true);
        Assert.Equal(offered, answer.Flags);
        Assert.Equal(8u, answer.Flags2);
        Assert.Equal(1u << 20, answer.MaxWrite);
        Assert.Equal(256, answer.MaxPages);
        Assert.Equal(64, answer.MaxBackground);
        Assert.Equal(1u, answer.TimeGranularityNs);
    }

    [Fact]
    public void Flags_nobody_knows_are_not_taken()
    {
        FuseInitOut answer = Answer(
            new FuseInitIn { Major = 7, Minor = 99, Flags = uint.MaxValue, Flags2 = uint.MaxValue }, true);
        Assert.Equal(45u, answer.Minor);
        Assert.Equal(8u, answer.Flags2);
        // POSIX_LOCKS, ATOMIC_O_TRUNC, AUTO_INVAL_DATA, MAP_ALIGNMENT: each would break something.
        Assert.Equal(0u, answer.Flags & (1u << 1 | 1u << 3 | 1u << 12 | 1u << 26));
    }

    [Fact]
    public void The_writeback_cache_can_be_refused()
    {
        FuseInitOut answer = Answer(new FuseInitIn { Major = 7, Minor = 45, Flags = uint.MaxValue }, false);
        Assert.Equal(0u, answer.Flags & (uint)FuseInitFlags.WritebackCache);
    }

    [Fact]
    public void A_message_of_a_kernel_before_7_36_is_understood()
    {
        byte[] message = FuseMessages.Make(FuseOpcode.Init, new FuseInitIn { Major = 7, Minor = 31, Flags = 1 });
        message[0] = 56;
        Assert.True(FuseRequest.TryParse(message.AsSpan(0, 56), out FuseRequest request));
        Assert.Equal(Errno.None, InitNegotiation.Answer(ref request, true, _reply, out FuseConnection? connection));
        Assert.Equal(31u, connection!.Minor);
        Assert.Equal(FuseInitFlags.AsyncRead, connection.Flags);
    }

    [Fact]
    public void A_newer_major_version_is_asked_to_come_again()
    {
        Assert.Equal(Errno.None, Try(new FuseInitIn { Major = 8 }, out FuseConnection? connection));
        Assert.Null(connection);
        Assert.Equal(7u, MemoryMarshal.Read<FuseInitOut>(_reply.Body).Major);
    }

    [Theory]
    [InlineData(7u, 30u)]
    [InlineData(6u, 45u)]
    public void Too_old_a_kernel_is_refused(uint major, uint minor)
    {
        var offer = new FuseInitIn { Major = major, Minor = minor };
        Assert.Equal(Errno.EPROTO, Try(offer, out FuseConnection? connection));
        Assert.Null(connection);
    }

    private FuseInitOut Answer(FuseInitIn offer, bool writebackCache)
    {
        Assert.True(FuseRequest.TryParse(FuseMessages.Make(FuseOpcode.Init, offer), out FuseRequest request));
        Assert.Equal(Errno.None, InitNegotiation.Answer(ref request, writebackCache, _reply, out _));
        return MemoryMarshal.Read<FuseInitOut>(_reply.Body);
    }

    private Errno Try(FuseInitIn offer, out FuseConnection? connection)
    {
        Assert.True(FuseRequest.TryParse(FuseMessages.Make(FuseOpcode.Init, offer), out FuseRequest request));
        return InitNegotiation.Answer(ref request, true, _reply, out connection);
    }
}
