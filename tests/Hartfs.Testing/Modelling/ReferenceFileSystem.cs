using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Testing.Modelling;

/// <summary>
/// What a volume should do, in memory and as plainly as possible: the model that the product is compared with.
/// Written from POSIX and the Linux manuals, not from the product. Not thread-safe.
/// </summary>
public sealed partial class ReferenceFileSystem : IFileTree
{
    private readonly Dictionary<long, ReferenceNode> _nodes = [];
    private readonly Func<long> _now;
    private long _nextNumber = 2;

    /// <summary>An empty tree with the root that a new volume has.</summary>
    /// <param name="now">The clock, nanoseconds since 1970-01-01 UTC.</param>
    /// <param name="root">The root's record, taken from the volume: its owner and times are the volume's
    /// business.</param>
    public ReferenceFileSystem(Func<long> now, InodeRecord root)
    {
        _now = now;
        root.Number = root.Parent = InodeNumber.Root;
        _nodes[InodeNumber.Root.Value] = new ReferenceNode { Record = root };
    }

    private ReferenceFileSystem(ReferenceFileSystem other, bool namedOnly)
    {
        _now = other._now;
        _nextNumber = other._nextNumber;
        foreach ((long number, ReferenceNode node) in other._nodes)
        {
            if (namedOnly && node.Record.LinkCount == 0) continue;
            _nodes[number] = node.Clone();
            _nodes[number].References = namedOnly ? 0 : node.References;
        }
    }

    /// <summary>A copy with all its references.</summary>
    public ReferenceFileSystem Clone() => new(this, namedOnly: false);

    /// <summary>The tree as a crash or a clean unmount leaves it: unnamed inodes and references are gone.</summary>
    public ReferenceFileSystem CloneNamed() => new(this, namedOnly: true);

    public FsError Lookup(InodeNumber parent, byte[] name, out InodeRecord inode)
    {
        inode = default;
        if (FindDirectory(parent, out ReferenceNode directory) is var error and not FsError.None) return error;
        if (name.Length > Limits.NameBytesMax) return FsError.NameTooLong;
        if (!directory.Entries.TryGetValue(ReferenceNode.Key(name), out InodeNumber number)) return FsError.NotFound;
        return Refer(number, out inode);
    }

    public FsError LookupParent(InodeNumber directory, out InodeRecord inode)
    {
        inode = default;
        FsError error = FindDirectory(directory, out ReferenceNode node);
        return error == FsError.None ? Refer(node.Record.Parent, out inode) : error;
    }

    public void Forget(InodeNumber inode, long count)
    {
        if (inode == InodeNumber.Root || !_nodes.TryGetValue(inode.Value, out ReferenceNode? node)) return;
        node.References -= count;
        if (node.References <= 0 && node.Record.LinkCount == 0) _nodes.Remove(inode.Value);
    }

    public FsError Create(InodeNumber parent, byte[] name, int mode, int umask, uint device,
        Credentials credentials, out InodeRecord inode) =>
        Make(parent, name, mode, umask, credentials, device, [], out inode);

    public FsError MakeDirectory(InodeNumber parent, byte[] name, int mode, int umask, Credentials credentials,
        out InodeRecord inode) =>
        Make(parent, name, (mode & InodeMode.PermissionMask) | InodeMode.Directory, umask, credentials, 0, [],
            out inode);

    public FsError MakeSymbolicLink(InodeNumber parent, byte[] name, byte[] target, Credentials credentials,
        out InodeRecord inode)
    {
        inode = default;
        if (target.Length == 0) return FsError.NotFound;
        if (target.Length > Limits.SymlinkBytesMax) return FsError.NameTooLong;
        return Make(parent, name, InodeMode.SymbolicLink | 0x1FF, 0, credentials, 0, target, out inode);
    }

    public FsError CreateUnnamed(InodeNumber parent, int mode, int umask, Credentials credentials,
        out InodeRecord inode)
    {
        inode = default;
        if (FindDirectory(parent, out ReferenceNode directory) is var error and not FsError.None) return error;
        mode = (mode & InodeMode.PermissionMask) | InodeMode.RegularFile;
        ReferenceNode node = NewNode(directory, mode, umask, credentials, 0, []);
        node.Record.LinkCount = 0;
        return Refer(node.Record.Number, out inode);
    }

    public FsError ReadSymbolicLink(InodeNumber inode, out byte[] target)
    {
        target = [];
        if (Find(inode, out ReferenceNode node) is var error and not FsError.None) return error;
        if (!InodeMode.IsSymbolicLink(node.Record.Mode)) return FsError.InvalidArgument;
        target = node.Target;
        return FsError.None;
    }

    public FsError Link(InodeNumber inode, InodeNumber newParent, byte[] newName, out InodeRecord attributes)
    {
        attributes = default;
        if (Find(inode, out ReferenceNode node) is var error and not FsError.None) return error;
        if (FindForNewName(newParent, newName, out ReferenceNode parent) is var failure and not FsError.None)
            return failure;
        if (node.Record.IsDirectory) return FsError.NotPermitted;
        node.Record.LinkCount++;
        node.Record.ChangeTime = _now();
        parent.Entries.Add(ReferenceNode.Key(newName), inode);
        Modified(parent);
        return Refer(inode, out attributes);
    }

    public FsError Unlink(InodeNumber parent, byte[] name)
    {
        if (FindEntry(parent, name, out ReferenceNode directory, out ReferenceNode node) is var error and
            not FsError.None)
            return error;
        if (node.Record.IsDirectory) return FsError.IsADirectory;
        directory.Entries.Remove(ReferenceNode.Key(name));
        Modified(directory);
        Unname(node);
        return FsError.None;
    }

