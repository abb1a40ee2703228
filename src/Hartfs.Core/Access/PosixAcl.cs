using System.Buffers.Binary;

namespace Hartfs.Core.Access;

/// <summary>
/// POSIX ACLs in the form the kernel stores them in <c>system.posix_acl_*</c> attributes
/// (linux/posix_acl_xattr.h: version 2, then entries of tag u16, permissions u16, id u32). What the kernel leaves to
/// the filesystem: an ACL and the mode stay in step, and a directory's default ACL shapes what is made in it.
/// </summary>
internal static class PosixAcl
{
    private const int HeaderSize = 4;
    private const int EntrySize = 8;
    private const uint Version = 2;

    private const int UserObject = 0x01;
    private const int User = 0x02;
    private const int GroupObject = 0x04;
    private const int Group = 0x08;
    private const int Mask = 0x10;
    private const int Other = 0x20;

    public static ReadOnlySpan<byte> AccessName => "system.posix_acl_access"u8;

    public static ReadOnlySpan<byte> DefaultName => "system.posix_acl_default"u8;

    /// <summary>Whether the bytes are an ACL: known version and tags, whole entries.</summary>
    public static bool IsValid(ReadOnlySpan<byte> acl)
    {
        if (acl.Length < HeaderSize || (acl.Length - HeaderSize) % EntrySize != 0 ||
            BinaryPrimitives.ReadUInt32LittleEndian(acl) != Version)
            return false;
        for (int at = HeaderSize; at < acl.Length; at += EntrySize)
            if (Tag(acl, at) is not (UserObject or User or GroupObject or Group or Mask or Other) ||
                Permissions(acl, at) > 7)
                return false;
        return true;
    }

    /// <summary>Whether the ACL says no more than a mode can: owner, group and other only.</summary>
    public static bool IsMinimal(ReadOnlySpan<byte> acl)
    {
        for (int at = HeaderSize; at < acl.Length; at += EntrySize)
            if (Tag(acl, at) is User or Group or Mask)
                return false;
        return true;
    }

    /// <summary>The mode that goes with an access ACL: its nine permission bits replaced.</summary>
    public static int ToMode(ReadOnlySpan<byte> acl, int mode)
    {
        int group = 0;
        int mask = -1;
        mode &= ~0x1FF;
        for (int at = HeaderSize; at < acl.Length; at += EntrySize)
        {
            int permissions = Permissions(acl, at);
            switch (Tag(acl, at))
            {
                case UserObject: mode |= permissions << 6; break;
                case GroupObject: group = permissions; break;
                case Mask: mask = permissions; break;
                case Other: mode |= permissions; break;
            }
        }

        return mode | (mask >= 0 ? mask : group) << 3;
    }

    /// <summary>chmod: puts the mode's bits into the ACL (the mask, where there is one, takes the group's).</summary>
    public static void ApplyMode(Span<byte> acl, int mode)
    {
        bool hasMask = Contains(acl, Mask);
        for (int at = HeaderSize; at < acl.Length; at += EntrySize)
        {
            int shift = Shift(Tag(acl, at), hasMask);
            if (shift >= 0)
                SetPermissions(acl, at, mode >> shift & 7);
        }
    }

    /// <summary>
    /// What a new inode in a directory with this default ACL gets: <paramref name="acl"/> becomes its access ACL and
    /// the result its mode. The umask does not count then (acl(5), "OBJECT CREATION AND DEFAULT ACLs").
    /// </summary>
    public static int Inherit(Span<byte> acl, int mode)
    {
        bool hasMask = Contains(acl, Mask);
        int granted = mode & ~0x1FF;
        for (int at = HeaderSize; at < acl.Length; at += EntrySize)
        {
            int shift = Shift(Tag(acl, at), hasMask);
            if (shift < 0)
                continue;
            int permissions = Permissions(acl, at) & (mode >> shift) & 7;
            SetPermissions(acl, at, permissions);
            granted |= permissions << shift;
        }

        return granted;
    }

    // Where an entry's permissions stand in the mode; -1: nowhere.
    private static int Shift(int tag, bool hasMask) => tag switch
    {
        UserObject => 6,
        GroupObject when !hasMask => 3,
        Mask => 3,
        Other => 0,
        _ => -1,
    };

    private static bool Contains(ReadOnlySpan<byte> acl, int tag)
    {
        for (int at = HeaderSize; at < acl.Length; at += EntrySize)
            if (Tag(acl, at) == tag)
                return true;
        return false;
    }

    private static int Tag(ReadOnlySpan<byte> acl, int at) => BinaryPrimitives.ReadUInt16LittleEndian(acl[at..]);

    private static int Permissions(ReadOnlySpan<byte> acl, int at) =>
        BinaryPrimitives.ReadUInt16LittleEndian(acl[(at + 2)..]);

    private static void SetPermissions(Span<byte> acl, int at, int permissions) =>
        BinaryPrimitives.WriteUInt16LittleEndian(acl[(at + 2)..], (ushort)permissions);
}
