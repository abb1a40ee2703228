using Hartfs.Core.Commit;
using Hartfs.Core.Reading;
using Hartfs.Format;
using Hartfs.Storage.Chunking;
using Hartfs.Storage.Hashing;
using Hartfs.Storage.Index;
using Hartfs.Storage.Packs;

namespace Hartfs.Core.Integrity;

/// <summary>How damaged content is to be repaired.</summary>
public sealed record RepairOptions
{
    /// <summary>Folders, or files, whose content is looked through for what is missing.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Make holes of what is still missing then, in the live tree; snapshots keep what they have.</summary>
    public bool ZeroDamaged { get; init; }
}

/// <summary>What a repair did.</summary>
public sealed record RepairReport
{
    public required bool IsComplete { get; init; }

    /// <summary>Files looked through.</summary>
    public required long SourceFileCount { get; init; }

    /// <summary>Files that could not be read.</summary>
    public required long UnreadableCount { get; init; }

    /// <summary>Bytes put back.</summary>
    public required long HealedBytes { get; init; }

    /// <summary>Bytes made into holes.</summary>
    public required long ZeroedBytes { get; init; }

    /// <summary>What is still missing.</summary>
    public required IReadOnlyList<DamagedRange> Ranges { get; init; }
}

/// <summary>
/// Looks through other files for content that is missing: cuts them as the volume cuts, compares fingerprints, and
/// puts what fits back under its old glyphs. One thread.
/// </summary>
/// <remarks>
/// Where a damaged block cannot even list its chunks, the fingerprint index tells by 48 bits of a fingerprint where a
/// chunk was. That alone is not enough to call bytes the right ones: two chunks must adjoin in the block, which makes
/// it 96 bits, wherever they were found; or one must be as long as all that is missing there.
/// </remarks>
internal sealed class ContentRepair
{
    private const int BufferBytes = 4 << 20;

    /// <summary>Bytes of guesses that nothing proves yet, at most.</summary>
    private const long GuessedBytesMax = 64 << 20;

    private readonly Codex _codex;
    private readonly CommitGate _gate;
    private readonly Healer _healer;
    private readonly FingerprintIndex _index;
    private readonly Cutter _cutter;
    private readonly ChunkHasher _hasher = new();
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
    private readonly List<Piece> _pieces = [];
    private readonly HashSet<Fingerprint> _wanted;
    private readonly List<Region> _unlisted;
    private readonly CancellationToken _cancel;

    // By their first glyph; without their bytes when they are stored.
    private readonly Dictionary<Glyph, Guess> _guesses = [];
    private readonly Dictionary<Glyph, Glyph> _startsByEnd = [];
    private long _guessedBytes;

    /// <param name="unlisted">The regions of damaged blocks whose chunks are not known, by glyph.</param>
    public ContentRepair(Codex codex, CommitGate gate, Healer healer, FingerprintIndex index,
        ChunkerParameters chunking, IReadOnlyList<Region> unlisted, CancellationToken cancel)
    {
        _codex = codex;
        _gate = gate;
        _healer = healer;
        _index = index;
        _cutter = new Cutter(chunking);
        _wanted = [.. healer.ListWanted()];
        _unlisted = [.. unlisted];
        _cancel = cancel;
    }

    /// <summary>Bytes put back.</summary>
    public long HealedBytes { get; private set; }

    /// <summary>Why what was found could not be stored; null while everything could.</summary>
    public IOException? StoreFailure { get; private set; }

    /// <summary>Whether there is anything left to look for.</summary>
    public bool IsDone => _wanted.Count == 0 && _unlisted.Count == 0;

