using BenchmarkDotNet.Attributes;
using Hartfs.Benchmarks.Ladder;
using Hartfs.Storage.Chunking;
using Hartfs.Storage.Hashing;

namespace Hartfs.Benchmarks.Micro;

/// <summary>Cutting and hashing; times are per MiB of content.</summary>
[Config(typeof(MicroConfig))]
public class ChunkingBenchmarks
{
    private const int Mebibytes = 4;
    private const int ChunkBytes = 8 << 10;

    private readonly Cutter _cutter = new(ChunkerParameters.Default);
    private readonly ChunkHasher _hasher = new();
    private readonly List<Piece> _pieces = [];
    private readonly byte[] _text = LadderContent.Create(ContentKind.Text, Mebibytes << 20, seed: 1);
    private readonly byte[] _random = LadderContent.Create(ContentKind.Random, Mebibytes << 20, seed: 1);
    private readonly byte[] _zeros = new byte[Mebibytes << 20];

    [Benchmark(OperationsPerInvoke = Mebibytes)]
    public int CutText() => _cutter.Cut(_text, 0, isEnd: true, _pieces);

    [Benchmark(OperationsPerInvoke = Mebibytes)]
    public int CutRandom() => _cutter.Cut(_random, 0, isEnd: true, _pieces);

    [Benchmark(OperationsPerInvoke = Mebibytes)]
    public int CutZeros() => _cutter.Cut(_zeros, 0, isEnd: true, _pieces);

    [Benchmark(OperationsPerInvoke = Mebibytes)]
    public ulong HashChunks()
    {
        ulong sum = 0;
        for (int at = 0; at < _text.Length; at += ChunkBytes)
            sum += _hasher.Compute(_text.AsSpan(at, ChunkBytes)).Prefix;
        return sum;
    }
}
