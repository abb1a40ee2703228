using Hartfs.Format;
using Hartfs.Storage;
using Hartfs.Storage.Hashing;
using Hartfs.Storage.Packs;

namespace Hartfs.Core.Integrity;

/// <summary>Reads a block whole: checksums, decoding, and every chunk against its fingerprint. One thread.</summary>
internal sealed class BlockVerifier(PackStore packs) : IDisposable
{
    private readonly BlockDecoder _decoder = new();
    private readonly ChunkHasher _hasher = new();
    private byte[] _plain = [];
    private BlockLocation? _whole;

    /// <summary>The plain bytes of the block last verified, as far as <see cref="HasPayloadOf"/>.</summary>
    public ReadOnlySpan<byte> Plain => _plain.AsSpan(0, PlainLength);

    /// <summary>Its plain length.</summary>
    public int PlainLength { get; private set; }

    /// <summary>
    /// Whether <see cref="Plain"/> is the payload of this block, and what its checksum says, whatever its directory is.
    /// </summary>
    public bool HasPayloadOf(BlockLocation block) => _whole == block;

    /// <summary>What is wrong with a block that a scan came by; null when nothing is.</summary>
    public string? FindFault(ScannedBlock block)
    {
        PlainLength = 0;
        _whole = null;
        if (block.Location.StoredLength == 0)
            return block.Damage;
        try
        {
            if (_plain.Length < Limits.BlockBytesMax)
                _plain = GC.AllocateUninitializedArray<byte>(Limits.BlockBytesMax);
            PlainLength = packs.ReadPlain(block.Location, _decoder, _plain);
            _whole = block.Location;
        }
        catch (CorruptDataException failure)
        {
            return failure.Reason;
        }
        catch (IOException failure)
        {
            return $"the disk does not give it back: {failure.Message}";
        }

        return block.Directory is { } directory ? FindWrongChunk(directory) : block.Damage;
    }

    /// <summary>A block whose place is known, with its directory as far as that can be read.</summary>
    public ScannedBlock Look(BlockLocation location)
    {
        try
        {
            return new ScannedBlock(location, packs.ReadDirectory(location), null);
        }
        catch (Exception failure) when (failure is CorruptDataException or IOException)
        {
            return new ScannedBlock(location, null, failure.Message);
        }
    }

    public void Dispose() => _decoder.Dispose();

    private string? FindWrongChunk(BlockDirectory directory)
    {
        int offset = 0;
        foreach (ChunkEntry chunk in directory.Chunks)
        {
            if (_hasher.Compute(_plain.AsSpan(offset, chunk.Length)) != chunk.Fingerprint)
                return $"the chunk at {offset} of its plain bytes is not what its fingerprint says";
            offset += chunk.Length;
        }

        return null;
    }
}