    public FsError RemoveDirectory(InodeNumber parent, byte[] name)
    {
        if (FindEntry(parent, name, out ReferenceNode directory, out ReferenceNode node) is var error and
            not FsError.None)
            return error;
        if (!node.Record.IsDirectory) return FsError.NotADirectory;
        if (node.Entries.Count > 0) return FsError.DirectoryNotEmpty;
        directory.Entries.Remove(ReferenceNode.Key(name));
        directory.Record.LinkCount--;
        Modified(directory);
        Unname(node);
        return FsError.None;
    }

    public FsError List(InodeNumber directory, out List<(byte[] Name, InodeRecord Inode)> entries)
    {
        entries = [];
        if (FindDirectory(directory, out ReferenceNode node) is var error and not FsError.None) return error;
        foreach ((string name, InodeNumber number) in node.Entries)
            entries.Add((System.Text.Encoding.Latin1.GetBytes(name), _nodes[number.Value].Record));
        TouchAccess(node);
        return FsError.None;
    }

    private FsError Make(InodeNumber parent, byte[] name, int mode, int umask, Credentials credentials, uint device,
        byte[] target, out InodeRecord inode)
    {
        inode = default;
        if (FindForNewName(parent, name, out ReferenceNode directory) is var error and not FsError.None)
            return error;
        ReferenceNode node = NewNode(directory, mode, umask, credentials, device, target);
        directory.Entries.Add(ReferenceNode.Key(name), node.Record.Number);
        if (node.Record.IsDirectory) directory.Record.LinkCount++;
        Modified(directory);
        return Refer(node.Record.Number, out inode);
    }

    private ReferenceNode NewNode(ReferenceNode parent, int mode, int umask, Credentials credentials, uint device,
        byte[] target)
    {
        bool isDirectory = InodeMode.IsDirectory(mode);
        ReferenceNode node = new() { Target = target };
        if (parent.Xattrs.TryGetValue(ReferenceAcl.Default, out byte[]? acl) && !InodeMode.IsSymbolicLink(mode))
        {
            (int bits, byte[]? access) = ReferenceAcl.Inherit(acl, mode);
            mode = (mode & InodeMode.TypeMask) | bits;
            if (access != null) node.Xattrs[ReferenceAcl.Access] = access;
            if (isDirectory) node.Xattrs[ReferenceAcl.Default] = acl;
        }
        else if (!InodeMode.IsSymbolicLink(mode)) mode &= ~(umask & 0x1FF);

        bool inheritsGroup = (parent.Record.Mode & InodeMode.SetGroupId) != 0;
        if (inheritsGroup && isDirectory) mode |= InodeMode.SetGroupId;
        long now = _now();
        node.Record = new InodeRecord
        {
            Number = new InodeNumber(_nextNumber++),
            Mode = mode,
            Uid = credentials.Uid,
            Gid = inheritsGroup ? parent.Record.Gid : credentials.Gid,
            LinkCount = isDirectory ? 2u : 1u,
            Size = target.Length,
            Device = InodeMode.IsDevice(mode) ? device : 0,
            AccessTime = now,
            ModifyTime = now,
            ChangeTime = now,
            BirthTime = now,
            Parent = isDirectory ? parent.Record.Number : default,
        };
        _nodes[node.Record.Number.Value] = node;
        return node;
    }

    private void Unname(ReferenceNode node)
    {
        node.Record.LinkCount = node.Record.IsDirectory ? 0 : node.Record.LinkCount - 1;
        node.Record.ChangeTime = _now();
        if (node.Record.LinkCount == 0 && node.References <= 0) _nodes.Remove(node.Record.Number.Value);
    }

    private void Modified(ReferenceNode node) => node.Record.ModifyTime = node.Record.ChangeTime = _now();

    private FsError Refer(InodeNumber number, out InodeRecord inode)
    {
        ReferenceNode node = _nodes[number.Value];
        node.References++;
        inode = node.Record;
        return FsError.None;
    }

    private FsError Find(InodeNumber number, out ReferenceNode node) =>
        _nodes.TryGetValue(number.Value, out node!) ? FsError.None : FsError.Stale;

    private FsError FindDirectory(InodeNumber number, out ReferenceNode node)
    {
        FsError error = Find(number, out node);
        return error == FsError.None && !node.Record.IsDirectory ? FsError.NotADirectory : error;
    }

    private FsError FindEntry(InodeNumber parent, byte[] name, out ReferenceNode directory, out ReferenceNode node)
    {
        node = null!;
        if (FindDirectory(parent, out directory) is var error and not FsError.None) return error;
        if (name.Length > Limits.NameBytesMax) return FsError.NameTooLong;
        if (!directory.Entries.TryGetValue(ReferenceNode.Key(name), out InodeNumber number)) return FsError.NotFound;
        return Find(number, out node);
    }

    private FsError FindForNewName(InodeNumber parent, byte[] name, out ReferenceNode directory)
    {
        if (FindDirectory(parent, out directory) is var error and not FsError.None) return error;
        if (name.Length > Limits.NameBytesMax) return FsError.NameTooLong;
        if (directory.Record.LinkCount == 0) return FsError.NotFound;
        return directory.Entries.ContainsKey(ReferenceNode.Key(name)) ? FsError.AlreadyExists : FsError.None;
    }
}
