using Hartfs.Format;
using Hartfs.Metadata;

namespace Hartfs.Core.Reading;

/// <summary>The catalogue glyph → block → pack, over the metadata's region table and under the tree lock.</summary>
internal sealed class Codex(MetadataStore metadata, Lock treeLock)
{
    // guards: itself; regions that failed their checksum since the volume was opened
    private readonly HashSet<long> _damaged = [];
    private long _corruptReadCount;

    /// <summary>Reads that failed their checksum since the volume was opened.</summary>
    public long CorruptReadCount => Volatile.Read(ref _corruptReadCount);

    /// <summary>Finds the region that holds a glyph.</summary>
    public bool TryFind(Glyph glyph, out Region region)
    {
        lock (treeLock)
            return metadata.Regions.TryFind(glyph, out region);
    }

    /// <summary>Names a block that is in its pack.</summary>
    public void Add(in Region region, ContentClass contentClass, int chunkCount)
    {
        lock (treeLock)
        {
            metadata.Regions.Insert(region);
            metadata.State.AddToClass(contentClass,
                new ClassTotals(chunkCount, region.Length, region.Block.StoredLength));
        }
    }

    /// <summary>
    /// Remembers that a region's block cannot be read, so that its chunks are stored again when written.
    /// </summary>
    public void MarkDamaged(in Region region)
    {
        Interlocked.Increment(ref _corruptReadCount);
        lock (_damaged)
            _damaged.Add(region.Start.Value);
    }

    /// <summary>Whether the glyph's block is known to be unreadable. Bytes still pending are not.</summary>
    public bool IsDamaged(Glyph glyph) =>
        CorruptReadCount > 0 && TryFind(glyph, out Region region) && IsDamaged(region);

    public bool IsDamaged(in Region region)
    {
        lock (_damaged)
            return _damaged.Count > 0 && _damaged.Contains(region.Start.Value);
    }
}
