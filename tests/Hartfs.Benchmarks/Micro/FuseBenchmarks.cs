using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Hartfs.Core;
using Hartfs.Format;
using Hartfs.Fuse;
using Hartfs.Fuse.Operations;
using Hartfs.Fuse.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hartfs.Benchmarks.Micro;

/// <summary>Whole requests, from the message's bytes to the reply's, on a real volume; without the kernel.</summary>
[Config(typeof(MicroConfig))]
public class FuseBenchmarks : IDisposable
{
    private const int FileBytes = 1 << 20;
    private const int RequestBytes = 4096;
    private const uint RegularFile = InodeMode.RegularFile | 0x1A4;

    private readonly string _folder = Directory.CreateTempSubdirectory("hartfs-micro-").FullName;
    private readonly FuseReply _reply = new(1 << 20);
    private readonly FuseActivity _activity = new();
    private Volume? _volume;
    private FuseDispatcher? _dispatcher;
    private byte[] _lookup = [];
    private byte[] _attributes = [];
    private byte[] _read = [];
    private byte[] _write = [];
    private int _next;

    [GlobalSetup]
    public void Setup()
    {
        Volume.Create(_folder, new VolumeParameters());
        _volume = Volume.Open(_folder, new VolumeSettings(), NullLoggerFactory.Instance);
        _dispatcher = new FuseDispatcher(new FuseOperations(_volume.FileSystem, writebackCache: true),
            NullLogger.Instance, null);
        var init = new FuseInitIn { Major = 7, Minor = 45, Flags = (uint)FuseInitFlags.InitExt };
        Process(Message(FuseOpcode.Init, 0, init));
        Process(Message(FuseOpcode.MkNod, 1, new FuseMkNodIn { Mode = RegularFile }, "file\0"u8));
        ulong file = MemoryMarshal.Read<FuseEntryOut>(_reply.Body).NodeId;
        byte[] content = new byte[FileBytes];
        new Random(1).NextBytes(content);
        Process(Message(FuseOpcode.Write, file, new FuseWriteIn { Size = FileBytes }, content));
        _volume.Commit();
        _lookup = Message(FuseOpcode.Lookup, 1, "file\0"u8);
        _attributes = Message(FuseOpcode.GetAttr, file, new byte[16]);
        _read = Message(FuseOpcode.Read, file, new FuseReadIn { Size = RequestBytes });
        _write = Message(FuseOpcode.Write, file, new FuseWriteIn { Size = RequestBytes }, new byte[RequestBytes]);
    }

    [Benchmark]
    public int LookUp() => Process(_lookup);

    [Benchmark]
    public int GetAttributes() => Process(_attributes);

    /// <summary>4 KiB at changing places of a file whose blocks are cached.</summary>
    [Benchmark]
    public int Read()
    {
        ulong offset = (ulong)(_next++ * 37 % (FileBytes / RequestBytes)) * RequestBytes;
        BitConverter.TryWriteBytes(_read.AsSpan(Unsafe.SizeOf<FuseInHeader>() + sizeof(ulong)), offset);
        return Process(_read);
    }

    /// <summary>4 KiB over bytes that are dirty already.</summary>
    [Benchmark]
    public int Write() => Process(_write);

    [GlobalCleanup]
    public void Dispose()
    {
        _volume?.Dispose();
        _reply.Dispose();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private static byte[] Message<T>(FuseOpcode opcode, ulong node, T body, ReadOnlySpan<byte> payload = default)
        where T : unmanaged
    {
        byte[] bytes = new byte[Unsafe.SizeOf<T>() + payload.Length];
        MemoryMarshal.Write(bytes, in body);
        payload.CopyTo(bytes.AsSpan(Unsafe.SizeOf<T>()));
        return Message(opcode, node, bytes);
    }

    private static byte[] Message(FuseOpcode opcode, ulong node, ReadOnlySpan<byte> payload)
    {
        byte[] message = new byte[Unsafe.SizeOf<FuseInHeader>() + payload.Length];
        var header = new FuseInHeader { Length = (uint)message.Length, Opcode = opcode, Unique = 1, NodeId = node };
        MemoryMarshal.Write(message, in header);
        payload.CopyTo(message.AsSpan(Unsafe.SizeOf<FuseInHeader>()));
        return message;
    }

    private int Process(byte[] message)
    {
        ReadOnlySpan<byte> answer = _dispatcher!.Process(message, _reply, _activity);
        int error = MemoryMarshal.Read<FuseOutHeader>(answer).Error;
        return error == 0 ? answer.Length : throw new InvalidOperationException($"The request failed with {error}.");
    }
}
