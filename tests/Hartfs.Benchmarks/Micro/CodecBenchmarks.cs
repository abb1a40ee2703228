using BenchmarkDotNet.Attributes;
using Hartfs.Benchmarks.Ladder;
using Hartfs.Storage.Codecs;

namespace Hartfs.Benchmarks.Micro;

/// <summary>Encoding and decoding one block of text.</summary>
[Config(typeof(MicroConfig))]
public class CodecBenchmarks : IDisposable
{
    private const int Level = 3;

    private readonly ZstdCodec _codec = new();
    private byte[] _plain = [];
    private byte[] _stored = [];
    private byte[] _room = [];

    [Params(64 << 10, 256 << 10, 1 << 20)]
    public int BlockBytes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _plain = LadderContent.Create(ContentKind.Text, BlockBytes, seed: 1);
        _room = new byte[BlockBytes];
        Encode();
        _stored = _room[..Length];
    }

    private int Length { get; set; }

    [Benchmark]
    public bool Encode()
    {
        bool hasShrunk = _codec.TryEncode(_plain, _room, Level, out int length);
        Length = length;
        return hasShrunk;
    }

    [Benchmark]
    public bool Decode() => _codec.TryDecode(_stored, _plain);

    [GlobalCleanup]
    public void Dispose()
    {
        _codec.Dispose();
        GC.SuppressFinalize(this);
    }
}
