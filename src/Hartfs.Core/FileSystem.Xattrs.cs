using Hartfs.Core.Access;
using Hartfs.Core.Files;
using Hartfs.Format;
using Hartfs.Metadata.Tables;

namespace Hartfs.Core;

/// <summary>Extended attributes, POSIX ACLs among them.</summary>
public sealed partial class FileSystem
{
    private static ReadOnlySpan<byte> CapabilityName => "security.capability"u8;

    /// <summary>Reads an extended attribute. An empty buffer asks for the length alone.</summary>
    public FsError GetXattr(InodeNumber inode, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        length = 0;
        lock (_treeLock)
        {
            if (!_nodes.TryGet(inode, out Node node))
                return FsError.Stale;
            if ((node.Record.Flags & InodeFlags.HasXattrs) == 0 ||
                !_metadata.Xattrs.TryGet(inode, name, buffer, out length))
                return FsError.NoSuchAttribute;
            return !buffer.IsEmpty && length > buffer.Length ? FsError.BufferTooSmall : FsError.None;
        }
    }

    /// <summary>The names, each with a NUL behind it. An empty buffer asks for the length alone.</summary>
    public FsError ListXattrs(InodeNumber inode, Span<byte> buffer, out int length)
    {
        length = 0;
        lock (_treeLock)
        {
            if (!_nodes.TryGet(inode, out Node node))
                return FsError.Stale;
            if ((node.Record.Flags & InodeFlags.HasXattrs) == 0)
                return FsError.None;
            length = ListNames(inode, buffer);
            return !buffer.IsEmpty && length > buffer.Length ? FsError.BufferTooSmall : FsError.None;
        }
    }

    /// <summary>Sets an extended attribute.</summary>
    /// <param name="killSetGroupId">Clear set-group-id with it (an ACL set by one outside the group).</param>
    public FsError SetXattr(InodeNumber inode, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, XattrMode mode,
        bool killSetGroupId)
    {
        if (name.IsEmpty || name.Length > Limits.XattrNameBytesMax)
            return FsError.InvalidArgument;
        if (value.Length > Limits.XattrValueBytesMax)
            return FsError.ValueTooLarge;
        if (!IsKnownNamespace(name))
            return FsError.NotSupported;
        FsError error = EnterGrowth(value.Length);
        if (error != FsError.None)
            return error;
        using (_gate.EnterChange())
            lock (_treeLock)
            {
                if (!_nodes.TryGet(inode, out Node node))
                    return FsError.Stale;
                bool exists = (node.Record.Flags & InodeFlags.HasXattrs) != 0 &&
                    _metadata.Xattrs.TryGet(inode, name, default, out _);
                if (mode == XattrMode.CreateOnly && exists)
                    return FsError.AlreadyExists;
                if (mode == XattrMode.ReplaceOnly && !exists)
                    return FsError.NoSuchAttribute;
                error = StoreXattr(node, name, value);
                if (error != FsError.None)
                    return error;
                if (killSetGroupId)
                    node.Record.Mode &= ~InodeMode.SetGroupId;
                node.Record.ChangeTime = Now;
                _nodes.MarkDirty(node);
                return FsError.None;
            }
    }

    // What xattr(7) knows; elsewhere such an attribute could not be set, so that no copy of it would be whole.
    private static bool IsKnownNamespace(ReadOnlySpan<byte> name) =>
        name.StartsWith("user."u8) || name.StartsWith("trusted."u8) || name.StartsWith("security."u8) ||
        name.SequenceEqual(PosixAcl.AccessName) || name.SequenceEqual(PosixAcl.DefaultName);

    public FsError RemoveXattr(InodeNumber inode, ReadOnlySpan<byte> name)
    {
        FsError error = EnterChange();
        if (error != FsError.None)
            return error;
        using (_gate.EnterChange())
            lock (_treeLock)
            {
                if (!_nodes.TryGet(inode, out Node node))
                    return FsError.Stale;
                if (!RemoveXattr(node, name))
                    return FsError.NoSuchAttribute;
                node.Record.ChangeTime = Now;
                _nodes.MarkDirty(node);
                return FsError.None;
            }
    }

    private FsError StoreXattr(Node node, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        bool isAccess = name.SequenceEqual(PosixAcl.AccessName);
        bool isDefault = name.SequenceEqual(PosixAcl.DefaultName);
        if (isAccess || isDefault)
        {
            if (!PosixAcl.IsValid(value))
                return FsError.InvalidArgument;
            if (isDefault && !node.Record.IsDirectory)
                return FsError.AccessDenied;
        }

        if (isAccess)
        {
            node.Record.Mode = PosixAcl.ToMode(value, node.Record.Mode);
            if (PosixAcl.IsMinimal(value))
            {
                RemoveXattr(node, name);
                return FsError.None;
            }
        }

        _metadata.Xattrs.Set(node.Number, name, value);
        node.Record.Flags |= InodeFlags.HasXattrs | FlagOf(name);
        return FsError.None;
    }

    private bool RemoveXattr(Node node, ReadOnlySpan<byte> name)
    {
        if ((node.Record.Flags & InodeFlags.HasXattrs) == 0 || !_metadata.Xattrs.Remove(node.Number, name))
            return false;
        node.Record.Flags &= ~FlagOf(name);
        if (ListNames(node.Number, default) == 0)
            node.Record.Flags &= ~InodeFlags.HasXattrs;
        _nodes.MarkDirty(node);
        return true;
    }

    private byte[]? ReadXattr(Node node, ReadOnlySpan<byte> name)
    {
        if (!_metadata.Xattrs.TryGet(node.Number, name, default, out int length))
            return null;
        byte[] value = new byte[length];
        _metadata.Xattrs.TryGet(node.Number, name, value, out _);
        return value;
    }

    private int ListNames(InodeNumber inode, Span<byte> buffer)
    {
        using XattrCursor names = _metadata.Xattrs.List(inode);
        return CopyNames(names, buffer);
    }

    /// <summary>Copies names with their NULs as far as the buffer reaches. Returns the bytes of all.</summary>
    internal static int CopyNames(XattrCursor names, Span<byte> buffer)
    {
        int length = 0;
        while (names.MoveNext())
        {
            ReadOnlySpan<byte> name = names.Name;
            if (length + name.Length < buffer.Length)
            {
                name.CopyTo(buffer[length..]);
                buffer[length + name.Length] = 0;
            }

            length += name.Length + 1;
        }

        return length;
    }

    private static InodeFlags FlagOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual(PosixAcl.AccessName) ? InodeFlags.HasAccessAcl
        : name.SequenceEqual(PosixAcl.DefaultName) ? InodeFlags.HasDefaultAcl
        : name.SequenceEqual(CapabilityName) ? InodeFlags.HasCapability
        : InodeFlags.None;
}
