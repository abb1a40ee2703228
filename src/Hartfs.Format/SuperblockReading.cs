namespace Hartfs.Format;

/// <summary>Why a record is not a superblock that this program can use.</summary>
public enum SuperblockFault
{
    /// <summary>It can be used.</summary>
    None,

    /// <summary>It begins differently: this is no volume.</summary>
    NotASuperblock,

    /// <summary>It begins as one, but its length, checksum or values are wrong.</summary>
    Damaged,

    /// <summary>It has another format version.</summary>
    NewerVersion,

    /// <summary>It uses an incompatible feature that this program does not know.</summary>
    UnknownFeature,
}

/// <summary>The outcome of reading a superblock.</summary>
/// <param name="Fault">Why there is none.</param>
/// <param name="Reason">Continues the words "the superblock cannot be used: "; empty without a fault.</param>
/// <param name="Superblock">The superblock; null exactly when there is a fault.</param>
public readonly record struct SuperblockReading(SuperblockFault Fault, string Reason, Superblock? Superblock = null);
