using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Hartfs.Conformance.Interop;

namespace Hartfs.Conformance.Posix;

/// <summary>
/// System calls that throw <see cref="PosixException"/>; flags as in the Linux headers (x86-64 and arm64).
/// </summary>
public static unsafe class Sys
{
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_TRUNC = 0x200;
    public const int O_APPEND = 0x400;
    public const int SEEK_SET = 0;
    public const int SEEK_END = 2;
    public const int SEEK_DATA = 3;
    public const int SEEK_HOLE = 4;
    public const int FALLOC_KEEP_SIZE = 1;
    public const int FALLOC_PUNCH_HOLE = 2;
    public const int FALLOC_ZERO_RANGE = 16;
    public const uint RENAME_NOREPLACE = 1;
    public const uint RENAME_EXCHANGE = 2;
    public const uint RENAME_WHITEOUT = 4;
    public const long UTIME_NOW = 0x3fffffff;
    public const long UTIME_OMIT = 0x3ffffffe;

    private const int CurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const int Follow = 0x400;

    /// <summary>O_DIRECTORY is part of O_TMPFILE and differs between architectures.</summary>
    public static int O_DIRECTORY =>
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    public static int O_NOFOLLOW => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    public static int O_TMPFILE => 0x400000 | O_DIRECTORY;

    public static Descriptor Open(PosixPath path, int flags, uint mode = 0x1A4)
    {
        fixed (byte* bytes = path.Terminated) return new Descriptor(Check("open", LibC.Open(bytes, flags, mode)));
    }

    public static void Truncate(PosixPath path, long length)
    {
        fixed (byte* bytes = path.Terminated) Check("truncate", LibC.Truncate(bytes, length));
    }

    public static void Unlink(PosixPath path)
    {
        fixed (byte* bytes = path.Terminated) Check("unlink", LibC.Unlink(bytes));
    }

    public static void RmDir(PosixPath path)
    {
        fixed (byte* bytes = path.Terminated) Check("rmdir", LibC.RmDir(bytes));
    }

    public static void MkDir(PosixPath path, uint mode = 0x1ED)
    {
        fixed (byte* bytes = path.Terminated) Check("mkdir", LibC.MkDir(bytes, mode));
    }

    public static void MkNod(PosixPath path, uint mode, uint major = 0, uint minor = 0)
    {
        ulong device = (minor & 0xFF) | ((ulong)(major & 0xFFF) << 8) | ((ulong)(minor & ~0xFFu) << 12);
        fixed (byte* bytes = path.Terminated) Check("mknod", LibC.MkNod(bytes, mode, device));
    }

    public static void Link(PosixPath path, PosixPath newPath, bool follow = false)
    {
        fixed (byte* from = path.Terminated)
        fixed (byte* to = newPath.Terminated)
            Check("link", LibC.LinkAt(CurrentDirectory, from, CurrentDirectory, to, follow ? Follow : 0));
    }

    public static void SymLink(PosixPath target, PosixPath path)
    {
        fixed (byte* from = target.Terminated)
        fixed (byte* to = path.Terminated)
            Check("symlink", LibC.SymLink(from, to));
    }

    public static byte[] ReadLink(PosixPath path)
    {
        byte[] buffer = new byte[5000];
        fixed (byte* bytes = path.Terminated)
        fixed (byte* target = buffer)
            return buffer[..(int)Check("readlink", LibC.ReadLink(bytes, target, buffer.Length))];
    }

    public static void Rename(PosixPath from, PosixPath to, uint flags = 0)
    {
        fixed (byte* old = from.Terminated)
        fixed (byte* bytes = to.Terminated)
            Check("rename", LibC.RenameAt2(CurrentDirectory, old, CurrentDirectory, bytes, flags));
    }

    public static Status Stat(PosixPath path)
    {
        fixed (byte* bytes = path.Terminated) return Stat(CurrentDirectory, bytes, NoFollow);
    }

    public static bool Exists(PosixPath path) => Error(() => Stat(path)) == 0;

    public static void ChMod(PosixPath path, uint mode)
    {
        fixed (byte* bytes = path.Terminated) Check("chmod", LibC.ChMod(bytes, mode));
    }

    public static void ChOwn(PosixPath path, uint owner, uint group)
    {
        fixed (byte* bytes = path.Terminated) Check("chown", LibC.LChOwn(bytes, owner, group));
    }

