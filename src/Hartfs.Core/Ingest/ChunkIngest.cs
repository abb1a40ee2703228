using System.Collections.Frozen;
using Hartfs.Core.Integrity;
using Hartfs.Core.Reading;
using Hartfs.Format;
using Hartfs.Storage;
using Hartfs.Storage.Hashing;
using Hartfs.Storage.Index;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Ingest;

/// <summary>Deduplication: a chunk's bytes → the glyph where they are, or are going to be, stored.</summary>
internal sealed class ChunkIngest(
    BlockPipeline pipeline, FingerprintIndex index, PackStore packs, Codex codex, Healer healer, ILogger logger)
{
    private const int KnownCountMax = 128 << 10;

    // guards: _known, _condemned and the order of look-up and append; taken before the pipeline's and the tree lock
    private readonly Lock _lock = new();
    private readonly ChunkHasher _hasher = new();
    private readonly KnownChunks _known = new(KnownCountMax);
    private IReadOnlySet<PackId> _condemned = FrozenSet<PackId>.Empty;
    private long _duplicateCount;

    /// <summary>Chunks handed in that were known already.</summary>
    public long DuplicateCount => Volatile.Read(ref _duplicateCount);

    /// <summary>Stores a chunk, or finds it stored.</summary>
    public Glyph Store(ReadOnlySpan<byte> bytes, ContentClass contentClass)
    {
        Fingerprint fingerprint = _hasher.Compute(bytes);
        lock (_lock)
        {
            if ((codex.DamagedCount > 0 && healer.TryHeal(fingerprint, bytes, contentClass, out Glyph glyph))
                || TryFind(fingerprint, out glyph))
            {
                _duplicateCount++;
                return glyph;
            }

            glyph = pipeline.Append(bytes, fingerprint, contentClass);
            _known.Add(fingerprint, glyph);
            index.Add(fingerprint.Prefix, glyph);
            return glyph;
        }
    }

    /// <summary>
    /// From now on nothing in these packs is a duplicate's original: what nothing refers to there stays dead. What was
    /// handed out before the call is named by extents when the gate has been closed once.
    /// </summary>
    /// <param name="packs">Replaces the packs of an earlier call.</param>
    public void Condemn(IReadOnlySet<PackId> packs)
    {
        lock (_lock)
        {
            _condemned = packs;
            // It does not know packs.
            _known.Clear();
        }
    }

    /// <summary>Ends what <see cref="Condemn"/> began.</summary>
    public void Pardon()
    {
        lock (_lock)
            _condemned = FrozenSet<PackId>.Empty;
    }

    private bool TryFind(in Fingerprint fingerprint, out Glyph glyph)
    {
        if (_known.TryGet(fingerprint, out glyph) && !codex.IsDamaged(glyph))
            return true;

        Span<Glyph> candidates = stackalloc Glyph[4];
        int count = index.Find(fingerprint.Prefix, candidates);
        foreach (Glyph candidate in candidates[..count])
        {
            if (!Verify(candidate, fingerprint))
                continue;
            glyph = candidate;
            return true;
        }

        return false;
    }

    // The index answers by a prefix and may be behind the codex: the full fingerprint in the block's directory decides.
    // A block that cannot be read is no duplicate: the chunk is stored again, which heals it (I5).
    private bool Verify(Glyph candidate, in Fingerprint fingerprint)
    {
        if (!codex.TryFind(candidate, out Region region) || codex.IsDamaged(region) ||
            _condemned.Contains(region.Block.Pack))
            return false;
        try
        {
            bool found = false;
            foreach (ChunkEntry entry in packs.ReadDirectory(region.Block).Chunks)
            {
                if (entry.Start < region.Start || entry.Start + entry.Length > region.End)
                    continue;
                _known.Add(entry.Fingerprint, entry.Start);
                found |= entry.Start == candidate && entry.Fingerprint == fingerprint;
            }

            return found;
        }
        catch (Exception failure) when (failure is CorruptDataException or IOException && codex.HasMoved(region))
        {
            // A collection has deleted the pack since. Once more in a million is cheaper than another look.
            return false;
        }
        catch (CorruptDataException failure)
        {
            codex.NoteCorrupt(region.Block);
            Log.DirectoryUnreadable(logger, failure);
            return false;
        }
        catch (IOException failure)
        {
            Log.DirectoryUnreadable(logger, failure);
            return false;
        }
    }
}
