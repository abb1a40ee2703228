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

    /// <summary>
    /// Gives back every reference: the driver that counted them is gone. Files without names go with them.
    /// </summary>
    public void ForgetAll()
    {
        List<InodeNumber> unnamed;
        lock (_treeLock)
        {
            if (_volume.Settings.ReadOnly || _volume.Fatal != FsError.None)
            {
                _references.Clear();
                return;
            }

            // What nobody was told of belongs to a tree that is being made.
            unnamed = [.. _metadata.Inodes.ListOrphans().Concat(_nodes.ListUnnamed()).Where(_references.Contains)];
            _references.Clear();
        }

        foreach (InodeNumber inode in unnamed)
        {
            using (_gate.EnterChange())
            {
                Node node;
                lock (_treeLock)
                    if (!_nodes.TryGet(inode, out node))
                        continue;
                Reap(node);
            }
        }
    }
}
