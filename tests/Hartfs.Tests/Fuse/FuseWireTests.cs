using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hartfs.Core;
using Hartfs.Format;
using Hartfs.Fuse;
using Hartfs.Fuse.Protocol;
using Xunit;

namespace Hartfs.Tests.Fuse;

public sealed class FuseWireTests
{
    [Fact]
    public void Every_outcome_has_an_error_number_of_its_own_choice()
    {
        foreach (FsError error in Enum.GetValues<FsError>())
        {
            Errno errno = ErrnoMap.ToErrno(error);
            Assert.Equal(error == FsError.None, errno == Errno.None);
            Assert.InRange((int)errno, 0, 511);
            // EIO is also the answer to values the table does not know.
            if (errno == Errno.EIO)
                Assert.True(error is FsError.CorruptData or FsError.IoFailure, error.ToString());
        }
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(-1L)]
    [InlineData(-1_000_000_000L)]
    [InlineData(1_789_000_000_123_456_789L)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void Times_survive_the_wire(long time)
    {
        (ulong seconds, uint nanoseconds) = AttributeCodec.Split(time);
        Assert.InRange(nanoseconds, 0u, 999_999_999u);
        Assert.Equal(time, AttributeCodec.Join(seconds, nanoseconds));
    }

    [Fact]
    public void Times_out_of_range_become_the_nearest_that_fits()
    {
        Assert.Equal(long.MaxValue, AttributeCodec.Join(1UL << 40, 0));
        Assert.Equal(long.MinValue, AttributeCodec.Join(unchecked((ulong)-(1L << 40)), 0));
    }

    [Fact]
    public void A_change_of_attributes_takes_just_the_fields_that_are_meant()
    {
        var request = new FuseSetAttrIn
        {
            Valid = FuseSetAttrFlags.Mode | FuseSetAttrFlags.ModifyTime | FuseSetAttrFlags.AccessTime |
                FuseSetAttrFlags.AccessTimeNow | FuseSetAttrFlags.ChangeTime | FuseSetAttrFlags.KillSuidGid,
            Mode = 0x8000 | 0x9ff,
            ModifyTime = 5,
            ModifyTimeNs = 6,
            ChangeTime = 7,
            Size = 99,
        };
        AttributeChange change = AttributeCodec.ToChange(request, now: 42);
        Assert.Equal(AttributeFields.Mode | AttributeFields.AccessTime | AttributeFields.ModifyTime |
            AttributeFields.ChangeTime | AttributeFields.KillPrivileges, change.Fields);
        Assert.Equal(0x9ff, change.Mode);
        Assert.Equal(42, change.AccessTime);
        Assert.Equal(5_000_000_006, change.ModifyTime);
        Assert.Equal(7_000_000_000, change.ChangeTime);
    }

    [Fact]
    public void Device_numbers_are_taken_apart_for_statx()
    {
        // makedev(0x123, 0xabcde) in the kernel's 32-bit encoding.
        FuseStatXOut statx = AttributeCodec.ToStatX(new InodeRecord { Device = 0xabc00000 | 0x12300 | 0xde });
        Assert.Equal(0x123u, statx.Stat.DeviceMajor);
        Assert.Equal(0xabcdeu, statx.Stat.DeviceMinor);
    }

    [Theory]
    [InlineData(false, 24)]
    [InlineData(true, 152)]
    public void Directory_entries_are_padded_to_eight_bytes_and_stop_where_the_room_ends(bool plus, int head)
    {
        Span<byte> room = new byte[(2 * (head + 8)) + 7];
        room.Fill(0xff);
        var writer = new DirectoryWriter(room, plus, null);
        var inode = new InodeRecord { Number = new InodeNumber(77), Mode = InodeMode.Directory | 0x1ed };
        Assert.True(writer.Add("abc"u8, 5, inode));
        Assert.True(writer.Add("12345678"u8, 6, inode));
        Assert.False(writer.Add("x"u8, 7, inode));
        Assert.Equal(2 * (head + 8), writer.Length);
        FuseDirent dirent = MemoryMarshal.Read<FuseDirent>(room[(head - 24)..]);
        Assert.Equal((77ul, 5ul, 3u, 4u), (dirent.Inode, dirent.NextCookie, dirent.NameLength, dirent.Type));
        Assert.Equal("abc\0\0\0\0\0"u8.ToArray(), room.Slice(head, 8).ToArray());
    }

    [Fact]
    public void An_error_reply_is_exactly_a_header_whatever_was_written_before()
    {
        using var reply = new FuseReply(100);
        reply.Add("half an answer"u8);
        Assert.Equal(16, reply.Finish(9, Errno.ENOENT).Length);
        FuseOutHeader header = FuseMessages.Header(reply.Finish(9, Errno.ENOENT));
        Assert.Equal((16u, -2, 9ul), (header.Length, header.Error, header.Unique));
    }

    [Fact]
    public void Notifications_carry_their_code_and_a_terminated_name()
    {
        Span<byte> buffer = stackalloc byte[512];
        buffer.Fill(0xff);
        ReadOnlySpan<byte> message = FuseKernelCache.FormatEntry(buffer, new InodeNumber(5), "name"u8, true);
        Assert.Equal(16 + 16 + 5, message.Length);
        FuseOutHeader header = FuseMessages.Header(message);
        Assert.Equal((37u, 3, 0ul), (header.Length, header.Error, header.Unique));
        Assert.Equal("name\0"u8.ToArray(), message[32..].ToArray());

        message = FuseKernelCache.FormatPrune(buffer, [7, 8]);
        Assert.Equal((48u, 9), (FuseMessages.Header(message).Length, FuseMessages.Header(message).Error));
        Assert.Equal(2u, MemoryMarshal.Read<FuseNotifyPrune>(message[16..]).Count);
        Assert.Equal([7ul, 8ul], MemoryMarshal.Cast<byte, ulong>(message[32..]).ToArray());

        message = FuseKernelCache.FormatInode(buffer, new InodeNumber(5), 4096, 0);
        Assert.Equal(16 + Unsafe.SizeOf<FuseNotifyInvalidateInode>(), message.Length);
        Assert.Equal(2, FuseMessages.Header(message).Error);
        Assert.Equal(4096, MemoryMarshal.Read<FuseNotifyInvalidateInode>(message[16..]).Offset);
    }

    [Fact]
    public void The_trace_names_requests_and_escapes_their_names()
    {
        byte[] message = FuseMessages.Make(
            FuseOpcode.Rename2, new FuseRename2In { NewDirectory = 8, Flags = 1 }, "a\"\n\0b\\\xc3\0"u8);
        string text = FuseTrace.Describe(message);
        Assert.EndsWith("to=8 flags=1 \"a\\x22\\x0a\" \"b\\x5c\\xc3\\x83\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_trace_can_describe_any_bytes()
    {
        var random = new Random(1);
        byte[] payload = new byte[200];
        for (uint opcode = 0; opcode < 60; opcode++)
        {
            random.NextBytes(payload);
            string text = FuseTrace.Describe(
                FuseMessages.Make((FuseOpcode)opcode, payload.AsSpan(0, random.Next(200))));
            Assert.DoesNotContain('\n', text);
        }
    }

    [Fact]
    public void The_payload_of_a_write_lies_on_a_page_boundary()
    {
        using var reader = new FuseReader(isExtra: false);
        ref byte payload = ref reader.Message[80];
        nint address;
        unsafe
        {
            address = (nint)Unsafe.AsPointer(ref payload);
        }
        Assert.Equal(0, address % 4096);
        Assert.True(reader.Message.Length >= 80 + (1 << 20));
    }
}
