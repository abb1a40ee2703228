using Hartfs.Fuse;
using Hartfs.Fuse.Operations;
using Hartfs.Fuse.Protocol;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hartfs.Tests.Fuse;

public sealed class FuseDispatcherTests : IDisposable
{
    private readonly LogRecord _log = new();
    private readonly FuseReply _reply = new(1 << 16);
    private readonly FuseActivity _activity = new();

    public static TheoryData<uint> Opcodes => [.. Enumerable.Range(0, 70).Select(opcode => (uint)opcode)];

    public void Dispose() => _reply.Dispose();

    [Theory]
    [MemberData(nameof(Opcodes))]
    public void Every_truncated_request_is_answered_with_an_error_or_not_at_all(uint opcode)
    {
        FuseDispatcher dispatcher = FuseMessages.Dispatcher(_log);
        for (int length = 0; length < 160; length++)
        {
            byte[] message = FuseMessages.Make((FuseOpcode)opcode, new byte[length]);
            ReadOnlySpan<byte> answer = dispatcher.Process(message, _reply, _activity);
            if (!FuseOpcodes.ExpectsReply((FuseOpcode)opcode))
            {
                Assert.True(answer.IsEmpty);
                continue;
            }
            FuseOutHeader header = FuseMessages.Header(answer);
            Assert.Equal(FuseMessages.Unique, header.Unique);
            Assert.Equal((uint)answer.Length, header.Length);
            Assert.InRange(header.Error, -511, 0);
            Assert.True(header.Error == 0 || answer.Length == 16);
        }
    }

    [Fact]
    public void An_operation_that_throws_is_answered_with_EIO_and_logged_with_its_request()
    {
        byte[] message = FuseMessages.Make(FuseOpcode.Lookup, "name\0"u8);
        FuseOutHeader header = FuseMessages.Header(
            FuseMessages.Dispatcher(_log).Process(message, _reply, _activity));
        Assert.Equal(-(int)Errno.EIO, header.Error);
        (LogLevel level, string text) = Assert.Single(_log.Entries);
        Assert.Equal(LogLevel.Critical, level);
        Assert.Contains("Lookup node=1", text, StringComparison.Ordinal);
        Assert.Contains("\"name\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_that_fails_costs_no_reply()
    {
        var log = new BrokenLog();
        var dispatcher = new FuseDispatcher(new FuseOperations(null!, false), log, new FuseTrace(log));
        FuseOutHeader header = FuseMessages.Header(
            dispatcher.Process(FuseMessages.Make(FuseOpcode.GetAttr, []), _reply, _activity));
        Assert.Equal(-(int)Errno.EIO, header.Error);
    }

    [Fact]
    public void A_forget_that_throws_is_logged_and_not_answered()
    {
        byte[] message = FuseMessages.Make(FuseOpcode.Forget, new FuseForgetIn { LookupCount = 1 });
        Assert.True(FuseMessages.Dispatcher(_log).Process(message, _reply, _activity).IsEmpty);
        Assert.Single(_log.Entries);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(39u)]
    [InlineData(41u)]
    [InlineData(uint.MaxValue)]
    public void A_header_whose_length_is_wrong_is_answered_with_EIO(uint length)
    {
        byte[] message = FuseMessages.Make(FuseOpcode.GetAttr, []);
        BitConverter.TryWriteBytes(message, length);
        FuseOutHeader header = FuseMessages.Header(
            FuseMessages.Dispatcher(_log).Process(message, _reply, _activity));
        Assert.Equal(-(int)Errno.EIO, header.Error);
        Assert.Equal(FuseMessages.Unique, header.Unique);
    }

    [Fact]
    public void Less_than_a_header_is_dropped()
    {
        Assert.True(FuseMessages.Dispatcher(_log).Process(new byte[39], _reply, _activity).IsEmpty);
        Assert.Equal(LogLevel.Warning, Assert.Single(_log.Entries).Level);
    }

    [Fact]
    public void Extensions_longer_than_the_message_are_refused()
    {
        byte[] message = FuseMessages.Make(FuseOpcode.Unlink, "name\0"u8);
        message[36] = 1;
        Assert.Equal(-(int)Errno.EIO, FuseMessages.Header(
            FuseMessages.Dispatcher(_log).Process(message, _reply, _activity)).Error);
    }

    [Theory]
    [InlineData(FuseOpcode.Open)]
    [InlineData(FuseOpcode.OpenDir)]
    [InlineData(FuseOpcode.Create)]
    [InlineData(FuseOpcode.Flush)]
    [InlineData(FuseOpcode.Access)]
    [InlineData(FuseOpcode.BMap)]
    [InlineData(FuseOpcode.Poll)]
    [InlineData(FuseOpcode.SetLock)]
    public void The_kernel_is_told_not_to_ask_again(object opcode) => Assert.Equal(-(int)Errno.ENOSYS,
        FuseMessages.Header(FuseMessages.Dispatcher(_log).Process(
            FuseMessages.Make((FuseOpcode)opcode, new byte[64]), _reply, _activity)).Error);

    [Fact]
    public void Ioctls_are_no_ttys() => Assert.Equal(-(int)Errno.ENOTTY, FuseMessages.Header(
        FuseMessages.Dispatcher(_log).Process(
            FuseMessages.Make(FuseOpcode.IoCtl, new byte[32]), _reply, _activity)).Error);

    [Fact]
    public void Serving_what_needs_no_filesystem_allocates_nothing()
    {
        FuseDispatcher dispatcher = FuseMessages.Dispatcher(_log);
        byte[] message = FuseMessages.Make(FuseOpcode.Release, new byte[24]);
        dispatcher.Process(message, _reply, _activity);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            dispatcher.Process(message, _reply, _activity);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Requests_are_counted_by_operation_and_unknown_ones_together()
    {
        FuseDispatcher dispatcher = FuseMessages.Dispatcher(_log);
        dispatcher.Process(FuseMessages.Make(FuseOpcode.IoCtl, []), _reply, _activity);
        dispatcher.Process(FuseMessages.Make((FuseOpcode)4096, []), _reply, _activity);
        Assert.Equal(1, _activity.Count((int)FuseOpcode.IoCtl));
        Assert.Equal(1, _activity.Count(0));
        Assert.Equal(2, _activity.Total);
    }
}
