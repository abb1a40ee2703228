using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Microsoft.Extensions.Logging;

namespace Hartfs.Storage.Packs;

/// <summary>
/// The packs of a volume: blocks are appended to one open pack, read by their location, and go when their pack is
/// deleted. Thread-safe; the block store stays its caller's.
/// </summary>
/// <remarks>
/// What happens after a failure: a failed append costs its pack the rest of its room at most, and is repeated by the
/// caller if it likes. After a failed flush nothing is known about blocks that were given a location since the last
/// good one: appends and flushes fail from then on, until the volume is opened again at its last commit.
/// </remarks>
public sealed partial class PackStore : IDisposable
{
    private readonly IBlockStore _store;
    private readonly VolumeId _volume;
    private readonly PackStoreSettings _settings;
    private readonly ILogger _logger;
    private readonly PackNames _names;
    private readonly PackNames _parityNames;
    private readonly PackReader _reader;

    // guards: the order of flushes and deletions; taken before _lock
    private readonly Lock _flushLock = new();

    // guards: everything below
    private readonly Lock _lock = new();
    private readonly Dictionary<PackId, long> _unflushedLengths = [];
    private long _appendedBytes;
    private long _flushedBytes;
    private readonly SortedDictionary<PackId, PackInfo> _changes = [];
    private OpenPack? _open;
    private PackId _nextPack = new(1);
    private IOException? _flushFailure;
    private bool _isClosed;

    /// <summary>The packs in a block store; an empty store is a volume without packs.</summary>
    public PackStore(IBlockStore store, VolumeId volume, PackStoreSettings settings, ILogger logger)
    {
        (_store, _volume, _settings, _logger) = (store, volume, settings, logger);
        _names = new PackNames(settings.Folder, settings.Extension);
        _parityNames = new PackNames(settings.Folder, "parity");
        _reader = new PackReader(store, volume, _names, logger);
    }

    /// <summary>Where the next block goes.</summary>
    public PackPosition Position
    {
        get
        {
            lock (_lock)
                return new PackPosition(_open?.Pack ?? default, _open?.Length ?? 0, _nextPack);
        }
    }

    /// <summary>Whether a block was appended that no flush has covered.</summary>
    public bool HasUnflushed
    {
        get
        {
            lock (_lock)
                return _unflushedLengths.Count > 0;
        }
    }

    /// <summary>Bytes of blocks that were appended and that no flush has covered.</summary>
    public long UnflushedBytes
    {
        get
        {
            lock (_lock)
                return _appendedBytes - _flushedBytes;
        }
    }

    /// <summary>
    /// Takes up work where the last commit left it. The open pack is continued when it has exactly the committed
    /// length; otherwise it has a tail that nobody refers to and is left alone. New packs get numbers from
    /// <paramref name="nextPack"/> on; a number whose pack exists already, debris of a crash, is passed over.
    /// </summary>
    public void Resume(PackId nextPack, PackId openPack, long committedLength)
    {
        lock (_lock)
        {
            _open = TryContinue(openPack, committedLength);
            _nextPack = new PackId(Math.Max(1, Math.Max(nextPack.Value, openPack.Value + 1)));
        }
    }

    /// <summary>
    /// Appends a block; begins a pack when none is open and seals it when it has reached its length. The block is
    /// durable after the next <see cref="Flush"/>.
    /// </summary>
    /// <exception cref="IOException">Nothing was appended; <see cref="DiskFull.Is"/> tells a full disk.</exception>
    public BlockLocation Append(EncodedBlock block)
    {
        lock (_lock)
        {
            ThrowIfUnusable();
            OpenPack open = _open ??= Begin();
            BlockHeader.Seal(block.Bytes, open.Seed, open.Length);
            AppendTo(open, block.Bytes);
            BlockLocation location = open.Add(block.Header);
            _unflushedLengths[open.Pack] = open.Length;
            _appendedBytes += block.Bytes.Length;
            if (open.Length >= _settings.PackBytesTarget)
                Seal(open);
            return location;
        }
    }

