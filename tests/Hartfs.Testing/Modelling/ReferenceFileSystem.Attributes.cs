using System.Text;
using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Testing.Modelling;

public sealed partial class ReferenceFileSystem
{
    public FsError GetAttributes(InodeNumber inode, out InodeRecord attributes)
    {
        FsError error = Find(inode, out ReferenceNode node);
        attributes = error == FsError.None ? node.Record : default;
        return error;
    }

    public FsError SetAttributes(InodeNumber inode, in AttributeChange change, out InodeRecord attributes)
    {
        attributes = default;
        if (Find(inode, out ReferenceNode node) is var error and not FsError.None) return error;
        AttributeFields fields = change.Fields;
        ref InodeRecord record = ref node.Record;
        if (fields.HasFlag(AttributeFields.Size))
        {
            if (FindFile(inode, out _) is var failure and not FsError.None) return failure;
            if (change.Size < 0) return FsError.InvalidArgument;
            if (change.Size < record.Size) node.Data.Clear(change.Size, record.Size);
            record.Size = change.Size;
            record.ModifyTime = _now();
        }

        if (fields.HasFlag(AttributeFields.Uid)) record.Uid = change.Uid;
        if (fields.HasFlag(AttributeFields.Gid)) record.Gid = change.Gid;
        if (fields.HasFlag(AttributeFields.Mode)) ChangeMode(node, change.Mode);
        if (fields.HasFlag(AttributeFields.KillPrivileges)) KillPrivileges(node);
        if (fields.HasFlag(AttributeFields.AccessTime)) record.AccessTime = change.AccessTime;
        if (fields.HasFlag(AttributeFields.ModifyTime)) record.ModifyTime = change.ModifyTime;
        if (fields.HasFlag(AttributeFields.BirthTime)) record.BirthTime = change.BirthTime;
        if (fields.HasFlag(AttributeFields.WindowsAttributes)) record.WindowsAttributes = change.WindowsAttributes;
        record.ChangeTime = fields.HasFlag(AttributeFields.ChangeTime) ? change.ChangeTime : _now();
        attributes = record;
        return FsError.None;
    }

    public FsError GetXattr(InodeNumber inode, byte[] name, out byte[] value)
    {
        value = [];
        if (Find(inode, out ReferenceNode node) is var error and not FsError.None) return error;
        if (!node.Xattrs.TryGetValue(ReferenceNode.Key(name), out byte[]? found)) return FsError.NoSuchAttribute;
        value = found;
        return FsError.None;
    }

    public FsError ListXattrs(InodeNumber inode, out List<byte[]> names)
    {
        names = [];
        if (Find(inode, out ReferenceNode node) is var error and not FsError.None) return error;
        names = [.. node.Xattrs.Keys.Select(Encoding.Latin1.GetBytes)];
        return FsError.None;
    }

    public FsError SetXattr(InodeNumber inode, byte[] name, byte[] value, XattrMode mode, bool killSetGroupId)
    {
        if (Find(inode, out ReferenceNode node) is var error and not FsError.None) return error;
        string key = ReferenceNode.Key(name);
        bool exists = node.Xattrs.ContainsKey(key);
        if (value.Length > Limits.XattrValueBytesMax) return FsError.ValueTooLarge;
        if (mode == XattrMode.CreateOnly && exists) return FsError.AlreadyExists;
        if (mode == XattrMode.ReplaceOnly && !exists) return FsError.NoSuchAttribute;
        if (key == ReferenceAcl.Default && !node.Record.IsDirectory) return FsError.AccessDenied;
        if (key == ReferenceAcl.Access) SetAccessAcl(node, value);
        else node.Xattrs[key] = value;
        if (killSetGroupId) node.Record.Mode &= ~InodeMode.SetGroupId;
        node.Record.ChangeTime = _now();
        return FsError.None;
    }

    public FsError RemoveXattr(InodeNumber inode, byte[] name)
    {
        if (Find(inode, out ReferenceNode node) is var error and not FsError.None) return error;
        if (!node.Xattrs.Remove(ReferenceNode.Key(name))) return FsError.NoSuchAttribute;
        node.Record.ChangeTime = _now();
        return FsError.None;
    }

    private static void SetAccessAcl(ReferenceNode node, byte[] acl)
    {
        (int bits, bool isMinimal) = ReferenceAcl.ToMode(acl);
        node.Record.Mode = (node.Record.Mode & ~0x1FF) | bits;
        if (isMinimal) node.Xattrs.Remove(ReferenceAcl.Access);
        else node.Xattrs[ReferenceAcl.Access] = acl;
    }

    private static void ChangeMode(ReferenceNode node, int mode)
    {
        node.Record.Mode = (node.Record.Mode & InodeMode.TypeMask) | (mode & InodeMode.PermissionMask);
        if (node.Xattrs.TryGetValue(ReferenceAcl.Access, out byte[]? acl))
            node.Xattrs[ReferenceAcl.Access] = ReferenceAcl.WithMode(acl, mode);
    }

    private static void KillPrivileges(ReferenceNode node)
    {
        if (node.Record.IsDirectory) return;
        node.Record.Mode &= ~InodeMode.SetUserId;
        if ((node.Record.Mode & InodeMode.GroupExecute) != 0) node.Record.Mode &= ~InodeMode.SetGroupId;
    }
}
