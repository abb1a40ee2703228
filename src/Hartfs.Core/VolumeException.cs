using Hartfs.Metadata;

namespace Hartfs.Core;

/// <summary>A volume could not be made, opened or closed; the message says why and what to do next.</summary>
public sealed class VolumeException : Exception
{
    public VolumeException(VolumeFailure failure, string message, Exception? innerException = null)
        : base(message, innerException) => Failure = failure;

    /// <summary>The reason, for the exit code.</summary>
    public VolumeFailure Failure { get; }

    /// <summary>What an open volume fails with whose metadata turn out to be damaged; null: it is not that.</summary>
    public static VolumeException? From(Exception exception) => exception is MetadataException
    {
        Kind: MetadataFailure.Damaged,
    }
        ? new VolumeException(VolumeFailure.DamagedMetadata, $"{exception.Message}. hartfs check lists what is " +
            "damaged, hartfs recover rebuilds the metadata from a copy beside the packs", exception)
        : null;
}

/// <summary>Why a volume could not be made, opened or closed.</summary>
public enum VolumeFailure
{
    Other = 0,
    NotAVolume = 1,
    NewerFormat = 2,

    /// <summary>Both copies of the superblock are damaged.</summary>
    DamagedSuperblock = 3,

    /// <summary>The metadata cannot be read.</summary>
    DamagedMetadata = 4,

    /// <summary>Somebody has it open; the message says who.</summary>
    InUse = 5,
    NotPermitted = 6,
    OutOfSpace = 7,
    DirectoryNotEmpty = 8,
    IoFailure = 9,

    /// <summary>What was asked for has nothing to do.</summary>
    NotNeeded = 10,
}
