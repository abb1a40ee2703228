using Hartfs.Format;

namespace Hartfs.Metadata.Tables;

/// <summary>
/// Removes trees whose top has no name: what a clone was making, or a replaced tree, when its operation ended early.
/// </summary>
public static class LooseTree
{
    /// <summary>
    /// Removes inodes of a loose tree, contents before directories, the top last. Nobody may refer to any of them.
    /// </summary>
    /// <param name="countMax">Inodes at most; call again while the answer is true.</param>
    /// <returns>Whether something is left.</returns>
    public static bool Remove(MetadataStore store, InodeNumber top, int countMax)
    {
        var path = new List<InodeNumber> { top };
        while (countMax > 0)
        {
            InodeNumber directory = path[^1];
            if (!TryGetFirst(store, directory, out Entry entry, out byte[] name))
            {
                Delete(store, directory);
                path.RemoveAt(path.Count - 1);
                countMax--;
                if (path.Count == 0)
                    return false;
                TryGetFirst(store, path[^1], out _, out name);
                store.Entries.Remove(path[^1], name);
            }
            else if (InodeMode.IsDirectory(entry.Type))
            {
                path.Add(entry.Inode);
            }
            else
            {
                store.Entries.Remove(directory, name);
                DropLink(store, entry.Inode);
                countMax--;
            }
        }

        return true;
    }

    private static bool TryGetFirst(MetadataStore store, InodeNumber directory, out Entry entry, out byte[] name)
    {
        using EntryCursor entries = store.Entries.List(directory, 0);
        bool found = entries.MoveNext();
        entry = found ? entries.Current : default;
        name = found ? entries.Name.ToArray() : [];
        return found;
    }

    private static void DropLink(MetadataStore store, InodeNumber inode)
    {
        if (!store.Inodes.TryGet(inode, out InodeRecord record))
            return;
        record.LinkCount--;
        if (record.LinkCount > 0)
            store.Inodes.Update(record);
        else
            Delete(store, inode);
    }

    private static void Delete(MetadataStore store, InodeNumber inode)
    {
        store.Extents.DeleteAll(inode);
        store.Xattrs.RemoveAll(inode);
        store.Symlinks.Delete(inode);
        store.Inodes.Delete(inode);
    }
}
