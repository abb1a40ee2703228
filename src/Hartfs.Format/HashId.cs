namespace Hartfs.Format;

/// <summary>How chunks are fingerprinted. The numbers are persisted.</summary>
public enum HashId : ushort
{
    /// <summary>SHA-256 of the plain bytes (FIPS 180-4).</summary>
    Sha256 = 1,
}

/// <summary>How content is cut into chunks. The numbers are persisted.</summary>
public enum ChunkerId : ushort
{
    /// <summary>Cuts where the hash of the eight bytes before is lowest between two lengths, on two levels.</summary>
    TwoLevelMinimum = 1,
}

/// <summary>The lengths that a chunker of one level keeps to, in bytes.</summary>
public readonly record struct ChunkLengths(int Min, int Average, int Max);
