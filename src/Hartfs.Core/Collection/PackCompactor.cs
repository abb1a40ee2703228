using System.Runtime.InteropServices;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Storage;
using Hartfs.Storage.Hashing;
using Hartfs.Storage.Packs;

namespace Hartfs.Core.Collection;

/// <summary>
/// Empties packs: what lives in them goes into new blocks of the open pack, a block at a time; a commit later the
/// emptied packs are deleted. May be stopped between any two steps: what was moved stays moved, the rest where it is.
/// </summary>
internal sealed class PackCompactor(CollectionContext context, CollectionPace pace) : IDisposable
{
    /// <summary>Bytes of emptied packs that are committed and deleted together.</summary>
    private const long SettleBytes = 256 << 20;

    /// <summary>With less room than this every emptied pack is deleted at once.</summary>
    private const long ScarceBytes = 512 << 20;

    private const int RegionsPerPage = 1024;

    private readonly BlockDecoder _decoder = new();
    private readonly BlockEncoder _encoder = new();
    private readonly ChunkHasher _hasher = new();
    private readonly Dictionary<ContentClass, MovingBlock> _open = [];
    private readonly List<PackShare> _emptied = [];
    private readonly List<Region> _regions = [];
    private readonly List<MovingRun> _clipped = [];
    private readonly byte[] _plain = GC.AllocateUninitializedArray<byte>(Limits.BlockBytesMax);
    private bool _isAnyLeft;

    /// <summary>Bytes written.</summary>
    public long MovedBytes { get; private set; }

    /// <summary>Packs deleted.</summary>
    public long DeletedPacks { get; private set; }

    /// <summary>Bytes of the packs deleted that nothing had referred to.</summary>
    public long DeletedDeadBytes { get; private set; }

    /// <summary>Packs that were left alone because something in them cannot be read.</summary>
    public List<PackId> DamagedPacks { get; } = [];

    public void Dispose()
    {
        _decoder.Dispose();
        _encoder.Dispose();
    }

    /// <summary>Empties one pack; deletes it with others when there are enough.</summary>
    /// <param name="pack">A condemned pack.</param>
    /// <param name="runs">What lives in it, by block and glyph.</param>
    /// <exception cref="IOException">The open pack takes no more.</exception>
    public FsError Empty(in PackShare pack, ReadOnlySpan<MovingRun> runs)
    {
        LoadRegions(pack.Pack);
        DeadBlocks dead = new(context.Packs, pack.Pack, pack.Length);
        bool isWhole = true;
        Span<Region> regions = CollectionsMarshal.AsSpan(_regions);
        while (!regions.IsEmpty)
        {
            long offset = regions[0].Block.Offset;
            int regionCount = CountRegions(regions, offset);
            while (!runs.IsEmpty && runs[0].Offset < offset)
                runs = runs[1..];
            int runCount = CountRuns(runs, offset);
            isWhole &= MoveBlock(regions[..regionCount], runs[..runCount], dead);
            regions = regions[regionCount..];
            runs = runs[runCount..];
            pace.Step();
        }

        if (isWhole)
            _emptied.Add(pack);
        else
            DamagedPacks.Add(pack.Pack);
        pace.Progress.Add(pack.Length);
        bool isEnough = _emptied.Sum(emptied => emptied.Length) >= SettleBytes
            || context.Store.FreeBytes < ScarceBytes;
        return isEnough ? Settle() : FsError.None;
    }

    /// <summary>Commits what was moved, then deletes the packs that nothing names any more.</summary>
    public FsError Settle()
    {
        foreach (MovingBlock block in _open.Values)
            Store(block);
        _open.Clear();
        if (_emptied.Count == 0)
            return FsError.None;
        List<PackShare> nameless = [];
        lock (context.TreeLock)
        {
            foreach (PackShare pack in _emptied)
            {
                _regions.Clear();
                // The last look before a file is lost for ever: it must not be named.
                if (context.Metadata.Regions.LoadOfPack(pack.Pack, default, _regions, 1) > 0)
                {
                    _isAnyLeft = true;
                    continue;
                }

                context.Ledger.Forget(pack.Pack);
                nameless.Add(pack);
            }
        }

        _emptied.Clear();
        foreach (PackShare pack in nameless)
            context.Codex.ForgetDamage(pack.Pack);
        FsError error = context.Committer.Commit();
        if (error != FsError.None)
            return error;
        foreach (PackShare pack in nameless)
            Delete(pack);
        return FsError.None;
    }

    /// <summary>Whether a pack could not be emptied because its regions changed meanwhile.</summary>
    public bool IsAnyLeft => _isAnyLeft;

    private void LoadRegions(PackId pack)
    {
        _regions.Clear();
        int count;
        do
        {
            lock (context.TreeLock)
                count = context.Metadata.Regions.LoadOfPack(
                    pack, _regions.Count > 0 ? _regions[^1] : default, _regions, RegionsPerPage);
        }
        while (count == RegionsPerPage);
    }

