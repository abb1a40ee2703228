using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Tables;

namespace Hartfs.Core.Reading;

/// <summary>The catalogue glyph → block → pack, over the metadata's region table and under the tree lock.</summary>
internal sealed class Codex
{
    private readonly MetadataStore _metadata;
    private readonly Lock _treeLock;
    private readonly TimeProvider _time;
    private readonly bool _isReadOnly;

    // guards: itself; blocks that failed their checksum, or that the disk did not give back; inside the tree lock
    private readonly HashSet<BlockPlace> _damaged = [];
    private readonly List<BlockPlace> _found = []; // in the order in which they were found, healed ones included
    private volatile int _damagedCount;
    private volatile int _foundCount;
    private long _corruptReadCount;

    public Codex(MetadataStore metadata, Lock treeLock, TimeProvider time, bool isReadOnly)
    {
        (_metadata, _treeLock, _time, _isReadOnly) = (metadata, treeLock, time, isReadOnly);
        foreach (DamageRecord damage in metadata.Damage.List())
            Remember(new BlockPlace(damage.Pack, damage.Offset));
    }

    /// <summary>Reads that failed their checksum since the volume was opened.</summary>
    public long CorruptReadCount => Volatile.Read(ref _corruptReadCount);

    /// <summary>Blocks known to be damaged and not healed.</summary>
    public int DamagedCount => _damagedCount;

    /// <summary>Grows whenever a block is found damaged.</summary>
    public int FoundCount => _foundCount;

    /// <summary>Finds the region that holds a glyph.</summary>
    public bool TryFind(Glyph glyph, out Region region)
    {
        lock (_treeLock)
            return _metadata.Regions.TryFind(glyph, out region);
    }

    /// <summary>Names a block that is in its pack.</summary>
    public void Add(in Region region, ContentClass contentClass, int chunkCount)
    {
        lock (_treeLock)
        {
            _metadata.Regions.Insert(region);
            _metadata.State.AddToClass(contentClass,
                new ClassTotals(chunkCount, region.Length, region.Block.StoredLength));
        }
    }

    /// <summary>Counts a block that holds again what was stored before.</summary>
    /// <param name="storedLength">Its bytes, less those of a block that it replaces.</param>
    public void CountStored(ContentClass contentClass, int storedLength)
    {
        lock (_treeLock)
            _metadata.State.AddToClass(contentClass, new ClassTotals(0, 0, storedLength));
    }

    /// <summary>
    /// Gives a run of glyphs another place, as far as it lies in a given block now; a region may become three.
    /// </summary>
    /// <param name="offsetInBlock">Where the run begins in the plain bytes of the block it goes to.</param>
    /// <param name="blockLength">Plain bytes of that block.</param>
    /// <param name="replacedLength">Stored bytes of the block they lay in, when nothing names it any more; 0.</param>
    /// <returns>Bytes whose place changed.</returns>
    public int Move(Glyph start, int length, BlockPlace from, BlockLocation to, int offsetInBlock, int blockLength,
        out int replacedLength)
    {
        int moved = 0;
        int storedLength = 0;
        Glyph end = start + length;
        lock (_treeLock)
        {
            for (Glyph at = start; at < end && _metadata.Regions.TryFind(at, out Region region);)
            {
                Glyph partEnd = region.End < end ? region.End : end;
                if (from.IsAt(region.Block))
                {
                    int part = (int)(partEnd - at);
                    Split(region, at, partEnd);
                    _metadata.Regions.Insert(new Region(at, part, to, offsetInBlock + (int)(at - start))
                    {
                        BlockLength = blockLength,
                    });
                    moved += part;
                    storedLength = region.Block.StoredLength;
                }

                at = partEnd;
            }

            replacedLength = moved > 0 && !IsNamed(from) ? storedLength : 0;
        }

        return moved;
    }

    private bool IsNamed(BlockPlace place)
    {
        var first = new List<Region>(1);
        var before = new Region(default, 0, new BlockLocation(place.Pack, place.Offset, 0), 0);
        return _metadata.Regions.LoadOfPack(place.Pack, before, first, 1) > 0 && place.IsAt(first[0].Block);
    }

    private void Split(in Region region, Glyph from, Glyph to)
    {
        _metadata.Regions.Delete(region.Start);
        if (from > region.Start)
            _metadata.Regions.Insert(region with
            {
                Length = (int)(from - region.Start),
                BlockLength = region.BlockLength,
            });
        if (to < region.End)
            _metadata.Regions.Insert(region with
            {
                Start = to,
                Length = (int)(region.End - to),
                OffsetInBlock = region.OffsetInBlock + (int)(to - region.Start),
                BlockLength = region.BlockLength,
            });
    }

