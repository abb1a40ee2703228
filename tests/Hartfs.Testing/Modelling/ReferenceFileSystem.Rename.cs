using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Testing.Modelling;

public sealed partial class ReferenceFileSystem
{
    /// <summary>The order of the checks is that of Linux <c>do_renameat2</c> and <c>vfs_rename</c>.</summary>
    public FsError Rename(InodeNumber oldParent, byte[] oldName, InodeNumber newParent, byte[] newName,
        RenameMode mode)
    {
        if (FindEntry(oldParent, oldName, out ReferenceNode from, out ReferenceNode node) is var error and
            not FsError.None)
            return error;
        FsError found = FindEntry(newParent, newName, out ReferenceNode to, out ReferenceNode target);
        if (found is not (FsError.None or FsError.NotFound)) return found;
        if (to.Record.LinkCount == 0) return FsError.NotFound;
        bool replaces = found == FsError.None;
        if (mode == RenameMode.NoReplace && replaces) return FsError.AlreadyExists;
        if (mode == RenameMode.Exchange && !replaces) return FsError.NotFound;
        if (node.Record.IsDirectory && IsWithin(to, node)) return FsError.InvalidArgument;
        if (replaces && node == target) return FsError.None;
        if (mode == RenameMode.Exchange && target.Record.IsDirectory && IsWithin(from, target))
            return FsError.InvalidArgument;
        if (mode == RenameMode.Exchange)
        {
            Exchange(from, oldName, node, to, newName, target);
            return FsError.None;
        }

        if (replaces)
        {
            if (node.Record.IsDirectory && !target.Record.IsDirectory) return FsError.NotADirectory;
            if (!node.Record.IsDirectory && target.Record.IsDirectory) return FsError.IsADirectory;
            if (target.Entries.Count > 0) return FsError.DirectoryNotEmpty;
            if (target.Record.IsDirectory) to.Record.LinkCount--;
            to.Entries.Remove(ReferenceNode.Key(newName));
            Unname(target);
        }

        from.Entries.Remove(ReferenceNode.Key(oldName));
        Place(node, from, to, newName);
        Modified(from);
        Modified(to);
        if (mode == RenameMode.Whiteout) LeaveWhiteout(from, oldName, node.Record);
        return FsError.None;
    }

    private void Exchange(ReferenceNode from, byte[] oldName, ReferenceNode node, ReferenceNode to, byte[] newName,
        ReferenceNode target)
    {
        from.Entries.Remove(ReferenceNode.Key(oldName));
        to.Entries.Remove(ReferenceNode.Key(newName));
        Place(node, from, to, newName);
        Place(target, to, from, oldName);
        Modified(from);
        Modified(to);
    }

    private void Place(ReferenceNode node, ReferenceNode from, ReferenceNode to, byte[] newName)
    {
        to.Entries.Add(ReferenceNode.Key(newName), node.Record.Number);
        node.Record.ChangeTime = _now();
        if (!node.Record.IsDirectory) return;
        from.Record.LinkCount--;
        to.Record.LinkCount++;
        node.Record.Parent = to.Record.Number;
    }

    private void LeaveWhiteout(ReferenceNode directory, byte[] name, in InodeRecord moved)
    {
        Credentials owner = new(moved.Uid, moved.Gid);
        ReferenceNode node = NewNode(directory, InodeMode.CharacterDevice, 0, owner, 0, []);
        directory.Entries.Add(ReferenceNode.Key(name), node.Record.Number);
    }

    /// <summary>Whether a directory is another one or lies below it.</summary>
    private bool IsWithin(ReferenceNode directory, ReferenceNode ancestor)
    {
        while (directory != ancestor)
        {
            if (directory.Record.Number == InodeNumber.Root) return false;
            directory = _nodes[directory.Record.Parent.Value];
        }

        return true;
    }
}
