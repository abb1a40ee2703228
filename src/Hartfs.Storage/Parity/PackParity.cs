using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Packs;

namespace Hartfs.Storage.Parity;

/// <summary>
/// Parity beside sealed packs: from it and what is left of a pack, sectors are computed that are damaged or gone.
/// A pack is cut into up to 200 shards; sector j of every shard, and of every parity shard, is one code word, so that
/// a stretch of damage as long as all parity is repaired as well as scattered sectors. Thread-safe.
/// </summary>
public sealed class PackParity(IBlockStore store, VolumeId volume)
{
    private const int DataShardsMax = 200;
    private const int Sector = ParityHeader.SectorBytes;

    private readonly PackNames _packs = new("packs", "pack");
    private readonly PackNames _parity = new("packs", "parity");

    // guards: that nobody reads a parity file that is half written
    private readonly Lock _lock = new();

    /// <summary>Whether a pack has a parity file, whole or not.</summary>
    public bool Exists(PackId pack) => store.TryGetLength(_parity.Of(pack), out _);

    /// <summary>
    /// Computes and writes the parity of a sealed pack, durably; an old parity file is replaced. The caller has
    /// verified the pack.
    /// </summary>
    /// <param name="percent">Parity in percent of the pack, 1 to <see cref="Limits.ParityPercentMax"/>.</param>
    /// <exception cref="IOException">The store failed; there is no parity then.</exception>
    public void Write(PackId pack, int percent, CancellationToken cancel)
    {
        if (!store.TryGetLength(_packs.Of(pack), out long length))
            throw new FileNotFoundException($"pack {pack} is missing");
        ParityHeader header = Plan(pack, length, percent);
        byte[] table = new byte[header.TableLength];
        byte[] parity = Compute(header, table, cancel);
        header = header with { TableCrc = Crc32C.Compute(table) };
        byte[] head = new byte[ParityHeader.Size];
        header.Write(head, PackHeader.SeedOf(volume, pack));
        string segment = _parity.Of(pack);
        lock (_lock)
        {
            store.Delete(segment);
            try
            {
                foreach (byte[] part in (byte[][])[head, table, parity, head, table])
                    store.Append(segment, part);
                store.Flush(segment);
            }
            catch
            {
                store.Delete(segment);
                throw;
            }
        }
    }

    /// <summary>Bytes of the parity file of a pack.</summary>
    /// <param name="packLength">Bytes of the pack.</param>
    /// <param name="percent">As for <see cref="Write"/>; 0: there is none.</param>
    public static long FileLengthOf(long packLength, int percent) =>
        percent == 0 || packLength == 0 ? 0 : Plan(default, packLength, percent).FileLength;

    /// <summary>What is wrong with a parity file itself; null when nothing is, or there is none.</summary>
    /// <exception cref="IOException">The store failed.</exception>
    public string? FindFault(PackId pack)
    {
        lock (_lock)
            return FindFaultLocked(pack);
    }

    private static ParityHeader Plan(PackId pack, long packLength, int percent)
    {
        int sectors = (int)((packLength + Sector - 1) / Sector);
        int shardSectors = (sectors + DataShardsMax - 1) / DataShardsMax;
        int dataShards = (sectors + shardSectors - 1) / shardSectors;
        int parityShards = Math.Max(1, ((dataShards * percent) + 99) / 100);
        return new ParityHeader(pack, packLength, dataShards, parityShards, shardSectors, 0);
    }

    private string? FindFaultLocked(PackId pack)
    {
        if (!store.TryGetLength(_parity.Of(pack), out long length))
            return null;
        if (Open(pack) is not { } file)
            return "both of its tables are damaged";
        if (length != file.Header.FileLength)
            return $"it has {length} bytes instead of {file.Header.FileLength}";
        if (!file.HasBothTables)
            return "one of its tables is damaged";
        byte[] sector = new byte[Sector];
        for (int number = file.Header.DataShards * file.Header.ShardSectors; number < file.Header.SectorCount; number++)
        {
            if (!TryReadSector(file, number, sector))
                return "a sector of it is damaged";
        }

        return null;
    }

    /// <summary>Reads bytes of a pack as they were when it was sealed, computing what is damaged.</summary>
    /// <returns>False: there is no parity, or too little of it for so much damage.</returns>
    /// <exception cref="IOException">The store failed.</exception>
    public bool TryRead(PackId pack, long offset, Span<byte> buffer)
    {
        lock (_lock)
            return TryReadLocked(pack, offset, buffer);
    }

    private bool TryReadLocked(PackId pack, long offset, Span<byte> buffer)
    {
        if (Open(pack) is not { } file || offset + buffer.Length > file.Header.PackLength)
            return false;
        byte[] sector = new byte[Sector];
        for (int done = 0; done < buffer.Length;)
        {
            int number = (int)((offset + done) / Sector);
            int from = (int)((offset + done) % Sector);
            if (!TryReadSector(file, number, sector) && !TryCompute(file, number, sector))
                return false;
            int count = Math.Min(Sector - from, buffer.Length - done);
            sector.AsSpan(from, count).CopyTo(buffer[done..]);
            done += count;
        }

        return true;
    }

    // Shard by shard into the sums; the table gets the checksum of every sector on the way.
    private byte[] Compute(in ParityHeader header, byte[] table, CancellationToken cancel)
    {
        var code = new ReedSolomon(header.DataShards, header.ParityShards);
        int shardBytes = header.ShardSectors * Sector;
        byte[] parity = new byte[header.ParityShards * shardBytes];
        byte[] shard = new byte[shardBytes];
        for (int data = 0; data < header.DataShards; data++)
        {
            cancel.ThrowIfCancellationRequested();
            int count = ReadFully(_packs.Of(header.Pack), data * (long)shardBytes, shard);
            shard.AsSpan(count).Clear();
            AddChecksums(table, data * header.ShardSectors, shard);
            for (int row = 0; row < header.ParityShards; row++)
                GaloisField.MultiplyAdd(parity.AsSpan(row * shardBytes, shardBytes), shard, code.Factor(row, data));
        }

        AddChecksums(table, header.DataShards * header.ShardSectors, parity);
        return parity;
    }

