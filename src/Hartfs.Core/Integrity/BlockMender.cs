using Hartfs.Core.Commit;
using Hartfs.Core.Reading;
using Hartfs.Format;
using Hartfs.Storage.Chunking;
using Hartfs.Storage.Hashing;
using Hartfs.Storage.Packs;
using Hartfs.Storage.Parity;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Integrity;

/// <summary>What became of a damaged block.</summary>
internal enum Mending
{
    /// <summary>Nothing refers to it.</summary>
    NotInUse,

    /// <summary>Everything that was in it can be read again.</summary>
    Healed,

    /// <summary>Only its directory is damaged, and it could not be stored anew: its bytes can be read.</summary>
    Readable,

    /// <summary>It is remembered as damaged.</summary>
    Noted,
}

/// <summary>
/// Decides about a block that failed its verification: whether anything refers to it, whether what is left of it is
/// enough to store its content anew, or else that it is to be remembered as damaged.
/// </summary>
internal sealed class BlockMender(
    Codex codex, CommitGate gate, Healer healer, DamageSearch search, PackStore packs, PackParity parity,
    ChunkerParameters chunking, bool isReadOnly, ILogger logger)
{
    private readonly Cutter _cutter = new(chunking);
    private readonly ChunkHasher _hasher = new();
    private readonly List<Piece> _pieces = [];

    /// <summary>Deals with a block that <paramref name="verifier"/> has just found faulty.</summary>
    public Mending Mend(ScannedBlock block, BlockVerifier verifier, string fault, CancellationToken cancel)
    {
        var place = new BlockPlace(block.Location.Pack, block.Location.Offset);
        List<Region> regions = FindRegions(block, place, cancel);
        if (regions.Count == 0)
            return Mending.NotInUse;
        bool isReadable = block.Directory is null && verifier.HasPayloadOf(block.Location);
        bool isHealed = !isReadOnly && (isReadable
            ? TryStoreAgain(place, regions, verifier.Plain)
            : parity.Exists(place.Pack) && TryCompute(place));
        if (isHealed)
        {
            codex.RemoveDamaged(place.Pack, place.Offset);
            Log.BlockMended(logger, place.Pack, place.Offset, fault);
            return Mending.Healed;
        }

        Log.BlockDamaged(logger, place.Pack, place.Offset, fault);
        if (isReadable)
            return Mending.Readable;
        codex.AddDamaged(block.Location);
        return Mending.Noted;
    }

    private List<Region> FindRegions(ScannedBlock block, BlockPlace place, CancellationToken cancel)
    {
        if (block.Directory is not { } directory)
            return search.FindRegions([place], cancel);
        var regions = new List<Region>();
        foreach (Region run in directory.Regions(block.Location))
        {
            for (Glyph at = run.Start; at < run.End && codex.TryFind(at, out Region region); at = region.End)
                if (place.IsAt(region.Block))
                    regions.Add(region);
        }

        return regions;
    }

    // The payload is whole, the list of its chunks is not: cut it anew. Where chunks begin matters to later
    // duplicates only.
    private bool TryStoreAgain(BlockPlace place, List<Region> regions, ReadOnlySpan<byte> plain)
    {
        try
        {
            foreach (Region region in regions)
            {
                if (region.OffsetInBlock > plain.Length - region.Length)
                    return false;
                ReadOnlySpan<byte> bytes = plain.Slice(region.OffsetInBlock, region.Length);
                List<ChunkEntry> chunks = Cut(bytes, region.Start, out ContentClass contentClass);
                using (gate.EnterChange())
                    healer.Store(place, bytes, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(chunks),
                        contentClass);
            }

            return true;
        }
        catch (IOException failure)
        {
            Log.NotHealed(logger, place.Pack, place.Offset, failure);
            return false;
        }
    }

    private bool TryCompute(BlockPlace place)
    {
        try
        {
            using var decoder = new BlockDecoder();
            byte[] plain = new byte[Limits.BlockBytesMax];
            if (packs.ReadMended(place.Pack, place.Offset, parity, decoder, plain) is not { } directory)
                return false;
            using (gate.EnterChange())
                healer.Store(place, plain.AsSpan(0, directory.PlainLength), directory.Chunks, directory.Class);
            return true;
        }
        catch (IOException failure)
        {
            Log.NotHealed(logger, place.Pack, place.Offset, failure);
            return false;
        }
    }

    private List<ChunkEntry> Cut(ReadOnlySpan<byte> bytes, Glyph start, out ContentClass contentClass)
    {
        _cutter.Cut(bytes, 0, isEnd: true, _pieces);
        contentClass = _pieces[0].Class;
        var chunks = new List<ChunkEntry>();
        foreach (Piece piece in _pieces)
        {
            for (int at = 0; at < piece.Length; at += Limits.ChunkBytesMax)
            {
                int length = Math.Min(piece.Length - at, Limits.ChunkBytesMax);
                chunks.Add(new ChunkEntry(start + piece.Offset + at, length,
                    _hasher.Compute(bytes.Slice(piece.Offset + at, length))));
            }
        }

        return chunks;
    }
}
