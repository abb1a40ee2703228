using Hartfs.Core.Files;
using Hartfs.Format;

namespace Hartfs.Core;

/// <summary>Loose trees: giving one a name, and taking one that lost its name apart.</summary>
public sealed partial class FileSystem
{
    /// <summary>Whether a name could be given to a new inode now.</summary>
    internal FsError CheckTarget(InodeNumber parent, ReadOnlySpan<byte> name)
    {
        lock (_treeLock)
            return CheckNewName(parent, name, out _);
    }

    /// <summary>Gives the top of a loose tree its name: from then on the tree is there, as a whole.</summary>
    /// <param name="linkCount">The links that the top has then.</param>
    /// <param name="replaces">Take the place of what has the name, if there is something.</param>
    /// <param name="loose">
    /// A directory that lost its name and has to be given to <see cref="RemoveLoose"/>; default: none.
    /// </param>
    internal FsError Attach(InodeNumber top, uint linkCount, InodeNumber parent, ReadOnlySpan<byte> name,
        bool replaces, out InodeNumber loose)
    {
        loose = default;
        FsError error = EnterGrowth(0);
        if (error != FsError.None)
            return error;
        using (_gate.EnterChange())
        {
            Node? replaced = null;
            lock (_treeLock)
            {
                error = CheckNewName(parent, name, out Node directory);
                if (error == FsError.AlreadyExists && replaces)
                    error = TryGetEntry(parent, name, out replaced, out FsError failure) ? FsError.None : failure;
                if (error != FsError.None)
                    return error;
                if (!_nodes.TryGet(top, out Node node))
                    return FsError.Stale;
                if (replaced is not null && replaced.Record.IsDirectory && IsWithin(directory, replaced))
                    return FsError.InvalidArgument;
                long now = Now;
                node.Record.LinkCount = linkCount;
                if (node.Record.IsDirectory)
                {
                    node.Record.Parent = parent;
                    directory.Record.LinkCount++;
                }

                _nodes.MarkDirty(node);
                if (replaced is null)
                {
                    _metadata.Entries.Insert(parent, name, top, node.Record.Mode);
                }
                else
                {
                    _metadata.Entries.Replace(parent, name, top, node.Record.Mode);
                    DropLink(replaced, directory, now);
                }

                Touch(directory, now);
                if (replaced is { Record.IsDirectory: true })
                {
                    loose = replaced.Number;
                    _references.Add(loose);
                }
            }

            if (replaced is { Record.IsDirectory: false })
                Reap(replaced);
            return FsError.None;
        }
    }

    /// <summary>
    /// Takes apart what is below a directory that has no name any more, and lets go of it. Files that are open live on
    /// until they are closed.
    /// </summary>
    internal FsError RemoveLoose(InodeNumber top)
    {
        var path = new Stack<InodeNumber>([top]);
        while (path.TryPeek(out InodeNumber directory))
        {
            byte[] name;
            InodeNumber child;
            bool isDirectory;
            lock (_treeLock)
            {
                using Metadata.Tables.EntryCursor entries = _metadata.Entries.List(directory, 0);
                bool isEmpty = !entries.MoveNext();
                name = isEmpty ? [] : entries.Name.ToArray();
                child = isEmpty ? default : entries.Current.Inode;
                isDirectory = !isEmpty && InodeMode.IsDirectory(entries.Current.Type);
            }

            if (child == default)
            {
                path.Pop();
                if (path.TryPeek(out InodeNumber above) && RemoveFirst(above) is var error && error != FsError.None)
                    return error;
            }
            else if (isDirectory)
            {
                path.Push(child);
            }
            else if (Unlink(directory, name) is var error && error != FsError.None)
            {
                return error;
            }
        }

        Forget(top, 1);
        return FsError.None;
    }

    private FsError RemoveFirst(InodeNumber directory)
    {
        byte[] name;
        lock (_treeLock)
        {
            using Metadata.Tables.EntryCursor entries = _metadata.Entries.List(directory, 0);
            if (!entries.MoveNext())
                return FsError.None;
            name = entries.Name.ToArray();
        }

        return RemoveDirectory(directory, name);
    }
}