    // False: the block is damaged, and stays where it is.
    private bool MoveBlock(ReadOnlySpan<Region> regions, ReadOnlySpan<MovingRun> found, DeadBlocks dead)
    {
        // What was healed since it was looked at has a place elsewhere.
        ReadOnlySpan<MovingRun> runs = Clip(found, regions);
        if (runs.IsEmpty)
        {
            using (context.Gate.EnterChange())
                _isAnyLeft |= !context.Codex.MoveBlocks(regions, [], [dead.Totals(regions)]);
            return true;
        }

        // Its checksums may fit all the same; in another place nothing would be known against it.
        if (context.Codex.IsDamaged(regions[0]))
            return false;
        BlockLocation location = regions[0].Block;
        bool isCopied = Length(runs) == regions[0].BlockLength && regions[0].BlockLength >= context.BlockBytes / 2;
        EncodedBlock encoded = default;
        BlockDirectory? directory = null;
        try
        {
            if (isCopied)
                encoded = context.Packs.ReadEncoded(location, _decoder);
            else
                directory = context.Packs.ReadWhole(location, _decoder, _plain);
        }
        catch (Exception failure) when (failure is CorruptDataException or IOException)
        {
            if (failure is CorruptDataException)
                context.Codex.NoteCorrupt(location);
            else
                context.Codex.NoteUnreadable(location);
            Log.PackNotCollected(context.Logger, location.Pack, failure);
            return false;
        }

        if (directory is null)
            Copy(regions, encoded);
        else
            Gather(regions, runs, directory);
        return true;
    }

    private void Copy(ReadOnlySpan<Region> regions, EncodedBlock encoded)
    {
        var moved = new Region[regions.Length];
        using (context.Gate.EnterChange())
        {
            BlockLocation location = context.Packs.Append(encoded);
            for (int index = 0; index < regions.Length; index++)
                moved[index] = regions[index] with { Block = location };
            _isAnyLeft |= !context.Codex.MoveBlocks(regions, moved, []);
        }

        MovedBytes += encoded.StoredLength;
    }

    private void Gather(ReadOnlySpan<Region> regions, ReadOnlySpan<MovingRun> runs, BlockDirectory directory)
    {
        if (_open.TryGetValue(directory.Class, out MovingBlock? open)
            && open.Length + Length(runs) > context.BlockBytes)
        {
            _open.Remove(directory.Class);
            Store(open);
            open = null;
        }

        open ??= _open[directory.Class] = new MovingBlock(directory.Class, _hasher);
        open.Add(regions, runs, directory, _plain);
    }

    private void Store(MovingBlock block)
    {
        EncodedBlock encoded = _encoder.Encode(block.Plain, block.Chunks, block.Class, context.Level);
        using (context.Gate.EnterChange())
        {
            BlockLocation location = context.Packs.Append(encoded);
            var totals = new ClassTotals(block.Chunks.Length, block.Length, location.StoredLength);
            _isAnyLeft |= !context.Codex.MoveBlocks(block.From, block.To(location),
                [.. block.Differences, (block.Class, totals)]);
        }

        foreach (ChunkEntry chunk in block.CutChunks)
            context.Index.Add(chunk.Fingerprint.Prefix, chunk.Start);
        MovedBytes += encoded.StoredLength;
    }

    private void Delete(in PackShare pack)
    {
        try
        {
            context.Packs.Delete(pack.Pack);
        }
        catch (IOException failure)
        {
            // Nothing names it: the next collection finds it.
            Log.PackNotDeleted(context.Logger, pack.Pack, failure);
            return;
        }

        DeletedPacks++;
        DeletedDeadBytes += pack.DeadBytes;
        pace.Progress.FreedBytes += pack.Length;
    }

    private ReadOnlySpan<MovingRun> Clip(ReadOnlySpan<MovingRun> runs, ReadOnlySpan<Region> regions)
    {
        _clipped.Clear();
        foreach (Region region in regions)
        {
            while (!runs.IsEmpty && runs[0].End <= region.Start.Value)
                runs = runs[1..];
            foreach (MovingRun run in runs)
            {
                if (run.Start >= region.End.Value)
                    break;
                _clipped.Add(run with
                {
                    Start = Math.Max(run.Start, region.Start.Value),
                    End = Math.Min(run.End, region.End.Value),
                });
            }
        }

        return CollectionsMarshal.AsSpan(_clipped);
    }

    private static int CountRegions(ReadOnlySpan<Region> regions, long offset)
    {
        int count = 0;
        while (count < regions.Length && regions[count].Block.Offset == offset)
            count++;
        return count;
    }

    private static int CountRuns(ReadOnlySpan<MovingRun> runs, long offset)
    {
        int count = 0;
        while (count < runs.Length && runs[count].Offset == offset)
            count++;
        return count;
    }

    private static long Length(ReadOnlySpan<MovingRun> runs)
    {
        long length = 0;
        foreach (MovingRun run in runs)
            length += run.End - run.Start;
        return length;
    }

    /// <summary>What dead blocks of a pack count for, by its trailer, so that they need not be read.</summary>
    private sealed class DeadBlocks(PackStore packs, PackId pack, long length)
    {
        private Dictionary<long, (ContentClass Class, int Chunks)>? _blocks;

        public (ContentClass Class, ClassTotals Totals) Totals(ReadOnlySpan<Region> regions)
        {
            _blocks ??= Read();
            // Of a damaged pack the class may be unknown; the sum over the classes is right all the same.
            (ContentClass contentClass, int chunks) = _blocks.GetValueOrDefault(regions[0].Block.Offset);
            return (contentClass, BlockTotals.Of(regions, chunks));
        }

        private Dictionary<long, (ContentClass Class, int Chunks)> Read()
        {
            try
            {
                if (packs.ReadTrailer(pack) is { } trailer)
                    return trailer.ToDictionary(block => block.Offset, block => (block.Class, block.ChunkCount));
                return packs.Scan(pack, 0, length).Where(block => block.Directory is not null).ToDictionary(
                    block => block.Location.Offset,
                    block => (block.Directory!.Class, block.Directory.Chunks.Length));
            }
            catch (Exception failure) when (failure is CorruptDataException or IOException)
            {
                return [];
            }
        }
    }
}