    /// <summary>
    /// Looks through one file. Throws <see cref="IOException"/> when it cannot be read, or with
    /// <see cref="StoreFailure"/> when what was found cannot be stored.
    /// </summary>
    public void Search(Stream file)
    {
        (long offset, int filled) = (0, 0);
        while (true)
        {
            _cancel.ThrowIfCancellationRequested();
            int count = file.ReadAtLeast(_buffer.AsSpan(filled), _buffer.Length - filled, throwOnEndOfStream: false);
            filled += count;
            bool isEnd = filled < _buffer.Length;
            int consumed = _cutter.Cut(_buffer.AsSpan(0, filled), offset, isEnd, _pieces);
            foreach (Piece piece in _pieces)
            {
                if (piece.Kind == PieceKind.Chunk)
                    Take(_buffer.AsMemory(piece.Offset, piece.Length), piece.Class);
            }

            if (isEnd)
                return;
            _buffer.AsSpan(consumed, filled - consumed).CopyTo(_buffer);
            filled -= consumed;
            offset += consumed;
        }
    }

    private void Take(ReadOnlyMemory<byte> bytes, ContentClass contentClass)
    {
        Fingerprint fingerprint = _hasher.Compute(bytes.Span);
        if (_wanted.Contains(fingerprint))
        {
            using (_gate.EnterChange())
            {
                if (_healer.TryHeal(fingerprint, bytes.Span, contentClass, out _))
                    HealedBytes += bytes.Length;
            }

            if (_healer.IsWanted(fingerprint) && _healer.StoreFailure is { } failure)
                throw StoreFailure = failure;
            _wanted.Remove(fingerprint);
        }

        if (_unlisted.Count > 0)
            TakeUnlisted(fingerprint, bytes, contentClass);
    }

    private void TakeUnlisted(in Fingerprint fingerprint, ReadOnlyMemory<byte> bytes, ContentClass contentClass)
    {
        Span<Glyph> candidates = stackalloc Glyph[8];
        int count = _index.Find(fingerprint.Prefix, candidates);
        foreach (Glyph candidate in candidates[..count])
        {
            Glyph end = candidate + bytes.Length;
            if (!TryFindUnlisted(candidate, out Region region) || end > region.End || _guesses.ContainsKey(candidate))
                continue;
            // A copy: the buffer is used again before another chunk decides.
            var guess = new Guess(region, candidate, bytes.ToArray(), fingerprint, contentClass);
            bool isProved = candidate == region.Start && end == region.End;
            if (_startsByEnd.TryGetValue(candidate, out Glyph before))
                isProved |= Prove(before, region);
            isProved |= Prove(end, region);
            if (isProved)
                guess = Store(guess);
            else if (_guessedBytes > GuessedBytesMax)
                continue;
            else
                _guessedBytes += bytes.Length;
            _guesses.Add(candidate, guess);
            _startsByEnd[end] = candidate;
        }
    }

    // Whether there is a guess that adjoins; it is right then, too.
    private bool Prove(Glyph start, in Region region)
    {
        if (!_guesses.TryGetValue(start, out Guess? neighbour) || neighbour.Region != region)
            return false;
        if (neighbour.Bytes.Length > 0)
        {
            _guessedBytes -= neighbour.Bytes.Length;
            _guesses[start] = Store(neighbour);
        }

        return true;
    }

    private bool TryFindUnlisted(Glyph glyph, out Region region)
    {
        (int low, int high) = (0, _unlisted.Count);
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_unlisted[middle].End <= glyph)
                low = middle + 1;
            else
                high = middle;
        }

        region = low < _unlisted.Count ? _unlisted[low] : default;
        return region.Length > 0 && region.Start <= glyph;
    }

    // Returns the guess without its bytes.
    private Guess Store(Guess guess)
    {
        var place = new BlockPlace(guess.Region.Block.Pack, guess.Region.Block.Offset);
        try
        {
            using (_gate.EnterChange())
            {
                HealedBytes += _healer.Store(place, guess.Bytes,
                    [new ChunkEntry(guess.Start, guess.Bytes.Length, guess.Fingerprint)], guess.Class);
            }

            return guess with { Bytes = [] };
        }
        catch (IOException failure)
        {
            StoreFailure = failure;
            throw;
        }
    }

    private sealed record Guess(Region Region, Glyph Start, byte[] Bytes, Fingerprint Fingerprint, ContentClass Class);
}
