using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Hartfs.Cli.Interop;
using Hartfs.Format;
using Microsoft.Win32.SafeHandles;

namespace Hartfs.Cli.Copying;

/// <summary>A directory of the host's filesystem, held open: depth and bytes of its path do not matter.</summary>
internal sealed class HostDirectory : ITreeDirectory
{
    private const int EntryBufferBytes = 64 << 10;
    private const int EntryLengthOffset = 16;
    private const int EntryNameOffset = 19;
    private const int LinkTargetBytesMax = 4096;
    private const uint PrivateFile = 0x180;
    private const uint PrivateDirectory = 0x1C0;

    private readonly SafeFileHandle _handle;
    private readonly int _descriptor;

    private HostDirectory(int descriptor)
    {
        _descriptor = descriptor;
        _handle = new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Opens a directory by its full path. Throws <see cref="TreeException"/>.</summary>
    public static HostDirectory Open(string path) =>
        Open(HostCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path), 0);

    /// <summary>
    /// Has the kernel hand over what programs have written to a filesystem (syncfs(2)). Newer kernels need not do so
    /// for FUSE, and it may not be permitted: then nothing happens.
    /// </summary>
    public static void WriteOut(string path)
    {
        try
        {
            using var directory = Open(path);
            _ = HostCalls.WriteOut(directory._descriptor);
        }
        catch (TreeException)
        {
            // Not readable for this user.
        }
    }

    public void Dispose() => _handle.Dispose();

