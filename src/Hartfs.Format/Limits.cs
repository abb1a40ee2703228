namespace Hartfs.Format;

/// <summary>Bounds that the format sets. Settings may be tighter, never wider.</summary>
public static class Limits
{
    /// <summary>Bytes of a directory entry's name (POSIX NAME_MAX).</summary>
    public const int NameBytesMax = 255;

    /// <summary>Bytes of a symbolic link's target (Linux PATH_MAX without its NUL).</summary>
    public const int SymlinkBytesMax = 4095;

    /// <summary>Bytes of an extended attribute's name (Linux XATTR_NAME_MAX).</summary>
    public const int XattrNameBytesMax = 255;

    /// <summary>Bytes of an extended attribute's value (Linux XATTR_SIZE_MAX).</summary>
    public const int XattrValueBytesMax = 65536;

    /// <summary>Names of one inode.</summary>
    public const uint LinkCountMax = 1_000_000_000;

    /// <summary>Bytes of a file.</summary>
    public const long FileSizeMax = long.MaxValue;

    /// <summary>Plain bytes of a chunk.</summary>
    public const int ChunkBytesMax = 1 << 20;

    /// <summary>Parity beside a pack, in percent of it.</summary>
    public const int ParityPercentMax = 25;

    /// <summary>Plain bytes of a block.</summary>
    public const int BlockBytesMax = 16 << 20;
}
