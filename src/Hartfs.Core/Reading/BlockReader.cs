using Hartfs.Core.Ingest;
using Hartfs.Core.Integrity;
using Hartfs.Format;
using Hartfs.Storage;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Reading;

/// <summary>Glyph → bytes: decoded-block cache, then blocks still pending, then pread, checksum and decode.</summary>
internal sealed class BlockReader(
    BlockCache cache, BlockPipeline pipeline, Codex codex, PackStore packs, ILogger logger) : IDisposable
{
    private const int DecoderCountMax = 32;

    // guards: itself; idle decoders
    private readonly Stack<BlockDecoder> _decoders = new();

    /// <summary>
    /// Reads exactly <paramref name="target"/>'s length from a glyph on. <see cref="FsError.CorruptMetadata"/>: no
    /// region holds it; where the caller's extents may be old, it looks them up again.
    /// </summary>
    public FsError Read(Glyph glyph, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            if (!cache.TryRead(glyph, target, out int count) && !pipeline.TryRead(glyph, target, out count))
            {
                FsError error = Load(glyph);
                if (error != FsError.None)
                    return error;
                continue;
            }

            glyph += count;
            target = target[count..];
        }

        return FsError.None;
    }

    /// <summary>
    /// Decodes the blocks of a run ahead of its reader, on the calling thread. Failures wait for the reader.
    /// </summary>
    public void Prefetch(Glyph glyph, long length)
    {
        Glyph end = glyph + length;
        while (glyph < end && codex.TryFind(glyph, out Region region))
        {
            if (!cache.Contains(region.Start) && LoadRegion(region) != FsError.None)
                return;
            glyph = region.End;
        }
    }

    public void Dispose()
    {
        lock (_decoders)
            while (_decoders.TryPop(out BlockDecoder? decoder))
                decoder.Dispose();
    }

    private FsError Load(Glyph glyph)
    {
        return codex.TryFind(glyph, out Region region) ? LoadRegion(region) : FsError.CorruptMetadata;
    }

    private FsError LoadRegion(in Region region)
    {
        CachedBlock? block = cache.TryBeginLoad(region);
        if (block is null)
            return FsError.None;
        BlockDecoder decoder = RentDecoder();
        try
        {
            packs.ReadPlain(region.Block, decoder, region.OffsetInBlock, block.Buffer.AsSpan(0, region.Length));
            if (codex.IsDamaged(region))
                VerifyChunks(region.Block);
            cache.Complete(block);
            return FsError.None;
        }
        catch (Exception failure) when (failure is CorruptDataException or IOException && codex.HasMoved(region))
        {
            // A collection has moved the bytes and deleted the pack since: they are looked for again.
            cache.Abandon(block);
            return FsError.None;
        }
        catch (CorruptDataException failure)
        {
            cache.Abandon(block);
            codex.NoteCorrupt(region.Block);
            Log.BlockCorrupt(logger, failure);
            return FsError.CorruptData;
        }
        catch (IOException failure)
        {
            cache.Abandon(block);
            codex.NoteUnreadable(region.Block);
            Log.BlockUnreadable(logger, region.Block.Pack, region.Block.Offset, failure);
            return FsError.IoFailure;
        }
        catch
        {
            cache.Abandon(block);
            throw;
        }
        finally
        {
            ReturnDecoder(decoder);
        }
    }

    // A block that is noted as damaged although its checksums fit: a scrub has compared fingerprints, too.
    private void VerifyChunks(BlockLocation location)
    {
        using var verifier = new BlockVerifier(packs);
        ScannedBlock block = verifier.Look(location);
        if (block.Directory is not null && verifier.FindFault(block) is { } fault)
            throw new CorruptDataException(location.Pack, location.Offset, fault);
    }

    private BlockDecoder RentDecoder()
    {
        lock (_decoders)
            return _decoders.TryPop(out BlockDecoder? decoder) ? decoder : new BlockDecoder();
    }

    private void ReturnDecoder(BlockDecoder decoder)
    {
        lock (_decoders)
        {
            if (_decoders.Count < DecoderCountMax)
            {
                _decoders.Push(decoder);
                return;
            }
        }

        decoder.Dispose();
    }
}
