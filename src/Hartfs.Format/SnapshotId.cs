namespace Hartfs.Format;

/// <summary>
/// The number of a snapshot: positive, given in ascending order, never used twice in a volume's life.
/// </summary>
/// <remarks>
/// Inode numbers stay below 2^40. An inode seen in a snapshot through the whole volume's mount has the number
/// (snapshot &lt;&lt; 40) | inode, so that the live file and its versions in snapshots are different files to programs.
/// </remarks>
public readonly record struct SnapshotId(long Value)
{
    /// <summary>Bits of an inode number that are the inode's own.</summary>
    public const int InodeBits = 40;

    /// <summary>The highest number of a snapshot; the one above stands for the directory of snapshots.</summary>
    public const long Max = (1L << (63 - InodeBits)) - 2;

    private const long InodeMask = (1L << InodeBits) - 1;

    /// <summary>The snapshot that an inode number lies in; 0 for the live tree.</summary>
    public static SnapshotId Of(InodeNumber inode) => new(inode.Value >> InodeBits);

    /// <summary>An inode's own number, without that of its snapshot.</summary>
    public static InodeNumber Strip(InodeNumber inode) => new(inode.Value & InodeMask);

    /// <summary>The number of an inode as it is seen in this snapshot.</summary>
    public InodeNumber Place(InodeNumber inode) => new((Value << InodeBits) | inode.Value);

    public override string ToString() => $"s{Value}";
}
