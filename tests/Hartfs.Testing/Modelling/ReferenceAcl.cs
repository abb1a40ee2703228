using System.Buffers.Binary;
using Hartfs.Format;

namespace Hartfs.Testing.Modelling;

/// <summary>
/// POSIX ACLs in the form of the <c>system.posix_acl_*</c> attributes: a 32-bit version 2, then per entry tag,
/// permissions (16 bits each) and id (32 bits), little-endian; see Linux <c>posix_acl_xattr.h</c> and acl(5).
/// </summary>
public static class ReferenceAcl
{
    public const string Access = "system.posix_acl_access";
    public const string Default = "system.posix_acl_default";

    public const int UserObject = 1;
    public const int User = 2;
    public const int GroupObject = 4;
    public const int Group = 8;
    public const int Mask = 16;
    public const int Other = 32;

    private const int HeaderSize = 4;
    private const int EntrySize = 8;
    private const uint NoId = uint.MaxValue;

    /// <summary>
    /// Builds a value; a mask entry is added when there are named entries or <paramref name="mask"/> is set.
    /// </summary>
    public static byte[] Build(int user, int group, int other, int? mask, params (int Tag, uint Id, int Bits)[] named)
    {
        List<(int Tag, int Bits, uint Id)> entries = [(UserObject, user, NoId)];
        entries.AddRange(named.Where(entry => entry.Tag == User).OrderBy(entry => entry.Id)
            .Select(entry => (entry.Tag, entry.Bits, entry.Id)));
        entries.Add((GroupObject, group, NoId));
        entries.AddRange(named.Where(entry => entry.Tag == Group).OrderBy(entry => entry.Id)
            .Select(entry => (entry.Tag, entry.Bits, entry.Id)));
        if (mask is { } bits || (named.Length > 0 && (bits = 7) == 7)) entries.Add((Mask, bits, NoId));
        entries.Add((Other, other, NoId));

        byte[] value = new byte[HeaderSize + entries.Count * EntrySize];
        BinaryPrimitives.WriteUInt32LittleEndian(value, 2);
        for (int i = 0; i < entries.Count; i++)
        {
            Span<byte> entry = value.AsSpan(HeaderSize + i * EntrySize);
            BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)entries[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)entries[i].Bits);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], entries[i].Id);
        }

        return value;
    }

    /// <summary>The permission bits that an ACL gives a mode; whether the mode says all that the ACL says.</summary>
    public static (int Mode, bool IsMinimal) ToMode(byte[] acl)
    {
        int mode = (Bits(acl, UserObject) << 6) | Bits(acl, Other);
        int mask = Bits(acl, Mask);
        mode |= (mask >= 0 ? mask : Bits(acl, GroupObject)) << 3;
        return (mode, acl.Length == HeaderSize + 3 * EntrySize);
    }

    /// <summary>What chmod makes of an access ACL.</summary>
    public static byte[] WithMode(byte[] acl, int mode)
    {
        byte[] changed = (byte[])acl.Clone();
        SetBits(changed, UserObject, (mode >> 6) & 7);
        SetBits(changed, Bits(acl, Mask) >= 0 ? Mask : GroupObject, (mode >> 3) & 7);
        SetBits(changed, Other, mode & 7);
        return changed;
    }

    /// <summary>
    /// What a new inode gets from the directory's default ACL: its mode, and its access ACL if one is needed.
    /// </summary>
    public static (int Mode, byte[]? AccessAcl) Inherit(byte[] defaultAcl, int mode)
    {
        byte[] acl = (byte[])defaultAcl.Clone();
        int groupTag = Bits(acl, Mask) >= 0 ? Mask : GroupObject;
        SetBits(acl, UserObject, Bits(acl, UserObject) & (mode >> 6));
        SetBits(acl, groupTag, Bits(acl, groupTag) & (mode >> 3));
        SetBits(acl, Other, Bits(acl, Other) & mode);
        (int bits, bool isMinimal) = ToMode(acl);
        return ((mode & InodeMode.PermissionMask & ~0x1FF) | bits, isMinimal ? null : acl);
    }

    private static int Bits(byte[] acl, int tag)
    {
        int at = Find(acl, tag);
        return at < 0 ? -1 : BinaryPrimitives.ReadUInt16LittleEndian(acl.AsSpan(at + 2));
    }

    private static void SetBits(byte[] acl, int tag, int bits) =>
        BinaryPrimitives.WriteUInt16LittleEndian(acl.AsSpan(Find(acl, tag) + 2), (ushort)bits);

    private static int Find(byte[] acl, int tag)
    {
        for (int at = HeaderSize; at < acl.Length; at += EntrySize)
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(acl.AsSpan(at)) == tag) return at;
        }

        return -1;
    }
}
