using System.Diagnostics;
using Hartfs.Benchmarks.Machine;
using Hartfs.Storage.BlockStores;

namespace Hartfs.Benchmarks.Ladder;

/// <summary>The append-only segments that packs lie in; files are segments, bytes go in as they are.</summary>
internal sealed class BlockStoreRung : IRung
{
    private const int TransferBytes = 128 << 10;
    private const int PieceBytes = 4096;

    private readonly string _folder;
    private readonly byte[] _buffer = new byte[TransferBytes];
    private readonly LocalBlockStore _store;

    public BlockStoreRung(Scratch scratch)
    {
        _folder = scratch.NewDirectory("block-store");
        _store = new LocalBlockStore(_folder);
    }

    public string Name => LadderRungs.BlockStore;

    public void WriteFile(string name, ReadOnlyMemory<byte> content)
    {
        for (int at = 0; at < content.Length; at += TransferBytes)
            _store.Append(name, content.Span[at..int.Min(at + TransferBytes, content.Length)]);
        _store.Flush(name);
    }

    public void ReadFile(string name, long length)
    {
        long at = 0;
        while (at < length)
        {
            int count = _store.ReadAt(name, at, _buffer);
            if (count == 0) throw new BenchmarkException($"{Name}: {name} ends at {at} of {length} bytes.");
            at += count;
        }
    }

    public void ReadRandomly(string name, ReadOnlySpan<long> offsets, Span<long> ticks)
    {
        for (int index = 0; index < offsets.Length; index++)
        {
            long begin = Stopwatch.GetTimestamp();
            int count = _store.ReadAt(name, offsets[index], _buffer.AsSpan(0, PieceBytes));
            ticks[index] = Stopwatch.GetTimestamp() - begin;
            if (count != PieceBytes) throw new BenchmarkException($"{Name}: a short read of {name}.");
        }
    }

    public void MakeCold() => Disk.DropCaches();

    public void Clear()
    {
        foreach (SegmentInfo segment in _store.List("")) _store.Delete(segment.Name);
    }

    public void Dispose()
    {
        _store.Dispose();
        Scratch.RemoveTree(_folder);
    }
}
