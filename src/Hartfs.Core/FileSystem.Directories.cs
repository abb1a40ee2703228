using Hartfs.Core.Files;
using Hartfs.Format;
using Hartfs.Metadata.Tables;

namespace Hartfs.Core;

/// <summary>Listing directories.</summary>
public sealed partial class FileSystem
{
    private const long SelfCookie = 1;
    private const long ParentCookie = 2;

    /// <summary>Lists a directory in a stable order, from a cookie on. "." and ".." come first.</summary>
    /// <param name="cookie">0, or the cookie behind the last entry taken.</param>
    /// <param name="withAttributes">Fill in whole records and count a reference per entry taken, "." and ".."
    /// excepted.</param>
    public FsError ReadDirectory<TSink>(InodeNumber directory, long cookie, bool withAttributes, ref TSink sink)
        where TSink : IDirectorySink, allows ref struct
    {
        Node node;
        lock (_treeLock)
        {
            FsError error = TryGetDirectory(directory, out node);
            if (error != FsError.None)
                return error;
        }

        if (cookie < SelfCookie)
            NoteAccess(directory, node.Record);
        lock (_treeLock)
        {
            if (cookie < SelfCookie && !sink.Add("."u8, SelfCookie, node.Record))
                return FsError.None;
            if (cookie < ParentCookie && _nodes.TryGetRecord(node.Record.Parent, out InodeRecord parent) &&
                !sink.Add(".."u8, ParentCookie, parent))
                return FsError.None;
            return ListEntries(directory, Math.Max(cookie, ParentCookie), withAttributes, ref sink);
        }
    }

    private FsError ListEntries<TSink>(InodeNumber directory, long cookie, bool withAttributes, ref TSink sink)
        where TSink : IDirectorySink, allows ref struct
    {
        using EntryCursor entries = _metadata.Entries.List(directory, cookie);
        while (entries.MoveNext())
        {
            Entry entry = entries.Current;
            var inode = new InodeRecord { Number = entry.Inode, Mode = entry.Type };
            if (withAttributes)
            {
                if (!_nodes.TryGetRecord(entry.Inode, out inode))
                    return FsError.CorruptMetadata;
                // Counted before the reply: a forget may overtake whatever comes behind it.
                _references.Add(entry.Inode);
            }

            if (sink.Add(entries.Name, entry.Cookie, inode))
                continue;
            if (withAttributes)
                _references.Remove(entry.Inode, 1);
            break;
        }

        return FsError.None;
    }
}