    /// <summary>Makes everything appended before the call durable. Appends go on meanwhile.</summary>
    /// <exception cref="IOException">Nothing is known about what was appended since the last success.</exception>
    public void Flush()
    {
        lock (_flushLock)
        {
            KeyValuePair<PackId, long>[] unflushed;
            long appendedBytes;
            lock (_lock)
            {
                ThrowIfFailed();
                unflushed = [.. _unflushedLengths];
                appendedBytes = _appendedBytes;
            }

            foreach ((PackId pack, long length) in unflushed)
            {
                FlushPack(pack);
                lock (_lock)
                {
                    if (_unflushedLengths.TryGetValue(pack, out long now) && now == length)
                        _unflushedLengths.Remove(pack);
                }
            }

            lock (_lock)
                _flushedBytes = appendedBytes;
        }
    }

    /// <summary>The packs begun, sealed or given up since the last call, as they stand now, ascending.</summary>
    public IReadOnlyList<PackInfo> TakeChanges()
    {
        lock (_lock)
        {
            if (_open is not null && _changes.ContainsKey(_open.Pack))
                Note(_open.Pack, _open.Length, isSealed: false);
            PackInfo[] changes = [.. _changes.Values];
            _changes.Clear();
            return changes;
        }
    }

    /// <summary>
    /// Reads a whole block into the beginning of <paramref name="plain"/>, verified; returns its plain length.
    /// Nothing is written behind that.
    /// </summary>
    /// <exception cref="CorruptDataException">
    /// The block is damaged, cut short, missing, or longer than <paramref name="plain"/>.
    /// </exception>
    /// <exception cref="IOException">The pack cannot be read.</exception>
    public int ReadPlain(BlockLocation location, BlockDecoder decoder, Span<byte> plain)
    {
        BlockHeader header = _reader.Load(location, decoder, out ReadOnlySpan<byte> payload);
        if (header.PlainLength > plain.Length)
        {
            throw new CorruptDataException(location.Pack, location.Offset,
                $"the block has {header.PlainLength} plain bytes where {plain.Length} were expected");
        }

        Decode(location, header, payload, decoder, 0, plain[..header.PlainLength]);
        return header.PlainLength;
    }

