using System.Text;
using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Testing.Modelling;

/// <summary>Carries operations out on a tree: resolves paths, holds the slots, gives references back.</summary>
public sealed class TreeRunner(IFileTree tree)
{
    private readonly InodeNumber?[] _slots = new InodeNumber?[Operation.SlotCount];

    public IFileTree Tree => tree;

    /// <summary>A runner on a copy of the tree, with the same slots.</summary>
    public TreeRunner With(IFileTree copy)
    {
        TreeRunner runner = new(copy);
        _slots.CopyTo(runner._slots, 0);
        return runner;
    }

    /// <summary>Reads one byte of an operation's inode; -1 when it cannot be read.</summary>
    public int ReadByte(Operation operation, long offset)
    {
        byte[] one = new byte[1];
        if (Target(operation.Slot, operation.Path, out InodeNumber inode, out bool counted) != FsError.None)
            return -1;
        FsError error = tree.Read(inode, offset, one, out int count);
        if (counted) Release(inode);
        return error == FsError.None && count == 1 ? one[0] : -1;
    }

    /// <summary>Gives back what the slots hold.</summary>
    public void CloseAll()
    {
        for (int slot = 0; slot < _slots.Length; slot++) Hold(slot, null);
    }

    public Outcome Apply(Operation operation)
    {
        switch (operation.Kind)
        {
            case OperationKind.Create or OperationKind.MakeNode or OperationKind.MakeDirectory
                or OperationKind.MakeSymbolicLink:
                return Make(operation);
            case OperationKind.CreateUnnamed:
                return OnDirectory(operation);
            case OperationKind.Close:
                Hold(operation.Slot, null);
                return new Outcome(FsError.None);
            case OperationKind.Unlink or OperationKind.RemoveDirectory:
                return Remove(operation);
            case OperationKind.Rename:
                return Rename(operation);
            case OperationKind.Open:
                FsError failure = Resolve(operation.Path, out InodeRecord opened);
                if (failure == FsError.None) Hold(operation.Slot, opened.Number);
                return new Outcome(failure);
        }

        FsError error = Target(operation.Slot, operation.Path, out InodeNumber inode, out bool counted);
        if (error != FsError.None) return new Outcome(error);
        try
        {
            return OnInode(operation, inode);
        }
        finally
        {
            if (counted) Release(inode);
        }
    }

    private Outcome Make(Operation operation)
    {
        FsError error = ResolveParent(operation.Path, out InodeNumber parent, out byte[] name);
        if (error != FsError.None) return new Outcome(error);
        Credentials owner = new(operation.Uid, operation.Gid);
        InodeRecord inode;
        error = operation.Kind switch
        {
            OperationKind.Create => tree.Create(parent, name, operation.Mode | InodeMode.RegularFile,
                operation.Umask, 0, owner, out inode),
            OperationKind.MakeNode => tree.Create(parent, name, operation.Mode, operation.Umask,
                (uint)operation.Length, owner, out inode),
            OperationKind.MakeDirectory => tree.MakeDirectory(parent, name, operation.Mode | InodeMode.Directory,
                operation.Umask, owner, out inode),
            _ => tree.MakeSymbolicLink(parent, name, Encoding.Latin1.GetBytes(operation.Path2), owner, out inode),
        };
        Release(parent);
        if (error != FsError.None) return new Outcome(error);
        Release(inode.Number);
        return new Outcome(error, Outcome.Describe(inode));
    }

    private Outcome OnDirectory(Operation operation)
    {
        FsError error = Resolve(operation.Path, out InodeRecord directory);
        if (error != FsError.None) return new Outcome(error);
        error = tree.CreateUnnamed(directory.Number, operation.Mode, operation.Umask, default, out InodeRecord inode);
        Release(directory.Number);
        if (error != FsError.None) return new Outcome(error);
        Hold(operation.Slot, inode.Number);
        return new Outcome(error, Outcome.Describe(inode));
    }

    private Outcome Remove(Operation operation)
    {
        FsError error = ResolveParent(operation.Path, out InodeNumber parent, out byte[] name);
        if (error != FsError.None) return new Outcome(error);
        error = operation.Kind == OperationKind.Unlink
            ? tree.Unlink(parent, name)
            : tree.RemoveDirectory(parent, name);
        Release(parent);
        return new Outcome(error);
    }

