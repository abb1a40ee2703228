namespace Hartfs.Format;

/// <summary>
/// The number of an inode: positive, allocated in ascending order, never used twice in a volume's life.
/// It is also the FUSE node id, so handles stay valid across restarts.
/// </summary>
public readonly record struct InodeNumber(long Value)
{
    /// <summary>The root directory of every volume.</summary>
    public static readonly InodeNumber Root = new(1);

    public override string ToString() => $"#{Value}";
}