    /// <summary>
    /// Reads the part of a block that begins <paramref name="offsetInBlock"/> plain bytes into it, verified, and
    /// fills all of <paramref name="plain"/>: what a <see cref="Region"/> asks for.
    /// </summary>
    /// <exception cref="CorruptDataException">As above; also when the block does not have that part.</exception>
    /// <exception cref="IOException">The pack cannot be read.</exception>
    public void ReadPlain(BlockLocation location, BlockDecoder decoder, int offsetInBlock, Span<byte> plain)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offsetInBlock);
        BlockHeader header = _reader.Load(location, decoder, out ReadOnlySpan<byte> payload);
        if (offsetInBlock > header.PlainLength - plain.Length)
        {
            throw new CorruptDataException(location.Pack, location.Offset,
                $"the block has {header.PlainLength} plain bytes; asked for {plain.Length} from {offsetInBlock} on");
        }

        Decode(location, header, payload, decoder, offsetInBlock, plain);
    }

    /// <summary>
    /// Reads a whole block with its directory, all of it verified: its plain bytes go to the beginning of
    /// <paramref name="plain"/>.
    /// </summary>
    /// <exception cref="CorruptDataException">As above; also when only the directory is damaged.</exception>
    /// <exception cref="IOException">The pack cannot be read.</exception>
    public BlockDirectory ReadWhole(BlockLocation location, BlockDecoder decoder, Span<byte> plain)
    {
        int length = ReadPlain(location, decoder, plain);
        BlockDirectory directory = _reader.ReadDirectory(location);
        return directory.PlainLength == length
            ? directory
            : throw new CorruptDataException(location.Pack, location.Offset, "the block changed while it was read");
    }

    /// <summary>Reads a block as it is stored, verified, to be appended to another pack.</summary>
    /// <returns>Lies in the decoder's memory: valid until its next use.</returns>
    /// <exception cref="CorruptDataException">As <see cref="ReadWhole"/>.</exception>
    /// <exception cref="IOException">The pack cannot be read.</exception>
    public EncodedBlock ReadEncoded(BlockLocation location, BlockDecoder decoder)
    {
        BlockHeader header = _reader.Load(location, decoder, out _);
        if (_reader.ReadDirectory(location).PlainLength != header.PlainLength)
            throw new CorruptDataException(location.Pack, location.Offset, "the block changed while it was read");
        return new EncodedBlock(decoder.StoredMemory(header.StoredLength), header);
    }

    /// <summary>Reads the list of a block's chunks, verified, without its payload.</summary>
    /// <exception cref="CorruptDataException">Header or directory is damaged, or the pack is missing.</exception>
    /// <exception cref="IOException">The pack cannot be read.</exception>
    public BlockDirectory ReadDirectory(BlockLocation location) => _reader.ReadDirectory(location);

    /// <summary>
    /// Walks the blocks that begin in a part of a pack by headers and directories; payloads are not verified.
    /// </summary>
    /// <param name="pack">The pack; sealed, open, or left by a crash.</param>
    /// <param name="fromOffset">Where a block begins; 0 for the first.</param>
    /// <param name="toOffset">
    /// The end of the part that is known to be whole: what is not a block before it is returned as damage, and the
    /// walk goes on with the next block that can be found. <see cref="long.MaxValue"/>: as far as there are blocks,
    /// a torn tail is no damage.
    /// </param>
    /// <exception cref="CorruptDataException">There is no such pack.</exception>
    public IEnumerable<ScannedBlock> Scan(PackId pack, long fromOffset, long toOffset)
    {
        if (!_store.TryGetLength(_names.Of(pack), out long length))
            throw new CorruptDataException(pack, 0, "the pack is missing");
        return new PackScanner(_reader, pack, PackHeader.SeedOf(_volume, pack), length).Scan(fromOffset, toOffset);
    }

    /// <summary>What is wrong with the ends and the length of a pack; null when nothing is.</summary>
    /// <param name="committedLength">Bytes that it must have at least.</param>
    /// <param name="isSealed">Whether it must have its list and footer.</param>
    /// <exception cref="IOException">The pack cannot be read.</exception>
    public string? FindFault(PackId pack, long committedLength, bool isSealed)
    {
        if (!_store.TryGetLength(_names.Of(pack), out long length))
            return "it is missing";
        if (length < committedLength)
            return $"it has {length} bytes where {committedLength} are committed";
        if (!_reader.HasHeader(pack))
            return "its header is damaged; its blocks are read without it";
        return isSealed && _reader.ReadTrailer(pack, committedLength) is null
            ? "its list of blocks is damaged; its blocks are read without it"
            : null;
    }

    /// <summary>The block list of a sealed pack; null when it is not sealed, or its trailer is damaged.</summary>
    public IReadOnlyList<PackBlockEntry>? ReadTrailer(PackId pack) =>
        _store.TryGetLength(_names.Of(pack), out long length) ? _reader.ReadTrailer(pack, length) : null;

    /// <summary>Every pack that exists, debris included, in ascending order. Reads each pack's footer.</summary>
    public IReadOnlyList<PackInfo> List()
    {
        List<PackInfo> packs = [];
        foreach (SegmentInfo segment in _store.List(_names.Prefix))
        {
            if (_names.TryParse(segment.Name, out PackId pack))
                packs.Add(new PackInfo(pack, segment.Length, _reader.TryReadFooter(pack, segment.Length, out _)));
        }

        packs.Sort(static (left, right) => left.Pack.CompareTo(right.Pack));
        return packs;
    }

    /// <summary>
    /// The number of every pack of which there is a file, be it its parity alone, debris included, in ascending order.
    /// Reads no pack.
    /// </summary>
    public IReadOnlyList<PackId> ListNumbers()
    {
        SortedSet<PackId> packs = [];
        foreach (SegmentInfo segment in _store.List(_names.Prefix))
            if (_names.TryParse(segment.Name, out PackId pack) || _parityNames.TryParse(segment.Name, out pack))
                packs.Add(pack);
        return [.. packs];
    }

    /// <summary>Removes a pack that nothing committed refers to, and its parity. No error when there is none.</summary>
    public void Delete(PackId pack)
    {
        lock (_flushLock)
        {
            lock (_lock)
            {
                if (_open?.Pack == pack)
                    throw new InvalidOperationException($"pack {pack} is being written");
                _unflushedLengths.Remove(pack);
            }

            _store.Delete(_names.Of(pack));
            _store.Delete(_parityNames.Of(pack));
        }
    }

    /// <summary>Seals the open pack before it has its length; the next block begins another one.</summary>
    public void SealOpen()
    {
        lock (_lock)
        {
            ThrowIfUnusable();
            if (_open is { } open)
                Seal(open);
        }
    }

    /// <summary>Makes everything durable and ends appending. Reading goes on while the block store lives.</summary>
    /// <param name="seal">Whether the open pack gets its trailer; otherwise the next session continues it.</param>
    public void Close(bool seal)
    {
        lock (_lock)
        {
            if (seal && _open is not null && _flushFailure is null)
                Seal(_open);
            _isClosed = true;
        }

        Flush();
    }

    /// <summary>Ends appending; what was not flushed may be lost.</summary>
    public void Dispose()
    {
        lock (_lock)
            _isClosed = true;
    }

    private static void Decode(
        BlockLocation location, in BlockHeader header, ReadOnlySpan<byte> payload, BlockDecoder decoder,
        int offsetInBlock, Span<byte> plain)
    {
        if (!decoder.TryDecode(header, payload, offsetInBlock, plain))
        {
            throw new CorruptDataException(location.Pack, location.Offset,
                $"the payload is no {header.Codec} encoding of {header.PlainLength} bytes");
        }
    }

    private OpenPack? TryContinue(PackId pack, long committedLength)
    {
        if (pack == default || committedLength < PackHeader.Size)
            return null;
        if (!_store.TryGetLength(_names.Of(pack), out long length) || length != committedLength)
        {
            Log.PackLengthDiffers(_logger, pack, length, committedLength);
            return null;
        }

        if (_reader.HasHeader(pack))
            return new OpenPack(pack, PackHeader.SeedOf(_volume, pack), length);
        Log.PackHeaderDamaged(_logger, pack);
        return null;
    }

    private OpenPack Begin()
    {
        PackId pack = _nextPack;
        while ((_store.TryGetLength(_names.Of(pack), out long length) && length > 0)
            // It is of another pack that had the number before a recovery, and would never fit.
            || _store.TryGetLength(_parityNames.Of(pack), out _))
            pack = new PackId(pack.Value + 1);
        var header = new PackHeader(_volume, pack);
        Span<byte> bytes = stackalloc byte[PackHeader.Size];
        header.Write(bytes);
        _store.Append(_names.Of(pack), bytes);
        _nextPack = new PackId(pack.Value + 1);
        _unflushedLengths[pack] = bytes.Length;
        Note(pack, bytes.Length, isSealed: false);
        return new OpenPack(pack, header.Seed, bytes.Length);
    }

    private void AppendTo(OpenPack open, ReadOnlySpan<byte> bytes)
    {
        try
        {
            _store.Append(_names.Of(open.Pack), bytes);
        }
        catch (IOException)
        {
            if (!HasLength(open))
                GiveUp(open);
            throw;
        }
    }

    private bool HasLength(OpenPack open)
    {
        try
        {
            return _store.TryGetLength(_names.Of(open.Pack), out long length) && length == open.Length;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void GiveUp(OpenPack open)
    {
        Log.PackGivenUp(_logger, open.Pack);
        Note(open.Pack, open.Length, isSealed: false);
        _open = null;
    }

    // The trailer is a convenience: without it the pack is read by its headers. It never fails an append.
    private void Seal(OpenPack open)
    {
        _open = null;
        try
        {
            byte[] trailer = open.Trailer(_reader);
            _store.Append(_names.Of(open.Pack), trailer);
            long length = open.Length + trailer.Length;
            _unflushedLengths[open.Pack] = length;
            Note(open.Pack, length, isSealed: true);
        }
        catch (CorruptDataException failure)
        {
            Log.PackNotSealed(_logger, open.Pack, failure.Offset, failure.Message);
            Note(open.Pack, open.Length, isSealed: false);
        }
        catch (IOException failure)
        {
            Log.TrailerNotWritten(_logger, open.Pack, failure);
            Note(open.Pack, open.Length, isSealed: false);
        }
    }

    private void Note(PackId pack, long length, bool isSealed) => _changes[pack] = new PackInfo(pack, length, isSealed);

    private void FlushPack(PackId pack)
    {
        try
        {
            _store.Flush(_names.Of(pack));
        }
        catch (IOException failure)
        {
            Log.FlushFailed(_logger, pack, failure);
            lock (_lock)
                _flushFailure = failure;
            throw;
        }
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        ThrowIfFailed();
    }

    // The number of the first failure stays visible: a full disk is still told from a broken one.
    private void ThrowIfFailed()
    {
        if (_flushFailure is { } failure)
            throw new IOException($"storing ended with a failed flush: {failure.Message}", failure)
            { HResult = failure.HResult };
    }
}
