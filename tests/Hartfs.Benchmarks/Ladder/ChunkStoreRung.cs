using System.Diagnostics;
using Hartfs.Benchmarks.Machine;
using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Chunking;
using Hartfs.Storage.Hashing;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hartfs.Benchmarks.Ladder;

/// <summary>
/// The storage plane without names: content is cut, hashed, deduplicated by a dictionary in memory, encoded in blocks
/// and appended to packs, all on one thread; read back by decoding, with no cache of decoded blocks.
/// </summary>
internal sealed class ChunkStoreRung : IRung
{
    private const int BlockBytes = 256 << 10;
    private const int CompressionLevel = 3;
    private const int PieceBytes = 4096;

    private readonly string _folder;
    private readonly LocalBlockStore _blockStore;
    private readonly PackStore _packs;
    private readonly Cutter _cutter = new(ChunkerParameters.Default);
    private readonly ChunkHasher _hasher = new();
    private readonly BlockEncoder _encoder = new();
    private readonly BlockDecoder _decoder = new();
    private readonly Dictionary<Fingerprint, Glyph> _known = [];
    private readonly Dictionary<string, List<Extent>> _files = [];
    private readonly List<Region> _regions = [];
    private readonly List<Piece> _pieces = [];
    private readonly List<ChunkEntry> _chunks = [];
    private readonly byte[] _block = new byte[BlockBytes + Limits.ChunkBytesMax];
    private int _blockLength;
    private ContentClass _blockClass;
    private Glyph _next = new(1);

    public ChunkStoreRung(Scratch scratch)
    {
        _folder = scratch.NewDirectory("chunk-store");
        _blockStore = new LocalBlockStore(_folder);
        _packs = new PackStore(_blockStore, VolumeId.Create(), new PackStoreSettings(), NullLogger.Instance);
        _packs.Resume(new PackId(1), default, 0);
    }

    public string Name => LadderRungs.ChunkStore;

    public void WriteFile(string name, ReadOnlyMemory<byte> content)
    {
        var extents = new List<Extent>();
        _cutter.Cut(content.Span, 0, isEnd: true, _pieces);
        foreach (Piece piece in _pieces)
        {
            if (piece.Kind != PieceKind.Chunk) continue;
            Glyph glyph = Store(content.Span.Slice(piece.Offset, piece.Length), piece.Class);
            var extent = new Extent(piece.Offset, piece.Length, ExtentKind.Data, glyph.Value);
            if (extents.Count > 0 && extents[^1].IsContinuedBy(extent))
                extents[^1] = extents[^1] with { Length = extents[^1].Length + extent.Length };
            else
                extents.Add(extent);
        }

        EndBlock();
        _packs.Flush();
        _files[name] = extents;
    }

    public void ReadFile(string name, long length)
    {
        foreach (Extent extent in _files[name])
        {
            for (int index = RegionOf(extent.Reference); index < _regions.Count
                && _regions[index].Start.Value < extent.Reference + extent.Length; index++)
            {
                _packs.ReadPlain(_regions[index].Block, _decoder, _block);
            }
        }
    }

    public void ReadRandomly(string name, ReadOnlySpan<long> offsets, Span<long> ticks)
    {
        List<Extent> extents = _files[name];
        for (int index = 0; index < offsets.Length; index++)
        {
            long begin = Stopwatch.GetTimestamp();
            ReadPiece(extents, offsets[index], _block.AsSpan(0, PieceBytes));
            ticks[index] = Stopwatch.GetTimestamp() - begin;
        }
    }

    public void MakeCold() => Disk.DropCaches();

    public void Clear() => _files.Clear();

    public void Dispose()
    {
        _encoder.Dispose();
        _decoder.Dispose();
        _packs.Dispose();
        _blockStore.Dispose();
        Scratch.RemoveTree(_folder);
    }

    private Glyph Store(ReadOnlySpan<byte> plain, ContentClass contentClass)
    {
        Fingerprint fingerprint = _hasher.Compute(plain);
        if (_known.TryGetValue(fingerprint, out Glyph known)) return known;
        if (_blockLength > 0 && (contentClass != _blockClass || _blockLength >= BlockBytes)) EndBlock();
        Glyph glyph = _next;
        _known.Add(fingerprint, glyph);
        _next += plain.Length;
        _chunks.Add(new ChunkEntry(glyph, plain.Length, fingerprint));
        plain.CopyTo(_block.AsSpan(_blockLength));
        _blockLength += plain.Length;
        _blockClass = contentClass;
        return glyph;
    }

    private void EndBlock()
    {
        if (_blockLength == 0) return;
        ReadOnlySpan<ChunkEntry> chunks = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_chunks);
        EncodedBlock encoded = _encoder.Encode(_block.AsSpan(0, _blockLength), chunks, _blockClass, CompressionLevel);
        _regions.Add(new Region(_chunks[0].Start, _blockLength, _packs.Append(encoded), 0));
        _chunks.Clear();
        _blockLength = 0;
    }

    private void ReadPiece(List<Extent> extents, long offset, Span<byte> piece)
    {
        int index = extents.FindIndex(extent => extent.End > offset);
        while (piece.Length > 0)
        {
            Extent extent = extents[index];
            long reference = extent.Reference + (offset - extent.Offset);
            Region region = _regions[RegionOf(reference)];
            int within = (int)(reference - region.Start.Value);
            int count = (int)long.Min(piece.Length, long.Min(region.Length - within, extent.End - offset));
            _packs.ReadPlain(region.Block, _decoder, within, piece[..count]);
            piece = piece[count..];
            offset += count;
            if (offset == extent.End) index++;
        }
    }

    private int RegionOf(long reference)
    {
        int low = 0;
        int high = _regions.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_regions[middle].Start.Value <= reference)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }
}
