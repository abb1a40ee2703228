namespace Hartfs.Format;

/// <summary>
/// What a volume uses beyond format version 1, one bit each, in three sets that tell a program which does not know a
/// bit how far it may go. Bits are given out in <c>native-notes/format.md</c> and never reused.
/// </summary>
/// <param name="Compatible">Unknown bits may be ignored.</param>
/// <param name="ReadOnlyCompatible">With an unknown bit the volume may be read, never written.</param>
/// <param name="Incompatible">With an unknown bit the volume must not be opened.</param>
public readonly record struct FeatureSets(ulong Compatible, ulong ReadOnlyCompatible, ulong Incompatible)
{
    /// <summary>Read-only compatible: every page of the metadata has a checksum (<see cref="MetadataPage"/>).</summary>
    public const ulong MetadataChecksums = 1;

    /// <summary>The bits that this program knows.</summary>
    public static readonly FeatureSets Known = new(0, MetadataChecksums, 0);

    /// <summary>What a new volume uses.</summary>
    public static readonly FeatureSets OfNewVolumes = new(0, MetadataChecksums, 0);

    /// <summary>Whether every page of the metadata has a checksum.</summary>
    public bool HasMetadataChecksums => (ReadOnlyCompatible & MetadataChecksums) != 0;

    /// <summary>Bits for which this program may not open the volume.</summary>
    public ulong UnknownIncompatible => Incompatible & ~Known.Incompatible;

    /// <summary>Bits for which this program may not write to the volume.</summary>
    public ulong UnknownReadOnlyCompatible => ReadOnlyCompatible & ~Known.ReadOnlyCompatible;
}