    /// <summary>Each time is (seconds, nanoseconds or UTIME_NOW or UTIME_OMIT).</summary>
    public static void SetTimes(PosixPath path, (long, long) access, (long, long) modify)
    {
        long* times = stackalloc long[] { access.Item1, access.Item2, modify.Item1, modify.Item2 };
        fixed (byte* bytes = path.Terminated)
            Check("utimensat", LibC.UTimeNsAt(CurrentDirectory, bytes, times, NoFollow));
    }

    public static void SetXattr(PosixPath path, string name, byte[] value, int flags = 0)
    {
        fixed (byte* bytes = path.Terminated)
        fixed (byte* key = ((PosixPath)name).Terminated)
        fixed (byte* content = value)
            Check("setxattr", LibC.LSetXattr(bytes, key, content, value.Length, flags));
    }

    public static byte[] GetXattr(PosixPath path, string name, int bufferSize = 65536)
    {
        byte[] buffer = new byte[bufferSize];
        fixed (byte* bytes = path.Terminated)
        fixed (byte* key = ((PosixPath)name).Terminated)
        fixed (byte* content = buffer)
            return buffer[..(int)Check("getxattr", LibC.LGetXattr(bytes, key, content, bufferSize))];
    }

    public static string[] ListXattrs(PosixPath path)
    {
        byte[] buffer = new byte[65536];
        fixed (byte* bytes = path.Terminated)
        fixed (byte* names = buffer)
        {
            int length = (int)Check("listxattr", LibC.LListXattr(bytes, names, buffer.Length));
            return System.Text.Encoding.UTF8.GetString(buffer, 0, length)
                .Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    public static void RemoveXattr(PosixPath path, string name)
    {
        fixed (byte* bytes = path.Terminated)
        fixed (byte* key = ((PosixPath)name).Terminated)
            Check("removexattr", LibC.LRemoveXattr(bytes, key));
    }

    /// <summary>(block size, total blocks, free blocks, inodes, free inodes, longest name).</summary>
    public static (ulong BlockSize, ulong Blocks, ulong Free, ulong Inodes, ulong FreeInodes, ulong NameMax) StatVfs(
        PosixPath path)
    {
        byte* buffer = stackalloc byte[256];
        fixed (byte* bytes = path.Terminated) Check("statvfs", LibC.StatVfs(bytes, buffer));
        ulong* fields = (ulong*)buffer;
        return (fields[0], fields[2], fields[3], fields[5], fields[6], fields[10]);
    }

    public static uint UMask(uint mask) => LibC.UMask(mask);

    /// <summary>The error number that a call ends with; 0 when it succeeds.</summary>
    public static int Error(Action call)
    {
        try
        {
            call();
            return 0;
        }
        catch (PosixException exception)
        {
            return exception.Errno;
        }
    }

    internal static Status Stat(int directory, byte* path, int flags)
    {
        const uint BasicAndBirth = 0xFFF;
        byte* buffer = stackalloc byte[256];
        Check("statx", LibC.StatX(directory, path, flags, BasicAndBirth, buffer));
        ReadOnlySpan<byte> s = new(buffer, 256);
        return new Status(U16(s, 28), U32(s, 16), U32(s, 20), U32(s, 24), (ulong)I64(s, 32), I64(s, 40), I64(s, 48),
            Time(s, 64), Time(s, 112), Time(s, 96), Time(s, 80), U32(s, 128), U32(s, 132));

        static uint U16(ReadOnlySpan<byte> s, int at) => BinaryPrimitives.ReadUInt16LittleEndian(s[at..]);
        static uint U32(ReadOnlySpan<byte> s, int at) => BinaryPrimitives.ReadUInt32LittleEndian(s[at..]);
        static long I64(ReadOnlySpan<byte> s, int at) => BinaryPrimitives.ReadInt64LittleEndian(s[at..]);
        static long Time(ReadOnlySpan<byte> s, int at) => I64(s, at) * 1_000_000_000 + U32(s, at + 8);
    }

    internal static long Check(string call, long result) =>
        result >= 0 ? result : throw new PosixException(call, Marshal.GetLastPInvokeError());

    internal static int Check(string call, int result) => (int)Check(call, (long)result);
}