    private Outcome Rename(Operation operation)
    {
        FsError error = ResolveParent(operation.Path, out InodeNumber oldParent, out byte[] oldName);
        if (error != FsError.None) return new Outcome(error);
        error = ResolveParent(operation.Path2, out InodeNumber newParent, out byte[] newName);
        if (error == FsError.None)
        {
            error = tree.Rename(oldParent, oldName, newParent, newName, (RenameMode)operation.Mode);
            Release(newParent);
        }

        Release(oldParent);
        return new Outcome(error);
    }

    private Outcome OnInode(Operation operation, InodeNumber inode)
    {
        switch (operation.Kind)
        {
            case OperationKind.Link:
                return Link(operation, inode);
            case OperationKind.CopyRange:
                return CopyRange(operation, inode);
            case OperationKind.Write:
                return After(inode, tree.Write(inode, operation.Offset, operation.Content.ToBytes(),
                    operation.KillPrivileges, !operation.KeepsTimes));
            case OperationKind.Read:
                byte[] buffer = new byte[operation.Length];
                FsError error = tree.Read(inode, operation.Offset, buffer, out int count);
                return new Outcome(error, "", buffer[..count]);
            case OperationKind.Allocate:
                return After(inode, tree.Allocate(inode, (AllocateMode)operation.Mode, operation.Offset,
                    operation.Length));
            case OperationKind.Seek:
                error = tree.Seek(inode, operation.Offset, operation.Mode != 0, out long position);
                return new Outcome(error, "", null, position);
            case OperationKind.List:
                return List(inode);
            case OperationKind.ReadSymbolicLink:
                error = tree.ReadSymbolicLink(inode, out byte[] target);
                return new Outcome(error, "", target);
            case OperationKind.Flush:
                return new Outcome(tree.Flush(inode));
            case OperationKind.Synchronize:
                return new Outcome(tree.Synchronize(inode));
            case OperationKind.SetXattr or OperationKind.GetXattr or OperationKind.ListXattrs
                or OperationKind.RemoveXattr:
                return OnXattr(operation, inode);
            case OperationKind.GetAttributes:
                return After(inode, FsError.None);
            default:
                error = tree.SetAttributes(inode, ChangeOf(operation), out InodeRecord changed);
                return new Outcome(error, error == FsError.None ? Outcome.Describe(changed) : "", null,
                    operation.Kind == OperationKind.ChangeTimes ? changed.AccessTime & -(operation.Mode & 1) : 0);
        }
    }

    private Outcome Link(Operation operation, InodeNumber inode)
    {
        FsError error = ResolveParent(operation.Path2, out InodeNumber parent, out byte[] name);
        if (error != FsError.None) return new Outcome(error);
        error = tree.Link(inode, parent, name, out InodeRecord attributes);
        Release(parent);
        if (error != FsError.None) return new Outcome(error);
        Release(inode);
        return new Outcome(error, Outcome.Describe(attributes));
    }

    private Outcome CopyRange(Operation operation, InodeNumber source)
    {
        FsError error = Target(operation.Slot2, operation.Path2, out InodeNumber target, out bool counted);
        if (error != FsError.None) return new Outcome(error);
        error = tree.CopyRange(source, operation.Offset, target, operation.Offset2, operation.Length,
            out long copied);
        Outcome after = After(target, error);
        if (counted) Release(target);
        return after with { Number = copied };
    }

    private Outcome OnXattr(Operation operation, InodeNumber inode)
    {
        byte[] name = Encoding.Latin1.GetBytes(operation.XattrName);
        switch (operation.Kind)
        {
            case OperationKind.GetXattr:
                FsError error = tree.GetXattr(inode, name, out byte[] value);
                return new Outcome(error, "", value);
            case OperationKind.ListXattrs:
                error = tree.ListXattrs(inode, out List<byte[]> names);
                return new Outcome(error, string.Join(' ', names.Select(Encoding.Latin1.GetString).Order()));
            case OperationKind.RemoveXattr:
                return After(inode, tree.RemoveXattr(inode, name));
            default:
                bool isAcl = operation.XattrName is ReferenceAcl.Access or ReferenceAcl.Default;
                byte[] content = isAcl ? AclOf((int)operation.Length) : operation.Content.ToBytes();
                return After(inode, tree.SetXattr(inode, name, content, (XattrMode)operation.Mode,
                    operation.KillPrivileges));
        }
    }

