using System.Runtime.InteropServices;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Storage.Hashing;
using Hartfs.Storage.Packs;

namespace Hartfs.Core.Collection;

/// <summary>
/// A new block in the making: the live runs of old blocks of one content class, each old block wholly in one new one,
/// so that its regions change place in one step.
/// </summary>
internal sealed class MovingBlock(ContentClass contentClass, ChunkHasher hasher)
{
    private readonly List<ChunkEntry> _chunks = [];
    private readonly List<Region> _from = [];
    private readonly List<Region> _to = [];
    private readonly List<ChunkEntry> _cutChunks = [];
    private readonly List<(ContentClass Class, ClassTotals Totals)> _differences = [];
    private byte[] _plain = [];

    public ContentClass Class => contentClass;

    /// <summary>Plain bytes so far.</summary>
    public int Length { get; private set; }

    public ReadOnlySpan<byte> Plain => _plain.AsSpan(0, Length);

    public ReadOnlySpan<ChunkEntry> Chunks => CollectionsMarshal.AsSpan(_chunks);

    /// <summary>The regions that go.</summary>
    public ReadOnlySpan<Region> From => CollectionsMarshal.AsSpan(_from);

    /// <summary>Chunks of which only a part lives: their parts have fingerprints of their own.</summary>
    public IReadOnlyList<ChunkEntry> CutChunks => _cutChunks;

    /// <summary>What goes with the old blocks.</summary>
    public IReadOnlyList<(ContentClass Class, ClassTotals Totals)> Differences => _differences;

    /// <summary>Takes what lives in an old block.</summary>
    /// <param name="regions">All regions of the old block.</param>
    /// <param name="runs">Its live runs, each within one region, ascending.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="plain">Its plain bytes.</param>
    public void Add(ReadOnlySpan<Region> regions, ReadOnlySpan<MovingRun> runs, BlockDirectory directory,
        ReadOnlySpan<byte> plain)
    {
        foreach (MovingRun run in runs)
        {
            _to.Add(new Region(new Glyph(run.Start), (int)(run.End - run.Start), default, Length));
            AddRun(run, directory, plain);
        }

        _from.AddRange(regions);
        _differences.Add((directory.Class, BlockTotals.Of(regions, directory.Chunks.Length)));
    }

    /// <summary>The regions that come, when the block is where it was appended.</summary>
    public Region[] To(BlockLocation location) =>
        [.. _to.Select(region => region with { Block = location, BlockLength = Length })];

    private void AddRun(in MovingRun run, BlockDirectory directory, ReadOnlySpan<byte> plain)
    {
        int offset = 0;
        int before = Length;
        foreach (ChunkEntry chunk in directory.Chunks)
        {
            long start = Math.Max(run.Start, chunk.Start.Value);
            int length = (int)(Math.Min(run.End, chunk.Start.Value + chunk.Length) - start);
            if (length > 0)
                AddPiece(chunk, new Glyph(start), plain.Slice(offset + (int)(start - chunk.Start.Value), length));
            offset += chunk.Length;
        }

        if (Length - before != run.End - run.Start)
            throw new InvalidOperationException($"a block's directory does not list all of {run}");
    }

    private void AddPiece(in ChunkEntry chunk, Glyph start, ReadOnlySpan<byte> bytes)
    {
        ChunkEntry piece = chunk;
        if (bytes.Length < chunk.Length)
        {
            piece = new ChunkEntry(start, bytes.Length, hasher.Compute(bytes));
            _cutChunks.Add(piece);
        }

        _chunks.Add(piece);
        if (_plain.Length < Length + bytes.Length)
            Array.Resize(ref _plain, Math.Max(_plain.Length * 2, Length + bytes.Length));
        bytes.CopyTo(_plain.AsSpan(Length));
        Length += bytes.Length;
    }
}

/// <summary>What an old block counts for.</summary>
internal static class BlockTotals
{
    /// <summary>The totals that go with a block; of one that was healed in part, with what is left of it.</summary>
    /// <param name="regions">Its regions.</param>
    /// <param name="chunkCount">Chunks in its directory.</param>
    public static ClassTotals Of(ReadOnlySpan<Region> regions, int chunkCount)
    {
        long length = 0;
        foreach (Region region in regions)
            length += region.Length;
        return new ClassTotals(-(chunkCount * length / regions[0].BlockLength), -length,
            -regions[0].Block.StoredLength);
    }
}

/// <summary>A live run of a region that is to be moved.</summary>
/// <param name="Rank">The place of its pack in the plan.</param>
/// <param name="Offset">Where its block begins in the pack.</param>
/// <param name="Start">First glyph.</param>
/// <param name="End">The glyph behind the last byte.</param>
internal readonly record struct MovingRun(long Rank, long Offset, long Start, long End) : IComparable<MovingRun>
{
    public int CompareTo(MovingRun other)
    {
        int order = Rank.CompareTo(other.Rank);
        if (order == 0)
            order = Offset.CompareTo(other.Offset);
        return order != 0 ? order : Start.CompareTo(other.Start);
    }
}