    public IReadOnlyList<byte[]> ListNames()
    {
        // The descriptor's position is shared by nobody, but an earlier listing may have moved it.
        _ = HostCalls.Seek(_descriptor, 0, 0);
        var names = new List<byte[]>();
        byte[] buffer = new byte[EntryBufferBytes];
        while (true)
        {
            int length = Check(HostCalls.ReadEntries(_descriptor, buffer));
            if (length == 0)
                return names;
            for (int offset = 0; offset < length;)
            {
                // struct linux_dirent64: inode 8, position 8, record length 2, type 1, name with NUL (getdents(2)).
                ReadOnlySpan<byte> entry = buffer.AsSpan(offset);
                int recordLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[EntryLengthOffset..]);
                ReadOnlySpan<byte> name = entry[EntryNameOffset..recordLength];
                name = name[..name.IndexOf((byte)0)];
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                    names.Add(name.ToArray());
                offset += recordLength;
            }
        }
    }

    public ItemAttributes? Find(ReadOnlySpan<byte> name)
    {
        if (HostCalls.Stat(_descriptor, name, out HostStat stat) < 0)
        {
            return Marshal.GetLastPInvokeError() == HostCalls.NoEntry ? null : throw Failure();
        }

        return new ItemAttributes(stat.Mode, stat.Uid, stat.Gid, stat.Size, stat.AccessTime.ToNanoseconds(),
            stat.ModifyTime.ToNanoseconds(), EncodeDevice(stat.NodeMajor, stat.NodeMinor), stat.LinkCount,
            new ItemIdentity(((ulong)stat.DeviceMajor << 32) | stat.DeviceMinor, stat.Inode));
    }

    public ITreeDirectory OpenDirectory(ReadOnlySpan<byte> name) =>
        Open(_descriptor, name, HostCalls.OpenNoFollow);

    public ITreeFile OpenFile(ReadOnlySpan<byte> name)
    {
        // Reading must not change the source; only its owner and root may ask for that (open(2), O_NOATIME).
        const int flags = HostCalls.OpenRead | HostCalls.OpenCloseOnExec | HostCalls.OpenNonBlocking;
        int descriptor = HostCalls.OpenAt(
            _descriptor, name, flags | HostCalls.OpenNoFollow | HostCalls.OpenNoAccessTime, 0);
        if (descriptor < 0 && Marshal.GetLastPInvokeError() == HostCalls.NotPermitted)
            descriptor = HostCalls.OpenAt(_descriptor, name, flags | HostCalls.OpenNoFollow, 0);
        return new HostFile(Check(descriptor));
    }

    public ITreeFile CreateFile(ReadOnlySpan<byte> name) => new HostFile(Check(HostCalls.OpenAt(_descriptor, name,
        HostCalls.OpenWrite | HostCalls.OpenCreate | HostCalls.OpenExclusive | HostCalls.OpenCloseOnExec,
        PrivateFile)));

    public void MakeDirectory(ReadOnlySpan<byte> name) =>
        Check(HostCalls.MakeDirectory(_descriptor, name, PrivateDirectory));

    public void MakeNode(ReadOnlySpan<byte> name, in ItemAttributes attributes) =>
        Check(HostCalls.MakeNode(_descriptor, name, (uint)attributes.Mode, attributes.Device));

    public void MakeSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target) =>
        Check(HostCalls.MakeSymbolicLink(target, _descriptor, name));

    public byte[] ReadSymbolicLink(ReadOnlySpan<byte> name)
    {
        byte[] target = new byte[LinkTargetBytesMax];
        return target[..Check(HostCalls.ReadSymbolicLink(_descriptor, name, target))];
    }

    public void Link(ITreeDirectory existingDirectory, ReadOnlySpan<byte> existingName, ReadOnlySpan<byte> name) =>
        Check(HostCalls.Link(((HostDirectory)existingDirectory)._descriptor, existingName, _descriptor, name));

    public void Remove(ReadOnlySpan<byte> name) => Check(HostCalls.Unlink(_descriptor, name));

    public void SetOwner(ReadOnlySpan<byte> name, in ItemAttributes attributes)
    {
        bool isDone = HostCalls.ChangeOwner(_descriptor, name, attributes.Uid, attributes.Gid) == 0;
        if (!isDone && (Marshal.GetLastPInvokeError() != HostCalls.NotPermitted || LibC.EffectiveUserId() == 0))
            throw Failure();
    }

    public void SetAttributes(ReadOnlySpan<byte> name, in ItemAttributes attributes)
    {
        if (!InodeMode.IsSymbolicLink(attributes.Mode))
            Check(HostCalls.ChangeMode(_descriptor, name, (uint)(attributes.Mode & InodeMode.PermissionMask)));
        Check(HostCalls.SetTimes(_descriptor, name, attributes.AccessTime, attributes.ModifyTime));
    }

    public IReadOnlyList<byte[]> ListXattrs(ReadOnlySpan<byte> name)
    {
        byte[] path = PathOf(name);
        int length = HostXattrs.List(path, []);
        if (length < 0 && Marshal.GetLastPInvokeError() == HostCalls.NotSupported)
            return [];
        byte[] names = new byte[Check(length)];
        if (names.Length == 0)
            return [];
        length = Check(HostXattrs.List(path, names));
        return XattrNames.Split(names.AsSpan(0, length));
    }

    public byte[] GetXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute)
    {
        byte[] path = PathOf(name);
        byte[] value = new byte[Check(HostXattrs.Get(path, attribute, []))];
        return value.Length == 0 ? value : value[..Check(HostXattrs.Get(path, attribute, value))];
    }

    public void SetXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value) =>
        Check(HostXattrs.Set(PathOf(name), attribute, value));

    public void RemoveXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute) =>
        Check(HostXattrs.Remove(PathOf(name), attribute));

    internal static int Check(int result) => result >= 0 ? result : throw Failure();

    internal static TreeException Failure()
    {
        int error = Marshal.GetLastPInvokeError();
        return new TreeException(Marshal.GetPInvokeErrorMessage(error), error switch
        {
            HostCalls.NoSpace or HostCalls.QuotaExceeded => TreeFailure.OutOfSpace,
            HostCalls.NotPermitted or HostCalls.AccessDenied => TreeFailure.NotPermitted,
            HostCalls.NotSupported => TreeFailure.NotSupported,
            HostCalls.NoEntry => TreeFailure.NotFound,
            _ => TreeFailure.Other,
        });
    }

    private static HostDirectory Open(int directory, ReadOnlySpan<byte> name, int flags)
    {
        int all = flags | HostCalls.OpenRead | HostCalls.OpenDirectory | HostCalls.OpenCloseOnExec;
        int descriptor = HostCalls.OpenAt(directory, name, all | HostCalls.OpenNoAccessTime, 0);
        if (descriptor < 0 && Marshal.GetLastPInvokeError() == HostCalls.NotPermitted)
            descriptor = HostCalls.OpenAt(directory, name, all, 0);
        return new HostDirectory(Check(descriptor));
    }

    // The calls for extended attributes know no directory descriptor; this path is short whatever the depth.
    private byte[] PathOf(ReadOnlySpan<byte> name) =>
        [.. Encoding.UTF8.GetBytes($"/proc/self/fd/{_descriptor}/"), .. name];

    private static uint EncodeDevice(uint major, uint minor) =>
        (minor & 0xFF) | (major << 8) | ((minor & ~0xFFu) << 12);
}
