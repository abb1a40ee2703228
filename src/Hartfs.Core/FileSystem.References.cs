using Hartfs.Format;

namespace Hartfs.Core;

public sealed partial class FileSystem
{
    /// <summary>An inode by its number alone, for file handles that outlive caches. Counts a reference.</summary>
    public FsError Reference(InodeNumber number, out InodeRecord inode) => throw new NotImplementedException();
}
