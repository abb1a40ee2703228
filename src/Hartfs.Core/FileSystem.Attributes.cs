using Hartfs.Core.Access;
using Hartfs.Core.Files;
using Hartfs.Format;

namespace Hartfs.Core;

/// <summary>Changing attributes, truncation included.</summary>
public sealed partial class FileSystem
{
    /// <summary>Applies a change, truncation included, as a whole. Does not count a reference.</summary>
    public FsError SetAttributes(InodeNumber inode, in AttributeChange change, out InodeRecord attributes)
    {
        attributes = default;
        FsError error = EnterChange();
        if (error != FsError.None)
            return error;
        using (_gate.EnterChange())
        {
            if ((change.Fields & AttributeFields.Size) == 0)
            {
                lock (_treeLock)
                    return Apply(inode, change, out attributes);
            }

            if (change.Size < 0)
                return FsError.InvalidArgument;
            error = TryGetFile(inode, out Node node, out FileData data);
            if (error != FsError.None)
                return error;
            lock (data.DrainLock)
                lock (data.Lock)
                    lock (_treeLock)
                    {
                        Resize(node, data, change.Size);
                        return Apply(inode, change, out attributes);
                    }
        }
    }

    private FsError Apply(InodeNumber inode, in AttributeChange change, out InodeRecord attributes)
    {
        attributes = default;
        if (!_nodes.TryGet(inode, out Node node))
            return FsError.Stale;
        ref InodeRecord record = ref node.Record;
        AttributeFields fields = change.Fields;
        long now = Now;
        if ((fields & AttributeFields.KillPrivileges) != 0)
            KillPrivileges(node);
        if ((fields & AttributeFields.Mode) != 0)
            ChangeMode(node, change.Mode);
        if ((fields & AttributeFields.Uid) != 0)
            record.Uid = change.Uid;
        if ((fields & AttributeFields.Gid) != 0)
            record.Gid = change.Gid;
        if ((fields & (AttributeFields.Uid | AttributeFields.Gid)) != 0)
            DropCapability(node);
        if ((fields & AttributeFields.Size) != 0)
        {
            DropCapability(node);
            record.ModifyTime = now;
        }

        if ((fields & AttributeFields.AccessTime) != 0)
            record.AccessTime = change.AccessTime;
        if ((fields & AttributeFields.ModifyTime) != 0)
            record.ModifyTime = change.ModifyTime;
        if ((fields & AttributeFields.BirthTime) != 0)
            record.BirthTime = change.BirthTime;
        if ((fields & AttributeFields.WindowsAttributes) != 0)
            record.WindowsAttributes = change.WindowsAttributes;
        record.ChangeTime = (fields & AttributeFields.ChangeTime) != 0 ? change.ChangeTime : now;
        _nodes.MarkDirty(node);
        attributes = Attributes(node);
        return FsError.None;
    }

    private void ChangeMode(Node node, int mode)
    {
        node.Record.Mode = (node.Record.Mode & InodeMode.TypeMask) | (mode & InodeMode.PermissionMask);
        if ((node.Record.Flags & InodeFlags.HasAccessAcl) == 0 ||
            ReadXattr(node, PosixAcl.AccessName) is not { } acl)
            return;
        PosixAcl.ApplyMode(acl, node.Record.Mode);
        _metadata.Xattrs.Set(node.Number, PosixAcl.AccessName, acl);
    }

    // What the kernel asks for when somebody other than the owner changes a file (HANDLE_KILLPRIV_V2). The bits of a
    // directory are no privileges: Linux keeps them.
    private void KillPrivileges(Node node)
    {
        if (node.Record.IsDirectory)
            return;
        int mode = node.Record.Mode & ~InodeMode.SetUserId;
        if ((mode & InodeMode.GroupExecute) != 0)
            mode &= ~InodeMode.SetGroupId;
        node.Record.Mode = mode;
        DropCapability(node);
        _nodes.MarkDirty(node);
    }

    private void DropCapability(Node node)
    {
        if ((node.Record.Flags & InodeFlags.HasCapability) != 0)
            RemoveXattr(node, CapabilityName);
    }

    // The caller holds drain, data and tree lock.
    private void Resize(Node node, FileData data, long size)
    {
        if (size < node.Record.Size)
        {
            long before = data.Dirty.CapacityBytes;
            data.Dirty.Remove(size, long.MaxValue);
            _volume.Budget.Adjust(data.Dirty.CapacityBytes - before);
            if (!node.IsNew)
                node.Record.AllocatedBytes += _metadata.Extents.Truncate(node.Number, size);
            data.Window.Invalidate();
        }

        node.Record.Size = size;
        _nodes.MarkDirty(node);
    }
}