    /// <summary>
    /// Gives bytes another place: the regions of whole blocks go, and those of one new block come. False, and nothing
    /// changed: one of the old regions is not what it was.
    /// </summary>
    /// <param name="from">Regions that there are.</param>
    /// <param name="to">Parts of them, in the new block.</param>
    /// <param name="differences">What it means for the totals of the content classes.</param>
    public bool MoveBlocks(ReadOnlySpan<Region> from, ReadOnlySpan<Region> to,
        IEnumerable<(ContentClass Class, ClassTotals Totals)> differences)
    {
        lock (_treeLock)
        {
            foreach (Region region in from)
                if (!_metadata.Regions.TryFind(region.Start, out Region now) || now != region)
                    return false;
            foreach (Region region in from)
                _metadata.Regions.Delete(region.Start);
            foreach (Region region in to)
                _metadata.Regions.Insert(region);
            foreach ((ContentClass contentClass, ClassTotals totals) in differences)
                _metadata.State.AddToClass(contentClass, totals);
            return true;
        }
    }

    /// <summary>
    /// Whether a region that was found is not there any more: its bytes have another place now, or nothing refers to
    /// them. Then a failure to read it means nothing.
    /// </summary>
    public bool HasMoved(in Region region) => !TryFind(region.Start, out Region now) || now.Block != region.Block;

    /// <summary>
    /// Counts a read that met damage, and remembers the block across mounts: its chunks are stored again when they
    /// are written (I5).
    /// </summary>
    public void NoteCorrupt(BlockLocation block)
    {
        Interlocked.Increment(ref _corruptReadCount);
        AddDamaged(block);
    }

    /// <summary>Counts a read that the disk failed; remembered until the volume is closed.</summary>
    public void NoteUnreadable(BlockLocation block)
    {
        Interlocked.Increment(ref _corruptReadCount);
        lock (_damaged)
            Remember(new BlockPlace(block.Pack, block.Offset));
    }

    /// <summary>Remembers a damaged block across mounts.</summary>
    public void AddDamaged(BlockLocation block)
    {
        lock (_treeLock)
        {
            if (!_isReadOnly && !_metadata.IsFailed)
            {
                long now = (_time.GetUtcNow().Ticks - DateTime.UnixEpoch.Ticks) * 100;
                _metadata.Damage.Add(new DamageRecord(block.Pack, block.Offset, now));
            }

            lock (_damaged)
                Remember(new BlockPlace(block.Pack, block.Offset));
        }
    }

    /// <summary>Forgets a damaged block: it is whole again, or nothing refers to it any more.</summary>
    public void RemoveDamaged(PackId pack, long offset)
    {
        lock (_treeLock)
        {
            if (!_isReadOnly)
                _metadata.Damage.Remove(pack, offset);
            lock (_damaged)
            {
                _damaged.Remove(new BlockPlace(pack, offset));
                _damagedCount = _damaged.Count;
            }
        }
    }

    /// <summary>Forgets the damaged blocks of a pack that goes.</summary>
    public void ForgetDamage(PackId pack)
    {
        if (_damagedCount == 0)
            return;
        BlockPlace[] places;
        lock (_damaged)
            places = [.. _damaged.Where(place => place.Pack == pack)];
        foreach (BlockPlace place in places)
            RemoveDamaged(place.Pack, place.Offset);
    }

    /// <summary>The damaged blocks, by pack and offset.</summary>
    public IReadOnlyList<BlockPlace> ListDamaged()
    {
        lock (_damaged)
            return [.. _damaged.OrderBy(place => place.Pack.Value).ThenBy(place => place.Offset)];
    }

    /// <summary>Blocks in the order in which they were found damaged; some may be healed meanwhile.</summary>
    /// <param name="from">How many of <see cref="FoundCount"/> to leave out.</param>
    /// <param name="countMax">At most so many.</param>
    public IReadOnlyList<BlockPlace> ListFound(int from, int countMax)
    {
        lock (_damaged)
            return _found.GetRange(from, Math.Min(countMax, _found.Count - from));
    }

    /// <summary>Whether the glyph's block is known to be unreadable. Bytes still pending are not.</summary>
    public bool IsDamaged(Glyph glyph) =>
        _damagedCount > 0 && TryFind(glyph, out Region region) && IsDamaged(region);

    public bool IsDamaged(in Region region) => IsDamaged(region.Block);

    public bool IsDamaged(BlockLocation block)
    {
        if (_damagedCount == 0)
            return false;
        lock (_damaged)
            return _damaged.Contains(new BlockPlace(block.Pack, block.Offset));
    }

    private void Remember(BlockPlace place)
    {
        if (!_damaged.Add(place))
            return;
        _damagedCount = _damaged.Count;
        _found.Add(place);
        _foundCount = _found.Count;
    }
}

/// <summary>Where a block begins.</summary>
/// <param name="Pack">The pack.</param>
/// <param name="Offset">Bytes from the start of the pack to the block's header.</param>
internal readonly record struct BlockPlace(PackId Pack, long Offset)
{
    /// <summary>Whether a block begins here.</summary>
    public bool IsAt(BlockLocation block) => block.Pack == Pack && block.Offset == Offset;
}