    private Outcome List(InodeNumber directory)
    {
        FsError error = tree.List(directory, out List<(byte[] Name, InodeRecord Inode)> entries);
        IEnumerable<string> lines = entries.Select(entry =>
            Encoding.Latin1.GetString(entry.Name) + ":" + Convert.ToString(entry.Inode.Mode & InodeMode.TypeMask, 8));
        return new Outcome(error, string.Join(' ', lines.Order(StringComparer.Ordinal)));
    }

    /// <summary>The attributes that an operation left behind, so that each is compared at once.</summary>
    private Outcome After(InodeNumber inode, FsError error)
    {
        if (error != FsError.None) return new Outcome(error);
        error = tree.GetAttributes(inode, out InodeRecord attributes);
        return new Outcome(error, error == FsError.None ? Outcome.Describe(attributes) : "");
    }

    private static AttributeChange ChangeOf(Operation operation)
    {
        AttributeChange change = new()
        {
            Mode = operation.Mode,
            Uid = operation.Uid,
            Gid = operation.Gid,
            Size = operation.Length,
            AccessTime = operation.Time,
            ModifyTime = operation.Time + 1,
            Fields = operation.Kind switch
            {
                OperationKind.Truncate => AttributeFields.Size,
                OperationKind.ChangeMode => AttributeFields.Mode,
                OperationKind.ChangeOwner => AttributeFields.Uid | AttributeFields.Gid,
                OperationKind.ChangeTimes =>
                    (AttributeFields)((int)AttributeFields.AccessTime * (operation.Mode & 3)),
                _ => throw new ArgumentOutOfRangeException(nameof(operation)),
            },
        };
        if (operation.KillPrivileges) change.Fields |= AttributeFields.KillPrivileges;
        return change;
    }

    private static byte[] AclOf(int seed)
    {
        Random random = new(seed);
        (int, uint, int)[] named = [.. Enumerable.Range(0, random.Next(4)).Select(i =>
            (i % 2 == 0 ? ReferenceAcl.User : ReferenceAcl.Group, (uint)(1000 + i), random.Next(8)))];
        int? mask = named.Length > 0 || random.Next(3) == 0 ? random.Next(8) : null;
        return ReferenceAcl.Build(random.Next(8), random.Next(8), random.Next(8), mask, named);
    }

    private FsError Target(int slot, string path, out InodeNumber inode, out bool counted)
    {
        inode = default;
        counted = slot < 0;
        if (slot >= 0)
        {
            if (_slots[slot] is not { } held) return FsError.NotFound;
            inode = held;
            return FsError.None;
        }

        FsError error = Resolve(path, out InodeRecord record);
        inode = record.Number;
        return error;
    }

    private FsError Resolve(string path, out InodeRecord inode)
    {
        inode = default;
        FsError error = ResolveParent(path, out InodeNumber parent, out byte[] name);
        if (error != FsError.None) return error;
        error = tree.Lookup(parent, name, out inode);
        Release(parent);
        return error;
    }

    /// <summary>Counts a reference on the parent.</summary>
    private FsError ResolveParent(string path, out InodeNumber parent, out byte[] name)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        name = Encoding.Latin1.GetBytes(parts[^1]);
        FsError error = tree.GetAttributes(InodeNumber.Root, out InodeRecord directory);
        parent = InodeNumber.Root;
        foreach (string part in parts[..^1])
        {
            error = tree.Lookup(parent, Encoding.Latin1.GetBytes(part), out directory);
            Release(parent);
            if (error != FsError.None) return error;
            parent = directory.Number;
        }

        return error;
    }

    private void Hold(int slot, InodeNumber? inode)
    {
        if (_slots[slot] is { } held) Release(held);
        _slots[slot] = inode;
    }

    /// <summary>The root is never looked up by name, so it is never given back.</summary>
    private void Release(InodeNumber inode)
    {
        if (inode != InodeNumber.Root) tree.Forget(inode, 1);
    }
}
