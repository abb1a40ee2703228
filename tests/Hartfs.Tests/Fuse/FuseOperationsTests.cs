using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Hartfs.Format;
using Hartfs.Fuse;
using Hartfs.Fuse.Operations;
using Hartfs.Fuse.Protocol;
using Hartfs.Testing;
using Xunit;

namespace Hartfs.Tests.Fuse;

/// <summary>Whole requests against a real volume, without a mount.</summary>
public sealed class FuseOperationsTests : IDisposable
{
    private const FuseInitFlags Offered = FuseInitFlags.InitExt | FuseInitFlags.WritebackCache |
        FuseInitFlags.SetXattrExt;

    private readonly TempVolume _volume = new();
    private readonly FuseReply _reply = new(1 << 20);
    private readonly FuseActivity _activity = new();
    private readonly LogRecord _log = new();
    private readonly FuseOperations _operations;
    private readonly FuseDispatcher _dispatcher;

    public FuseOperationsTests()
    {
        _operations = new FuseOperations(_volume.FileSystem, writebackCache: true);
        _dispatcher = new FuseDispatcher(_operations, _log, null);
        Send(FuseOpcode.Init, new FuseInitIn { Major = 7, Minor = 45, Flags = (uint)Offered });
    }

    public void Dispose()
    {
        _reply.Dispose();
        _volume.Dispose();
        Assert.Empty(_log.Entries);
    }

    [Fact]
    public void A_missing_name_is_answered_as_an_entry_the_kernel_may_remember()
    {
        Assert.Equal(Errno.None, Send(FuseOpcode.Lookup, "missing\0"u8));
        FuseEntryOut entry = Body<FuseEntryOut>();
        Assert.Equal(0ul, entry.NodeId);
        Assert.Equal(AttributeCodec.ValidSeconds, entry.EntryValid);
    }

    [Fact]
    public void A_missing_number_is_an_error_not_a_negative_entry() =>
        Assert.Equal(Errno.ESTALE, Send(FuseOpcode.Lookup, ".\0"u8, node: 4711));

    [Fact]
    public void Dot_and_dot_dot_are_found_by_number_and_counted()
    {
        ulong directory = MakeDirectory("directory");
        Assert.Equal(Errno.None, Send(FuseOpcode.Lookup, "..\0"u8, directory));
        Assert.Equal(1ul, Body<FuseEntryOut>().NodeId);
        ulong file = MakeFile("file");
        Assert.Equal(Errno.None, Send(FuseOpcode.Lookup, ".\0"u8, file));
        Assert.Equal(file, Body<FuseEntryOut>().NodeId);
        Send(FuseOpcode.Unlink, "file\0"u8);
        Send(FuseOpcode.Forget, new FuseForgetIn { LookupCount = 1 }, node: file);
        Assert.Equal(Errno.None, Send(FuseOpcode.GetAttr, [], file));
        Send(FuseOpcode.Forget, new FuseForgetIn { LookupCount = 1 }, node: file);
        Assert.Equal(Errno.ESTALE, Send(FuseOpcode.GetAttr, [], file));
    }

    [Fact]
    public void What_is_written_is_read_back_up_to_the_end_of_the_file()
    {
        ulong file = MakeFile("file");
        Write(file, 5, "hello"u8);
        Assert.Equal(5u, Body<FuseWriteOut>().Size);
        Assert.Equal(Errno.None, Send(FuseOpcode.Read, new FuseReadIn { Offset = 3, Size = 100 }, node: file));
        Assert.Equal("\0\0hello"u8.ToArray(), _reply.Body[.._reply.Length].ToArray());
        Assert.Equal(Errno.None, Send(FuseOpcode.Read, new FuseReadIn { Offset = 10, Size = 100 }, node: file));
        Assert.Equal(0, _reply.Length);
    }

    [Fact]
    public void Times_stay_as_the_kernel_set_them_when_its_pages_arrive_later()
    {
        ulong file = MakeFile("file");
        Send(FuseOpcode.SetAttr, new FuseSetAttrIn
        {
            Valid = FuseSetAttrFlags.ModifyTime | FuseSetAttrFlags.ChangeTime,
            ModifyTime = 11,
            ChangeTime = 12,
        }, node: file);
        Write(file, 0, "late"u8);
        Send(FuseOpcode.GetAttr, [], file);
        FuseAttr attr = Body<FuseAttrOut>().Attr;
        Assert.Equal((11ul, 12ul, 4ul), (attr.ModifyTime, attr.ChangeTime, attr.Size));
    }

