using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Microsoft.Extensions.Logging;

namespace Hartfs.Storage.Index;

/// <summary>
/// Fingerprint prefix → glyph: which chunks are stored. Derived data: everything in it can be read from the packs'
/// own directories again. New entries wait in memory until <see cref="Checkpoint"/> writes them as a run; runs are
/// merged so that there are few. All members are thread-safe.
/// </summary>
/// <remarks>
/// Memory stays below the cap given to <see cref="Open"/> as long as the caller checkpoints when
/// <see cref="IsCheckpointDue"/>: filters and fences of the runs are kept only as far as they fit, and what does not
/// fit costs reads.
/// </remarks>
public sealed partial class FingerprintIndex : IDisposable
{
    private const string Folder = "index/";
    private const string Extension = ".run";

    // A waiting entry costs up to 32 bytes in its table, and as much again while a checkpoint sorts and writes it.
    private const int PendingEntryBytes = 64;
    private const int PendingCountFloor = 4096;
    private const int PendingCountCeiling = 300_000;

    private readonly IBlockStore _store;
    private readonly ILogger _logger;
    private readonly MemoryBudget _budget;
    private readonly int _pendingCountMax;

    private readonly Lock _lock = new(); // guards: changes of _contents, the active entries, _debris, _position, _next…
    private readonly Lock _checkpointLock = new(); // held while a checkpoint writes; taken before _lock
    private readonly Lock _mergeLock = new(); // held while a merge writes; taken before _lock
    private readonly List<string> _debris = [];
    private volatile Contents _contents;
    private IndexPosition _position;
    private long _nextNumber = 1;
    private long _nextSequence = 1;

    private FingerprintIndex(IBlockStore store, long memoryBytesMax, ILogger logger)
    {
        (_store, _logger) = (store, logger);
        _pendingCountMax = (int)long.Clamp(
            memoryBytesMax / 4 / PendingEntryBytes, PendingCountFloor, PendingCountCeiling);
        _budget = new MemoryBudget(long.Max(0, memoryBytesMax - ((long)_pendingCountMax * PendingEntryBytes)));
        _contents = new Contents(new PendingEntries(), null, []);
    }

    /// <summary>
    /// Every chunk of every block before this position is in the runs. What lies behind it the caller adds by
    /// scanning the packs: after a crash, or when a damaged run had to be dropped.
    /// </summary>
    public IndexPosition Position
    {
        get
        {
            lock (_lock)
                return _position;
        }
    }

    /// <summary>Entries that are in no run yet.</summary>
    public int PendingCount
    {
        get
        {
            lock (_lock)
                return _contents.Active.Count + (_contents.Frozen?.Count ?? 0);
        }
    }

    /// <summary>Whether so many entries wait that they should be written now.</summary>
    public bool IsCheckpointDue => _contents.Active.Count >= _pendingCountMax;

    /// <summary>Number of runs.</summary>
    public int RunCount => _contents.Runs.Length;

    /// <summary>Entries in all runs; an entry that a newer run replaces counts in both.</summary>
    public long EntryCount => _contents.Runs.Sum(run => run.Footer.EntryCount);

    /// <summary>Bytes of all runs.</summary>
    public long DiskBytes => _contents.Runs.Sum(run => run.DiskBytes);

    /// <summary>Bytes held in memory.</summary>
    public long MemoryBytes
    {
        get
        {
            Contents contents = _contents;
            return _budget.UsedBytes + contents.Active.MemoryBytes + (contents.Frozen?.MemoryBytes ?? 0);
        }
    }

    /// <summary>
    /// Opens the index in a store by reading one page of each run; writes nothing. A run that is damaged or was never
    /// finished is not used, and <see cref="Position"/> is then before what it held.
    /// </summary>
    /// <param name="store">Holds the runs under <c>index/</c>; stays the caller's.</param>
    /// <param name="memoryBytesMax">The cap in bytes. Some 5 MiB are needed at least.</param>
    /// <param name="logger">Told of damage.</param>
    /// <exception cref="IOException">The store failed.</exception>
    public static FingerprintIndex Open(IBlockStore store, long memoryBytesMax, ILogger logger)
    {
        FingerprintIndex index = new(store, memoryBytesMax, logger);
        index.Load();
        return index;
    }

    /// <summary>
    /// Looks for chunks by the prefix of their fingerprint. What is found may be stale (its chunk is gone) or,
    /// rarely, another chunk's: the caller compares whole fingerprints.
    /// </summary>
    /// <param name="prefix"><see cref="Fingerprint.Prefix"/>.</param>
    /// <param name="candidates">
    /// Receives different glyphs, those added last first. One slot ends the search soonest.
    /// </param>
    /// <returns>How many were found.</returns>
    public int Find(ulong prefix, Span<Glyph> candidates)
    {
        ulong key = IndexKey.Of(prefix);
        Span<byte> scratch = stackalloc byte[IndexPage.Bytes];
        while (true)
        {
            Contents contents = _contents;
            int count = 0;
            Glyph pending;
            lock (_lock)
                pending = contents.Active.Find(key);
            count = AddCandidate(candidates, count, pending);
            if (contents.Frozen is { } frozen)
                count = AddCandidate(candidates, count, frozen.Find(key));

            bool isCertain = true;
            foreach (IndexRun run in contents.Runs)
            {
                if (count == candidates.Length)
                    break;
                count = AddCandidate(candidates, count, run.Find(key, scratch));
                isCertain &= !run.IsRetired;
            }

            // A merge may have deleted a run under our hands: what it held is in the run that took its place.
            if (isCertain || ReferenceEquals(contents, _contents))
                return count;
        }
    }

