using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Cli.Copying;

/// <summary>A directory of a volume that is not mounted. Holds a reference to its inode.</summary>
internal sealed class VolumeDirectory : ITreeDirectory
{
    private const int ReadAttemptsMax = 4;

    private readonly FileSystem _fileSystem;
    private readonly InodeNumber _inode;
    private readonly bool _isReferenced;

    private VolumeDirectory(FileSystem fileSystem, InodeNumber inode, bool isReferenced)
    {
        _fileSystem = fileSystem;
        _inode = inode;
        _isReferenced = isReferenced;
    }

    public static VolumeDirectory Root(FileSystem fileSystem) =>
        new(fileSystem, InodeNumber.Root, isReferenced: false);

    public void Dispose()
    {
        if (_isReferenced)
            _fileSystem.Forget(_inode, 1);
    }

    public IReadOnlyList<byte[]> ListNames()
    {
        var sink = new NameSink([]);
        long cookie;
        do
        {
            cookie = sink.Cookie;
            Check(_fileSystem.ReadDirectory(_inode, cookie, withAttributes: false, ref sink));
        }
        while (sink.Cookie != cookie);
        return sink.Names;
    }

    public ItemAttributes? Find(ReadOnlySpan<byte> name)
    {
        InodeRecord record;
        if (IsSelf(name))
        {
            Check(_fileSystem.GetAttributes(_inode, out record));
        }
        else
        {
            FsError error = _fileSystem.Lookup(_inode, name, out record);
            if (error == FsError.NotFound)
                return null;
            Check(error);
            _fileSystem.Forget(record.Number, 1);
        }

        return new ItemAttributes(record.Mode, record.Uid, record.Gid, record.Size, record.AccessTime,
            record.ModifyTime, record.Device, record.LinkCount, new ItemIdentity(0, (ulong)record.Number.Value));
    }

    public ITreeDirectory OpenDirectory(ReadOnlySpan<byte> name)
    {
        if (IsSelf(name))
            return new VolumeDirectory(_fileSystem, _inode, isReferenced: false);
        InodeRecord record = Hold(name);
        if (record.IsDirectory)
            return new VolumeDirectory(_fileSystem, record.Number, isReferenced: true);
        _fileSystem.Forget(record.Number, 1);
        throw Failure(FsError.NotADirectory);
    }

    public ITreeFile OpenFile(ReadOnlySpan<byte> name)
    {
        InodeRecord record = Hold(name);
        return new VolumeFile(_fileSystem, record.Number, record.Size);
    }

    public ITreeFile CreateFile(ReadOnlySpan<byte> name)
    {
        const int privateFile = InodeMode.RegularFile | 0x180;
        Check(_fileSystem.Create(_inode, name, privateFile, umask: 0, device: 0, default, out InodeRecord record));
        return new VolumeFile(_fileSystem, record.Number, length: 0);
    }

    public void MakeDirectory(ReadOnlySpan<byte> name)
    {
        const int privateDirectory = InodeMode.Directory | 0x1C0;
        Check(_fileSystem.MakeDirectory(_inode, name, privateDirectory, umask: 0, default, out InodeRecord record));
        _fileSystem.Forget(record.Number, 1);
    }

    public void MakeNode(ReadOnlySpan<byte> name, in ItemAttributes attributes)
    {
        Check(_fileSystem.Create(_inode, name, attributes.Mode, umask: 0, attributes.Device,
            new Credentials(attributes.Uid, attributes.Gid), out InodeRecord record));
        _fileSystem.Forget(record.Number, 1);
    }

    public void MakeSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
    {
        Check(_fileSystem.MakeSymbolicLink(_inode, name, target, default, out InodeRecord record));
        _fileSystem.Forget(record.Number, 1);
    }

    public byte[] ReadSymbolicLink(ReadOnlySpan<byte> name)
    {
        using Reference item = Refer(name);
        Check(_fileSystem.ReadSymbolicLink(item.Inode, out byte[] target));
        return target;
    }

    public void Link(ITreeDirectory existingDirectory, ReadOnlySpan<byte> existingName, ReadOnlySpan<byte> name)
    {
        using Reference existing = ((VolumeDirectory)existingDirectory).Refer(existingName);
        Check(_fileSystem.Link(existing.Inode, _inode, name, out InodeRecord record));
        _fileSystem.Forget(record.Number, 1);
    }

