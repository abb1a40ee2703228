using Hartfs.Core.Reading;
using Hartfs.Format;
using Hartfs.Storage;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Integrity;

/// <summary>
/// Puts content back under the glyphs of damaged blocks: every file and snapshot that refers to them is whole again.
/// The damaged block stays where it is, unused; the content goes into a new one that names the same glyphs (I5).
/// </summary>
/// <remarks>Storing happens inside the gate, as for every change.</remarks>
internal sealed class Healer(Codex codex, PackStore packs, int level, ILogger logger) : IDisposable
{
    // Blocks whose chunks are looked for while files are written, and in a repair by command: some 50 and 400 MiB.
    private const int WantedBlocksMax = 16 << 10;
    private const int WantedBlocksOfRepairMax = 128 << 10;

    // guards: everything below; taken inside the ingest lock, before the tree lock
    private readonly Lock _lock = new();
    private readonly Dictionary<Fingerprint, WantedChunk> _wanted = [];
    private readonly Dictionary<BlockPlace, int> _missingCounts = [];
    private readonly BlockEncoder _encoder = new();
    private int _seenCount;
    private long _healedCount;

    /// <summary>Chunks put back since the volume was opened.</summary>
    public long HealedCount => Volatile.Read(ref _healedCount);

    /// <summary>Takes a chunk's bytes when they are missing somewhere; returns the glyph they are at again.</summary>
    public bool TryHeal(in Fingerprint fingerprint, ReadOnlySpan<byte> bytes, ContentClass contentClass,
        out Glyph glyph)
    {
        lock (_lock)
        {
            LoadWanted(WantedBlocksMax);
            glyph = default;
            if (!_wanted.TryGetValue(fingerprint, out WantedChunk? chunk))
                return false;
            bool isHealed = false;
            StoreFailure = null;
            for (; chunk is not null; chunk = chunk.Next)
            {
                if (chunk.Length != bytes.Length || !TryStore(chunk, fingerprint, bytes, contentClass))
                    continue;
                (glyph, isHealed) = (chunk.Start, true);
                NoteFound(chunk.Block);
            }

            // On a full disk the same content may come by again when there is room.
            if (StoreFailure is null)
                _wanted.Remove(fingerprint);
            return isHealed;
        }
    }

    /// <summary>Why the last <see cref="TryHeal"/> could not store what it was given; null when it could.</summary>
    public IOException? StoreFailure { get; private set; }

    /// <summary>Whether content is still looked for.</summary>
    public bool IsWanted(in Fingerprint fingerprint)
    {
        lock (_lock)
            return _wanted.ContainsKey(fingerprint);
    }

    /// <summary>What is looked for: the chunks of damaged blocks whose directories are whole.</summary>
    public IReadOnlyCollection<Fingerprint> ListWanted()
    {
        lock (_lock)
        {
            LoadWanted(WantedBlocksOfRepairMax);
            return [.. _wanted.Keys];
        }
    }

    /// <summary>
    /// Stores plain bytes again that lie in a block not to be relied on, under the same glyphs, and has the codex name
    /// the new place. Throws <see cref="IOException"/>; nothing has changed then.
    /// </summary>
    /// <param name="from">The block that held them.</param>
    /// <param name="plain">The bytes.</param>
    /// <param name="chunks">What they consist of.</param>
    /// <param name="contentClass">What they are.</param>
    /// <returns>Bytes whose place changed: 0 when nothing names the old block any more.</returns>
    public int Store(BlockPlace from, ReadOnlySpan<byte> plain, ReadOnlySpan<ChunkEntry> chunks,
        ContentClass contentClass)
    {
        lock (_lock)
        {
            EncodedBlock block = _encoder.Encode(plain, chunks, contentClass, level);
            BlockLocation to = packs.Append(block);
            int moved = 0;
            int offset = 0;
            int replacedLength = 0;
            for (int index = 0; index < chunks.Length;)
            {
                int first = index;
                int length = 0;
                do
                    length += chunks[index++].Length;
                while (index < chunks.Length && chunks[index].Start == chunks[first].Start + length);
                moved += codex.Move(
                    chunks[first].Start, length, from, to, offset, plain.Length, out int replaced);
                replacedLength += replaced;
                offset += length;
            }

            if (moved > 0)
                codex.CountStored(contentClass, to.StoredLength - replacedLength);
            return moved;
        }
    }

    public void Dispose() => _encoder.Dispose();

    private bool TryStore(WantedChunk chunk, in Fingerprint fingerprint, ReadOnlySpan<byte> bytes,
        ContentClass contentClass)
    {
        if (!codex.TryFind(chunk.Start, out Region region) || !chunk.Block.IsAt(region.Block))
            return false;
        try
        {
            ChunkEntry entry = new(chunk.Start, chunk.Length, fingerprint);
            // A collection may have given up the block's regions since: then nothing names the glyph any more.
            if (Store(chunk.Block, bytes, [entry], contentClass) != bytes.Length)
                return false;
            _healedCount++;
            Log.ChunkHealed(logger, bytes.Length, chunk.Block.Pack, chunk.Block.Offset);
            return true;
        }
        catch (IOException failure)
        {
            // What writes it goes on as if nothing were missing: the ordinary way knows what to do with a full disk.
            Log.NotHealed(logger, chunk.Block.Pack, chunk.Block.Offset, failure);
            StoreFailure = failure;
            return false;
        }
    }

    private void NoteFound(BlockPlace place)
    {
        if (!_missingCounts.TryGetValue(place, out int missing) || missing > 1)
        {
            _missingCounts[place] = missing - 1;
            return;
        }

        _missingCounts.Remove(place);
        codex.RemoveDamaged(place.Pack, place.Offset);
    }

    // Goes on where it stopped: a scrub may find a hundred thousand blocks while files are written.
    private void LoadWanted(int blocksMax)
    {
        if (_seenCount == codex.FoundCount || _missingCounts.Count >= blocksMax)
            return;
        foreach (BlockPlace place in codex.ListFound(_seenCount, blocksMax - _missingCounts.Count))
        {
            _seenCount++;
            if (!_missingCounts.ContainsKey(place))
                Want(place);
        }
    }

    private void Want(BlockPlace place)
    {
        int missing = 0;
        foreach (ChunkEntry entry in ReadChunks(place))
        {
            if (!codex.TryFind(entry.Start, out Region region) || !place.IsAt(region.Block))
                continue;
            _wanted.TryGetValue(entry.Fingerprint, out WantedChunk? next);
            _wanted[entry.Fingerprint] = new WantedChunk(entry.Start, entry.Length, place, next);
            missing++;
        }

        _missingCounts[place] = missing;
    }

    private ReadOnlySpan<ChunkEntry> ReadChunks(BlockPlace place)
    {
        try
        {
            ScannedBlock? block = packs.Scan(place.Pack, place.Offset, long.MaxValue).FirstOrDefault();
            return block?.Directory is { } directory ? directory.Chunks : default;
        }
        catch (Exception failure) when (failure is CorruptDataException or IOException)
        {
            Log.DirectoryUnreadable(logger, failure);
            return default;
        }
    }

    /// <summary>A chunk of a damaged block, and another one of the same content.</summary>
    private sealed record WantedChunk(Glyph Start, int Length, BlockPlace Block, WantedChunk? Next);
}