    [Fact]
    public void A_listing_with_attributes_counts_every_entry_but_the_dots()
    {
        ulong file = MakeFile("file");
        Assert.Equal(Errno.None, Send(FuseOpcode.ReadDirPlus, new FuseReadIn { Size = 4096 }));
        Assert.Equal([".", "..", "file"], Names(plus: true));
        Send(FuseOpcode.Unlink, "file\0"u8);
        Send(FuseOpcode.BatchForget, new FuseBatchForgetIn { Count = 1 },
            MemoryMarshal.AsBytes([new FuseForgetOne { NodeId = file, LookupCount = 1 }]));
        Assert.Equal(Errno.None, Send(FuseOpcode.GetAttr, [], file));
        Send(FuseOpcode.Forget, new FuseForgetIn { LookupCount = 1 }, node: file);
        Assert.Equal(Errno.ESTALE, Send(FuseOpcode.GetAttr, [], file));
    }

    [Fact]
    public void A_listing_goes_on_where_the_room_ended()
    {
        for (int i = 0; i < 20; i++)
            MakeFile($"file-{i:d2}");
        var names = new List<string>();
        ulong cookie = 0;
        do
        {
            Assert.Equal(Errno.None, Send(FuseOpcode.ReadDir, new FuseReadIn { Offset = cookie, Size = 100 }));
            names.AddRange(Names(plus: false, next => cookie = next));
        }
        while (_reply.Length > 0);
        Assert.Equal(22, names.Count);
        Assert.Equal(22, names.Distinct().Count());
    }

    [Fact]
    public void Extended_attributes_follow_the_size_protocol()
    {
        ulong file = MakeFile("file");
        Assert.Equal(Errno.ENODATA, GetXattr(file, 0));
        Assert.Equal(Errno.None, Send(FuseOpcode.SetXattr, new FuseSetXattrIn { Size = 3 }, "user.a\0abc"u8, file));
        Assert.Equal(Errno.None, GetXattr(file, 0));
        Assert.Equal(3u, Body<FuseGetXattrOut>().Size);
        Assert.Equal(Errno.ERANGE, GetXattr(file, 2));
        Assert.Equal(Errno.None, GetXattr(file, 3));
        Assert.Equal("abc"u8.ToArray(), _reply.Body[.._reply.Length].ToArray());
        Assert.Equal(Errno.EEXIST, Send(FuseOpcode.SetXattr,
            new FuseSetXattrIn { Size = 1, Flags = FuseConstants.XattrCreate }, "user.a\0x"u8, file));
        Assert.Equal(Errno.EINVAL, Send(FuseOpcode.SetXattr, new FuseSetXattrIn { Size = 9 }, "user.a\0x"u8, file));
        Assert.Equal(Errno.None, Send(FuseOpcode.ListXattr, new FuseGetXattrIn { Size = 100 }, node: file));
        Assert.Equal("user.a\0"u8.ToArray(), _reply.Body[.._reply.Length].ToArray());
    }

    [Fact]
    public void A_hole_is_believed_only_after_the_kernel_wrote_its_pages_back()
    {
        ulong file = MakeFile("file");
        Write(file, 1 << 20, "end"u8);
        var asked = new List<(long Offset, long Length)>();
        _operations.WriteBack = (_, offset, length) =>
        {
            asked.Add((offset, length));
            if (asked.Count == 1)
                _volume.FileSystem.Write(new InodeNumber((long)file), 8192, new byte[] { 1 }, false, false);
        };
        Assert.Equal(8192ul, Seek(file, 0, FuseConstants.SeekData));
        Assert.Equal([(0L, 1L << 20)], asked);
        Assert.Equal(8192ul, Seek(file, 8192, FuseConstants.SeekData));
        Assert.Single(asked);
    }

    [Fact]
    public void A_hole_that_fills_up_while_it_is_looked_for_is_none()
    {
        ulong file = MakeFile("file");
        Write(file, 0, new byte[] { 1, 2, 3 });
        _operations.WriteBack = (inode, offset, _) =>
        {
            if (offset == 3)
                _volume.FileSystem.Write(inode, 3, new byte[] { 4, 5 }, false, false);
        };
        Assert.Equal(5ul, Seek(file, 0, FuseConstants.SeekHole));
        Assert.Equal(Errno.ENXIO, Send(FuseOpcode.LSeek,
            new FuseLSeekIn { Offset = 5, Whence = FuseConstants.SeekData }, node: file));
    }

    [Fact]
    public void Copies_answer_in_the_form_that_was_asked_for()
    {
        ulong source = MakeFile("source");
        ulong target = MakeFile("target");
        Write(source, 0, new byte[1000]);
        var request = new FuseCopyFileRangeIn { TargetNodeId = target, Length = ulong.MaxValue };
        Assert.Equal(Errno.None, Send(FuseOpcode.CopyFileRange, request, node: source));
        Assert.Equal(1000u, Body<FuseWriteOut>().Size);
        Assert.Equal(Errno.None, Send(FuseOpcode.CopyFileRange64, request, node: source));
        Assert.Equal(1000ul, Body<FuseCopyFileRangeOut>().Length);
    }