    public void Remove(ReadOnlySpan<byte> name) => Check(_fileSystem.Unlink(_inode, name));

    public void SetOwner(ReadOnlySpan<byte> name, in ItemAttributes attributes)
    {
        using Reference item = Refer(name);
        var change = new AttributeChange
        {
            Fields = AttributeFields.Uid | AttributeFields.Gid,
            Uid = attributes.Uid,
            Gid = attributes.Gid,
        };
        Check(_fileSystem.SetAttributes(item.Inode, change, out _));
    }

    public void SetAttributes(ReadOnlySpan<byte> name, in ItemAttributes attributes)
    {
        using Reference item = Refer(name);
        bool hasMode = !InodeMode.IsSymbolicLink(attributes.Mode);
        var change = new AttributeChange
        {
            Fields = AttributeFields.AccessTime | AttributeFields.ModifyTime
                | (hasMode ? AttributeFields.Mode : AttributeFields.None),
            Mode = attributes.Mode & InodeMode.PermissionMask,
            AccessTime = attributes.AccessTime,
            ModifyTime = attributes.ModifyTime,
        };
        Check(_fileSystem.SetAttributes(item.Inode, change, out _));
    }

    public IReadOnlyList<byte[]> ListXattrs(ReadOnlySpan<byte> name)
    {
        using Reference item = Refer(name);
        Check(_fileSystem.ListXattrs(item.Inode, [], out int length));
        if (length == 0)
            return [];
        byte[] names = new byte[length];
        Check(_fileSystem.ListXattrs(item.Inode, names, out length));
        return XattrNames.Split(names.AsSpan(0, length));
    }

    public byte[] GetXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute)
    {
        using Reference item = Refer(name);
        for (int attempt = 1; ; attempt++)
        {
            Check(_fileSystem.GetXattr(item.Inode, attribute, [], out int length));
            byte[] value = new byte[length];
            if (length == 0)
                return value;
            FsError error = _fileSystem.GetXattr(item.Inode, attribute, value, out length);
            if (error == FsError.BufferTooSmall && attempt < ReadAttemptsMax)
                continue;
            Check(error);
            return value[..length];
        }
    }

    public void SetXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        using Reference item = Refer(name);
        Check(_fileSystem.SetXattr(item.Inode, attribute, value, XattrMode.CreateOrReplace, killSetGroupId: false));
    }

    public void RemoveXattr(ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute)
    {
        using Reference item = Refer(name);
        Check(_fileSystem.RemoveXattr(item.Inode, attribute));
    }

    internal static void Check(FsError error)
    {
        if (error != FsError.None)
            throw Failure(error);
    }

    internal static TreeException Failure(FsError error) => new(FsErrorText.Describe(error), error switch
    {
        FsError.OutOfSpace => TreeFailure.OutOfSpace,
        FsError.NotPermitted or FsError.AccessDenied => TreeFailure.NotPermitted,
        FsError.NotSupported => TreeFailure.NotSupported,
        FsError.NotFound => TreeFailure.NotFound,
        FsError.CorruptMetadata or FsError.ReadOnly => TreeFailure.Broken,
        _ => TreeFailure.Other,
    });

    private static bool IsSelf(ReadOnlySpan<byte> name) => name.SequenceEqual("."u8);

    private InodeRecord Hold(ReadOnlySpan<byte> name)
    {
        Check(_fileSystem.Lookup(_inode, name, out InodeRecord record));
        return record;
    }

    private Reference Refer(ReadOnlySpan<byte> name) => IsSelf(name)
        ? new Reference(_fileSystem, _inode, isCounted: false)
        : new Reference(_fileSystem, Hold(name).Number, isCounted: true);

    /// <summary>A reference to an inode, given back at the end.</summary>
    private readonly struct Reference(FileSystem fileSystem, InodeNumber inode, bool isCounted) : IDisposable
    {
        public InodeNumber Inode { get; } = inode;

        public void Dispose()
        {
            if (isCounted)
                fileSystem.Forget(Inode, 1);
        }
    }

    private struct NameSink(List<byte[]> names) : IDirectorySink
    {
        public readonly List<byte[]> Names => names;

        public long Cookie { get; private set; }

        public bool Add(ReadOnlySpan<byte> name, long nextCookie, in InodeRecord inode)
        {
            Cookie = nextCookie;
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                names.Add(name.ToArray());
            return true;
        }
    }
}