    /// <summary>Adds a chunk. Of two equal prefixes the later one is found first.</summary>
    /// <param name="prefix"><see cref="Fingerprint.Prefix"/>.</param>
    /// <param name="glyph">Where the chunk begins; not <see cref="Glyph.None"/>.</param>
    public void Add(ulong prefix, Glyph glyph)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(glyph.Value);
        ulong key = IndexKey.Of(prefix);
        lock (_lock)
            _contents.Active.Set(key, glyph);
    }

    /// <summary>
    /// Writes all entries added before the call as a durable run. Entries added meanwhile wait for the next one.
    /// After a failure nothing is lost: the next call writes the same entries.
    /// </summary>
    /// <param name="position">
    /// Every block before it was appended, and its chunks were added, before the call. A block that a crash then takes
    /// away leaves stale entries only.
    /// </param>
    /// <exception cref="IOException">The store failed; see <see cref="DiskFull"/>.</exception>
    public void Checkpoint(IndexPosition position)
    {
        lock (_checkpointLock)
        {
            PendingEntries? frozen;
            long sequence;
            string segment;
            lock (_lock)
            {
                frozen = Freeze();
                if (frozen is null)
                    return;

                (sequence, segment) = (_nextSequence++, NextSegment());
            }

            IndexRun run = WriteRun(frozen, segment, sequence, position);
            lock (_lock)
            {
                _contents = new Contents(_contents.Active, null, [run, .. _contents.Runs]);
                _position = run.Footer.To;
            }

            IndexLog.RunWritten(_logger, segment, run.Footer.EntryCount);
        }

        DeleteDebris();
    }

    /// <summary>Forgets everything held in memory. Entries that are in no run are lost, as after a crash.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (IndexRun run in _contents.Runs)
                run.Retire();
            _contents = new Contents(new PendingEntries(), null, []);
        }
    }

    private static int AddCandidate(Span<Glyph> candidates, int count, Glyph glyph)
    {
        if (glyph == Glyph.None || count == candidates.Length || candidates[..count].Contains(glyph))
            return count;

        candidates[count] = glyph;
        return count + 1;
    }

    /// <summary>Ends the active table, and returns all entries to be written; null when there are none.</summary>
    private PendingEntries? Freeze()
    {
        Contents contents = _contents;
        if (contents.Active.Count == 0)
            return contents.Frozen;

        // An earlier checkpoint failed: its entries go first, so that newer ones replace them.
        PendingEntries frozen = contents.Active;
        if (contents.Frozen is { } earlier)
        {
            frozen = new PendingEntries();
            frozen.SetAll(earlier);
            frozen.SetAll(contents.Active);
        }

        _contents = new Contents(new PendingEntries(), frozen, contents.Runs);
        return frozen;
    }

    private IndexRun WriteRun(PendingEntries entries, string segment, long sequence, IndexPosition position)
    {
        ulong[] keys = new ulong[entries.Count];
        long[] glyphs = new long[entries.Count];
        entries.CopyTo(keys, glyphs);
        long glyphBase = glyphs.Min();
        long glyphMax = glyphs.Max();
        Array.Sort(keys, glyphs);
        IndexRunFooter plan = new()
        {
            Number = NumberOf(segment),
            FirstSequence = sequence,
            LastSequence = sequence,
            EntryCount = 0,
            GlyphBase = glyphBase,
            GlyphMax = glyphMax,
            From = Position,
            To = IndexPosition.Max(Position, position),
        };
        IndexRun? run = WriteSegment(segment, plan, WriteEntries, CancellationToken.None);
        return run!;

        void WriteEntries(IndexRunWriter writer)
        {
            for (int index = 0; index < keys.Length; index++)
                writer.Add(keys[index], new Glyph(glyphs[index]));
        }
    }

    private IndexRun? WriteSegment(
        string segment, IndexRunFooter plan, Action<IndexRunWriter> addEntries, CancellationToken cancel)
    {
        try
        {
            IndexRunWriter writer = new(_store, segment, plan, _logger, cancel);
            addEntries(writer);
            return writer.Complete() is { } footer ? new IndexRun(_store, segment, footer, _budget, _logger) : null;
        }
        catch
        {
            lock (_lock)
                _debris.Add(segment);
            DeleteDebris();
            throw;
        }
    }

    /// <summary>What a look-up sees: replaced as a whole.</summary>
    /// <param name="Active">Entries added since the last checkpoint; changes under the lock.</param>
    /// <param name="Frozen">Entries that a checkpoint is writing, or failed to write.</param>
    /// <param name="Runs">The newest first.</param>
    private sealed record Contents(PendingEntries Active, PendingEntries? Frozen, IndexRun[] Runs);
}
