using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Storage;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Hashing;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Integrity;

/// <summary>A copy of the metadata.</summary>
/// <param name="Number">Its number; later copies have higher ones.</param>
/// <param name="Bytes">Stored bytes.</param>
/// <param name="IsComplete">Whether it has its end; otherwise a crash came first, or its end is damaged.</param>
internal readonly record struct CopyInfo(PackId Number, long Bytes, bool IsComplete);

/// <summary>
/// The copies of the metadata in <c>copies/</c>: each a sealed pack of its own whose content is the superblock and the
/// database file, so that every byte is checked and a torn one does not count. The newest two are kept.
/// </summary>
internal sealed class MetadataCopies : IDisposable
{
    private const int KeptCount = 2;
    private const int BlockBytes = 1 << 20;
    private const int Level = 3;
    private const string Folder = "copies";

    private readonly IBlockStore _store;
    private readonly VolumeId _volume;
    private readonly ILogger _logger;
    private readonly PackStore _packs;
    private long _bytes;

    public MetadataCopies(IBlockStore store, VolumeId volume, ILogger logger)
    {
        (_store, _volume, _logger) = (store, volume, logger);
        _packs = NewStore();
        CountBytes();
    }

    /// <summary>Bytes of all copies, as of the last one made.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The copies, the newest first; what a crash left of one is among them.</summary>
    public IReadOnlyList<CopyInfo> List() =>
        [.. _packs.List().Reverse().Select(pack => new CopyInfo(pack.Pack, pack.Length, pack.IsSealed))];

    /// <summary>Writes a copy, then deletes all but the newest two. Throws <see cref="IOException"/>.</summary>
    /// <returns>The copy; null when the file changed under it: there is none then.</returns>
    /// <exception cref="MetadataException">A page is damaged: there is no copy, and the older ones stay.</exception>
    public CopyInfo? Write(MetadataFile file, Superblock superblock, long time, CancellationToken cancel)
    {
        PackId number = new(Math.Max(CopyHead.NumberBase,
            _packs.List().Select(pack => pack.Pack.Value).DefaultIfEmpty().Max()) + 1);
        using PackStore target = NewStore();
        target.Resume(number, default, 0);
        try
        {
            WriteBlocks(target, file, new CopyHead(superblock, time, file.Length), cancel);
            if (file.IsBroken)
            {
                _packs.Delete(number);
                return null;
            }

            target.Close(seal: true);
        }
        catch
        {
            _packs.Delete(number);
            throw;
        }

        DeleteOld();
        CountBytes();
        return List().Where(copy => copy.IsComplete && copy.Number == number).Select(copy => (CopyInfo?)copy)
            .FirstOrDefault();
    }

    /// <summary>
    /// Reads a copy from its begin, every byte checked, and hands it over piece by piece behind the head.
    /// </summary>
    /// <exception cref="CorruptDataException">It is damaged.</exception>
    /// <exception cref="IOException">It cannot be read, or <paramref name="take"/> failed.</exception>
    public CopyHead Read(PackId number, Action<long, ReadOnlyMemory<byte>> take, CancellationToken cancel)
    {
        CopyHead? head = null;
        long offset = 0;
        byte[] plain = new byte[BlockBytes];
        var hasher = new ChunkHasher();
        using var decoder = new BlockDecoder();
        foreach (BlockLocation location in ListBlocks(number))
        {
            cancel.ThrowIfCancellationRequested();
            BlockDirectory directory = _packs.ReadDirectory(location);
            int length = _packs.ReadPlain(location, decoder, plain);
            if (directory.Chunks is not [var chunk] || chunk.Start.Value != offset + 1
                || hasher.Compute(plain.AsSpan(0, length)) != chunk.Fingerprint)
                throw new CorruptDataException(number, location.Offset, "the copy's content is not what was written");
            if (offset == 0)
                head = CopyHead.Read(plain.AsSpan(0, length));
            else
                take(offset - CopyHead.Size, plain.AsMemory(0, length));
            offset += length;
        }

        return head is { } found && found.Length == offset - CopyHead.Size && found.Superblock.Volume == _volume
            ? found
            : throw new CorruptDataException(number, 0, "the copy is not complete");
    }

    /// <summary>What is wrong with the ends of a copy, which reading it does not need; null when nothing is.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public string? FindFault(in CopyInfo copy) => _packs.FindFault(copy.Number, copy.Bytes, isSealed: true);

    public void Dispose() => _packs.Dispose();

    // Where the list or the footer is damaged, block by block: the head says how long the content is.
    private IEnumerable<BlockLocation> ListBlocks(PackId number) =>
        _packs.ReadTrailer(number)?.Select(entry => new BlockLocation(number, entry.Offset, entry.StoredLength))
        ?? _packs.Scan(number, PackHeader.Size, long.MaxValue).Select(block => block.Location);

    private PackStore NewStore() => new(_store, _volume,
        new PackStoreSettings { PackBytesTarget = long.MaxValue, Folder = Folder, Extension = "copy" }, _logger);

    // The content is addressed by glyphs as data is: byte b of it is glyph b + 1.
    private static void WriteBlocks(PackStore target, MetadataFile file, CopyHead head, CancellationToken cancel)
    {
        using var encoder = new BlockEncoder();
        var hasher = new ChunkHasher();
        Append(head.ToBytes(), 0);
        byte[] buffer = new byte[BlockBytes];
        for (long offset = 0; offset < file.Length && !file.IsBroken; offset += BlockBytes)
        {
            cancel.ThrowIfCancellationRequested();
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(BlockBytes, file.Length - offset));
            file.ReadVerified(offset, part);
            Append(part, CopyHead.Size + offset);
        }

        void Append(ReadOnlySpan<byte> bytes, long at) => target.Append(encoder.Encode(bytes,
            [new ChunkEntry(new Glyph(at + 1), bytes.Length, hasher.Compute(bytes))], ContentClass.Other, Level));
    }

    private void CountBytes() =>
        Volatile.Write(ref _bytes, _store.List($"{Folder}/").Sum(segment => segment.Length));

    private void DeleteOld()
    {
        IReadOnlyList<CopyInfo> copies = List();
        HashSet<PackId> kept =
            [.. copies.Where(copy => copy.IsComplete).Take(KeptCount).Select(copy => copy.Number)];
        foreach (CopyInfo copy in copies)
            if (!kept.Contains(copy.Number))
                _packs.Delete(copy.Number);
    }
}
