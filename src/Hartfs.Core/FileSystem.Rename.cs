using Hartfs.Core.Files;
using Hartfs.Format;

namespace Hartfs.Core;

/// <summary>Moving names.</summary>
public sealed partial class FileSystem
{
    public FsError Rename(InodeNumber oldParent, ReadOnlySpan<byte> oldName, InodeNumber newParent,
        ReadOnlySpan<byte> newName, RenameMode mode)
    {
        FsError error = mode == RenameMode.Whiteout ? EnterGrowth(0) : EnterChange();
        if (error != FsError.None)
            return error;
        using (_gate.EnterChange())
        {
            Node? replaced;
            lock (_treeLock)
            {
                error = PrepareRename(oldParent, oldName, newParent, newName, mode, out RenameNodes nodes);
                if (error != FsError.None || ReferenceEquals(nodes.Moved, nodes.Replaced))
                    return error;
                if (mode == RenameMode.Exchange)
                {
                    Exchange(nodes, oldName, newName);
                    return FsError.None;
                }

                Move(nodes, oldName, newName);
                if (mode == RenameMode.Whiteout)
                    AddWhiteout(nodes, oldName);
                replaced = nodes.Replaced;
            }

            if (replaced is not null)
                Reap(replaced);
            return FsError.None;
        }
    }

    private FsError PrepareRename(InodeNumber oldParent, ReadOnlySpan<byte> oldName, InodeNumber newParent,
        ReadOnlySpan<byte> newName, RenameMode mode, out RenameNodes nodes)
    {
        nodes = default;
        if (!TryGetEntry(oldParent, oldName, out Node moved, out FsError error))
            return error;
        _nodes.TryGet(oldParent, out Node from);
        error = CheckNewName(newParent, newName, out Node to);
        if (error is not (FsError.None or FsError.AlreadyExists))
            return error;
        bool exists = error == FsError.AlreadyExists;
        Node? replaced = null;
        if (exists && !TryGetEntry(newParent, newName, out replaced!, out error))
            return error;

        nodes = new RenameNodes(from, to, moved, replaced);
        if (mode == RenameMode.NoReplace && exists)
            return FsError.AlreadyExists;
        if (mode == RenameMode.Exchange && !exists)
            return FsError.NotFound;
        if (moved.Record.IsDirectory && IsWithin(to, moved))
            return FsError.InvalidArgument;
        if (replaced is null || ReferenceEquals(moved, replaced))
            return FsError.None;
        if (mode == RenameMode.Exchange)
            return replaced.Record.IsDirectory && IsWithin(from, replaced)
                ? FsError.InvalidArgument
                : FsError.None;
        return CheckReplacement(moved, replaced);
    }

    private FsError CheckReplacement(Node moved, Node replaced)
    {
        if (moved.Record.IsDirectory && !replaced.Record.IsDirectory)
            return FsError.NotADirectory;
        if (!moved.Record.IsDirectory && replaced.Record.IsDirectory)
            return FsError.IsADirectory;
        return replaced.Record.IsDirectory && !_metadata.Entries.IsEmpty(replaced.Number)
            ? FsError.DirectoryNotEmpty
            : FsError.None;
    }

    // Whether a directory is another one or lies below it.
    private bool IsWithin(Node directory, Node ancestor)
    {
        while (!ReferenceEquals(directory, ancestor))
        {
            if (directory.Number == InodeNumber.Root || !_nodes.TryGet(directory.Record.Parent, out directory))
                return false;
        }

        return true;
    }

    private void Move(in RenameNodes nodes, ReadOnlySpan<byte> oldName, ReadOnlySpan<byte> newName)
    {
        long now = Now;
        (Node from, Node to, Node moved, Node? replaced) = nodes;
        _metadata.Entries.Remove(from.Number, oldName);
        if (replaced is not null)
        {
            _metadata.Entries.Replace(to.Number, newName, moved.Number, moved.Record.Mode);
            DropLink(replaced, to, now);
        }
        else
        {
            _metadata.Entries.Insert(to.Number, newName, moved.Number, moved.Record.Mode);
        }

        Reparent(moved, from, to);
        moved.Record.ChangeTime = now;
        _nodes.MarkDirty(moved);
        Touch(from, now);
        Touch(to, now);
    }

    private void Exchange(in RenameNodes nodes, ReadOnlySpan<byte> oldName, ReadOnlySpan<byte> newName)
    {
        long now = Now;
        (Node from, Node to, Node moved, Node? other) = nodes;
        _metadata.Entries.Replace(from.Number, oldName, other!.Number, other.Record.Mode);
        _metadata.Entries.Replace(to.Number, newName, moved.Number, moved.Record.Mode);
        Reparent(moved, from, to);
        Reparent(other, to, from);
        moved.Record.ChangeTime = now;
        other.Record.ChangeTime = now;
        _nodes.MarkDirty(moved);
        _nodes.MarkDirty(other);
        Touch(from, now);
        Touch(to, now);
    }

    private static void Reparent(Node node, Node from, Node to)
    {
        if (!node.Record.IsDirectory)
            return;
        from.Record.LinkCount--;
        to.Record.LinkCount++;
        node.Record.Parent = to.Number;
    }

    private void AddWhiteout(in RenameNodes nodes, ReadOnlySpan<byte> name)
    {
        var owner = new Credentials(nodes.Moved.Record.Uid, nodes.Moved.Record.Gid);
        Node whiteout = NewNode(nodes.From, new NewInode(InodeMode.CharacterDevice, 0, 0, owner));
        _metadata.Entries.Insert(nodes.From.Number, name, whiteout.Number, whiteout.Record.Mode);
    }

    private readonly record struct RenameNodes(Node From, Node To, Node Moved, Node? Replaced);
}
