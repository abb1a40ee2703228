namespace Hartfs.Format;

/// <summary>How a block's payload is encoded. The numbers are persisted: never reordered, never reused.</summary>
public enum CodecId : byte
{
    /// <summary>Stored as it is.</summary>
    Raw = 0,

    /// <summary>One zstd frame (RFC 8878) without checksum; the plain length is in the block header.</summary>
    Zstd = 1,
}
