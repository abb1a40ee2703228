using Hartfs.Core.Files;
using Hartfs.Format;

namespace Hartfs.Core;

/// <summary>Inodes by number alone.</summary>
public sealed partial class FileSystem
{
    /// <summary>An inode by its number, for file handles that outlive every cache. Counts a reference.</summary>
    public FsError Reference(InodeNumber number, out InodeRecord inode)
    {
        inode = default;
        lock (_treeLock)
            return _nodes.TryGet(number, out Node node) ? HandOut(node, out inode) : FsError.Stale;
    }
}