    [Theory]
    [InlineData(0u, Errno.None)]
    [InlineData(1u, Errno.None)]
    [InlineData(3u, Errno.None)]
    [InlineData(16u, Errno.None)]
    [InlineData(17u, Errno.None)]
    [InlineData(2u, Errno.EOPNOTSUPP)]
    [InlineData(8u, Errno.EOPNOTSUPP)]
    public void Allocation_modes_are_those_of_the_kernel(uint mode, object expected) => Assert.Equal(
        (Errno)expected,
        Send(FuseOpcode.FAllocate, new FuseFAllocateIn { Length = 4096, Mode = mode }, node: MakeFile("file")));

    [Fact]
    public void Nothing_is_allocated_for_lookups_attributes_reads_and_writes()
    {
        ulong file = MakeFile("file");
        byte[] write = FuseMessages.Make(FuseOpcode.Write, new FuseWriteIn { Size = 4096 }, new byte[4096]);
        byte[] read = FuseMessages.Make(FuseOpcode.Read, new FuseReadIn { Size = 4096 });
        byte[] attributes = FuseMessages.Make(FuseOpcode.GetAttr, new byte[16]);
        byte[] lookup = FuseMessages.Make(FuseOpcode.Lookup, "file\0"u8);
        foreach (byte[] message in new[] { write, read, attributes })
            BitConverter.TryWriteBytes(message.AsSpan(16), file);
        byte[][] messages = [write, read, attributes, lookup];
        long[] allocated = new long[messages.Length];
        for (int kind = 0; kind < messages.Length; kind++)
        {
            for (int i = 0; i < 10; i++)
                _dispatcher.Process(messages[kind], _reply, _activity);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1000; i++)
                _dispatcher.Process(messages[kind], _reply, _activity);
            allocated[kind] = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal([0L, 0L, 0L, 0L], allocated);
    }

    private Errno Send<T>(FuseOpcode opcode, T body, ReadOnlySpan<byte> payload = default, ulong node = 1)
        where T : unmanaged => Deliver(FuseMessages.Make(opcode, body, payload), node);

    private Errno Send(FuseOpcode opcode, ReadOnlySpan<byte> payload, ulong node = 1) =>
        Deliver(FuseMessages.Make(opcode, payload), node);

    private Errno Deliver(byte[] message, ulong node)
    {
        BitConverter.TryWriteBytes(message.AsSpan(16), node);
        ReadOnlySpan<byte> answer = _dispatcher.Process(message, _reply, _activity);
        return answer.IsEmpty ? Errno.None : (Errno)(-FuseMessages.Header(answer).Error);
    }

    private T Body<T>()
        where T : unmanaged
    {
        Assert.Equal(Unsafe.SizeOf<T>(), _reply.Length);
        return MemoryMarshal.Read<T>(_reply.Body);
    }

    private ulong MakeFile(string name)
    {
        Assert.Equal(Errno.None, Send(
            FuseOpcode.MkNod, new FuseMkNodIn { Mode = 0x81a4 }, Encoding.UTF8.GetBytes(name + "\0")));
        return Body<FuseEntryOut>().NodeId;
    }

    private ulong MakeDirectory(string name)
    {
        Assert.Equal(Errno.None, Send(
            FuseOpcode.MkDir, new FuseMkDirIn { Mode = 0x1ed }, Encoding.UTF8.GetBytes(name + "\0")));
        return Body<FuseEntryOut>().NodeId;
    }

    private void Write(ulong file, ulong offset, ReadOnlySpan<byte> bytes) => Assert.Equal(Errno.None,
        Send(FuseOpcode.Write, new FuseWriteIn { Offset = offset, Size = (uint)bytes.Length }, bytes, file));

    private Errno GetXattr(ulong file, uint size) =>
        Send(FuseOpcode.GetXattr, new FuseGetXattrIn { Size = size }, "user.a\0"u8, file);

    private ulong Seek(ulong file, ulong offset, uint whence)
    {
        Assert.Equal(Errno.None,
            Send(FuseOpcode.LSeek, new FuseLSeekIn { Offset = offset, Whence = whence }, node: file));
        return Body<FuseLSeekOut>().Offset;
    }

    private List<string> Names(bool plus, Action<ulong>? next = null)
    {
        var names = new List<string>();
        ReadOnlySpan<byte> rest = _reply.Body[.._reply.Length];
        int head = plus ? Unsafe.SizeOf<FuseDirentPlus>() : Unsafe.SizeOf<FuseDirent>();
        while (!rest.IsEmpty)
        {
            FuseDirent dirent = MemoryMarshal.Read<FuseDirent>(rest[(head - Unsafe.SizeOf<FuseDirent>())..]);
            names.Add(Encoding.UTF8.GetString(rest.Slice(head, (int)dirent.NameLength)));
            next?.Invoke(dirent.NextCookie);
            rest = rest[((head + (int)dirent.NameLength + 7) & ~7)..];
        }
        return names;
    }
}