    private static void AddChecksums(Span<byte> table, int firstSector, ReadOnlySpan<byte> bytes)
    {
        for (int index = 0; index < bytes.Length / Sector; index++)
        {
            uint crc = Crc32C.Compute(bytes.Slice(index * Sector, Sector));
            BinaryPrimitives.WriteUInt32LittleEndian(table[((firstSector + index) * sizeof(uint))..], crc);
        }
    }

    private ParityFile? Open(PackId pack)
    {
        if (!store.TryGetLength(_parity.Of(pack), out long length) || length < 2 * ParityHeader.Size)
            return null;
        ParityFile? first = ReadTable(pack, 0, length);
        // Where the second header lies follows from the first; when that is gone, from the file's own length.
        ParityFile? second = first is not null
            ? ReadTable(pack, first.Header.SecondOffset, length)
            : FindSecond(pack, length);
        ParityFile? file = first ?? second;
        return file is null ? null : file with { HasBothTables = first is not null && second is not null };
    }

    private ParityFile? FindSecond(PackId pack, long length)
    {
        if (!store.TryGetLength(_packs.Of(pack), out long packLength))
            packLength = 0;
        for (int parityShards = 1; parityShards < ReedSolomon.ShardsMax && packLength > 0; parityShards++)
        {
            int sectors = (int)((packLength + Sector - 1) / Sector);
            int shardSectors = (sectors + DataShardsMax - 1) / DataShardsMax;
            int dataShards = (sectors + shardSectors - 1) / shardSectors;
            var guess = new ParityHeader(pack, packLength, dataShards, parityShards, shardSectors, 0);
            if (guess.FileLength == length)
                return ReadTable(pack, guess.SecondOffset, length);
        }

        return null;
    }

    private ParityFile? ReadTable(PackId pack, long offset, long length)
    {
        byte[] head = new byte[ParityHeader.Size];
        string segment = _parity.Of(pack);
        if (ReadFully(segment, offset, head) < head.Length
            || !ParityHeader.TryRead(head, PackHeader.SeedOf(volume, pack), out ParityHeader header)
            || header.Pack != pack
            // Before memory is taken for it.
            || (header.DataShards + header.ParityShards) * (long)header.ShardSectors * sizeof(uint) > length)
            return null;
        byte[] table = new byte[header.TableLength];
        return ReadFully(segment, offset + head.Length, table) == table.Length
            && Crc32C.Compute(table) == header.TableCrc
            ? new ParityFile(header, table, true)
            : null;
    }

    // Sectors are numbered through all shards, parity behind data.
    private bool TryReadSector(ParityFile file, int number, Span<byte> sector)
    {
        ParityHeader header = file.Header;
        int dataSectors = header.DataShards * header.ShardSectors;
        bool isData = number < dataSectors;
        try
        {
            long parityOffset = header.ParityOffset + ((number - dataSectors) * (long)Sector);
            int count = isData
                ? ReadFully(_packs.Of(header.Pack), number * (long)Sector, sector)
                : ReadFully(_parity.Of(header.Pack), parityOffset, sector);
            sector[count..].Clear();
        }
        catch (IOException)
        {
            // A sector that the disk does not give back is one to be computed.
            return false;
        }

        // Behind its end the pack is zeros, and what was appended to it since does not count.
        long end = header.PackLength - (number * (long)Sector);
        if (isData && end < Sector)
            sector[(int)Math.Max(0, end)..].Clear();
        uint expected = BinaryPrimitives.ReadUInt32LittleEndian(file.Table.AsSpan(number * sizeof(uint)));
        return Crc32C.Compute(sector) == expected;
    }

    private bool TryCompute(ParityFile file, int number, Span<byte> sector)
    {
        ParityHeader header = file.Header;
        int column = number % header.ShardSectors;
        List<int> present = [];
        List<byte[]> sectors = [];
        int shards = header.DataShards + header.ParityShards;
        for (int shard = 0; shard < shards && present.Count < header.DataShards; shard++)
        {
            byte[] bytes = new byte[Sector];
            if (!TryReadSector(file, (shard * header.ShardSectors) + column, bytes))
                continue;
            present.Add(shard);
            sectors.Add(bytes);
        }

        if (present.Count < header.DataShards)
            return false;
        byte[] row = new ReedSolomon(header.DataShards, header.ParityShards)
            .DecodingMatrix(CollectionsMarshal.AsSpan(present))[number / header.ShardSectors];
        sector.Clear();
        for (int index = 0; index < row.Length; index++)
            GaloisField.MultiplyAdd(sector, sectors[index], row[index]);
        uint expected = BinaryPrimitives.ReadUInt32LittleEndian(file.Table.AsSpan(number * sizeof(uint)));
        return Crc32C.Compute(sector) == expected;
    }

    private int ReadFully(string segment, long offset, Span<byte> buffer)
    {
        int done = 0;
        try
        {
            int count;
            do
            {
                count = store.ReadAt(segment, offset + done, buffer[done..]);
                done += count;
            }
            while (count > 0 && done < buffer.Length);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return 0;
        }

        return done;
    }

    private sealed record ParityFile(ParityHeader Header, byte[] Table, bool HasBothTables);
}
