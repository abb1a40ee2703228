namespace Hartfs.Format;

/// <summary>The bits of a POSIX mode, as POSIX and the volume format number them (octal in the manuals).</summary>
public static class InodeMode
{
    public const int TypeMask = 0xF000;
    public const int Fifo = 0x1000;
    public const int CharacterDevice = 0x2000;
    public const int Directory = 0x4000;
    public const int BlockDevice = 0x6000;
    public const int RegularFile = 0x8000;
    public const int SymbolicLink = 0xA000;
    public const int Socket = 0xC000;

    public const int SetUserId = 0x800;
    public const int SetGroupId = 0x400;
    public const int Sticky = 0x200;
    public const int GroupExecute = 0x8;

    /// <summary>All bits that are not the file type.</summary>
    public const int PermissionMask = 0xFFF;

    public static bool IsDirectory(int mode) => (mode & TypeMask) == Directory;

    public static bool IsRegularFile(int mode) => (mode & TypeMask) == RegularFile;

    public static bool IsSymbolicLink(int mode) => (mode & TypeMask) == SymbolicLink;

    public static bool IsDevice(int mode) => (mode & TypeMask) is CharacterDevice or BlockDevice;
}
