using System.Text;
using Hartfs.Core;
using Hartfs.Core.Mounting;
using Hartfs.CrashTests.Disk;
using Hartfs.Format;
using Hartfs.Testing.Modelling;

namespace Hartfs.CrashTests.Mounted;

/// <summary>
/// A filesystem in memory that a volume's directory lies on, mounted for real: everything asked of it is noted on a
/// <see cref="SimulatedDisk"/>, folders included, so that a power cut forgets what no fsync of a file, or of the folder
/// that has its name, has covered. Stricter than ext4: fsync of a new file does not make its name durable.
/// </summary>
internal sealed class ForgettingFileSystem : IFileSystem
{
    // guards: everything below
    private readonly Lock _lock = new();
    private readonly ReferenceFileSystem _tree;
    private readonly Dictionary<long, (string Path, DiskFile File)> _files = [];

    public ForgettingFileSystem()
    {
        InodeRecord root = new() { Number = InodeNumber.Root, Parent = InodeNumber.Root, LinkCount = 2 };
        root.Mode = InodeMode.Directory | 0x1FF;
        _tree = new ReferenceFileSystem(() => Now, root);
        _files[InodeNumber.Root.Value] = ("", new DiskFile("", []));
    }

    /// <summary>Whether fsync of a folder does nothing: then a checker that is not blind finds names missing.</summary>
    public bool ForgetsFolders { get; init; }

    public SimulatedDisk Disk { get; } = new(new Dictionary<string, byte[]>());

    public long Now => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;

    public IKernelCache? KernelCache { get; set; }

    public FsError Lookup(InodeNumber parent, ReadOnlySpan<byte> name, out InodeRecord inode)
    {
        lock (_lock) return _tree.Lookup(parent, name.ToArray(), out inode);
    }

    public FsError LookupParent(InodeNumber directory, out InodeRecord inode)
    {
        lock (_lock) return _tree.LookupParent(directory, out inode);
    }

    public FsError Reference(InodeNumber number, out InodeRecord inode) => GetAttributes(number, out inode);

    public void Forget(InodeNumber inode, long count)
    {
        lock (_lock) _tree.Forget(inode, count);
    }

    public FsError GetAttributes(InodeNumber inode, out InodeRecord attributes)
    {
        lock (_lock) return _tree.GetAttributes(inode, out attributes);
    }

    public FsError SetAttributes(InodeNumber inode, in AttributeChange change, out InodeRecord attributes)
    {
        lock (_lock)
        {
            FsError error = _tree.SetAttributes(inode, change, out attributes);
            if (error == FsError.None && (change.Fields & AttributeFields.Size) != 0)
                Disk.Truncate(_files[inode.Value].File, change.Size);
            return error;
        }
    }

    public FsError GetSpace(out SpaceReport report)
    {
        report = new SpaceReport(4096, 1L << 30, 1L << 29, 1, 1L << 30);
        return FsError.None;
    }

    public FsError Create(InodeNumber parent, ReadOnlySpan<byte> name, int mode, int umask, uint device,
        Credentials credentials, out InodeRecord inode)
    {
        lock (_lock)
        {
            FsError error = _tree.Create(parent, name.ToArray(), mode, umask, device, credentials, out inode);
            return error == FsError.None ? Note(parent, name, inode) : error;
        }
    }

    public FsError MakeDirectory(InodeNumber parent, ReadOnlySpan<byte> name, int mode, int umask,
        Credentials credentials, out InodeRecord inode)
    {
        lock (_lock)
        {
            FsError error = _tree.MakeDirectory(parent, name.ToArray(), mode, umask, credentials, out inode);
            return error == FsError.None ? Note(parent, name, inode) : error;
        }
    }

    public FsError Unlink(InodeNumber parent, ReadOnlySpan<byte> name)
    {
        lock (_lock)
        {
            FsError error = _tree.Unlink(parent, name.ToArray());
            if (error == FsError.None) Disk.Delete(PathOf(parent, name), isDurable: false);
            return error;
        }
    }

    public FsError RemoveDirectory(InodeNumber parent, ReadOnlySpan<byte> name)
    {
        lock (_lock)
        {
            FsError error = _tree.RemoveDirectory(parent, name.ToArray());
            if (error == FsError.None) Disk.Delete(PathOf(parent, name), isDurable: false);
            return error;
        }
    }

    public FsError Rename(InodeNumber oldParent, ReadOnlySpan<byte> oldName, InodeNumber newParent,
        ReadOnlySpan<byte> newName, RenameMode mode)
    {
        if (mode != RenameMode.Replace || oldParent != newParent) return FsError.NotSupported;
        lock (_lock)
        {
            _tree.Lookup(oldParent, oldName.ToArray(), out InodeRecord inode);
            FsError error = _tree.Rename(oldParent, oldName.ToArray(), newParent, newName.ToArray(), mode);
            if (error != FsError.None) return error;
            string path = PathOf(newParent, newName);
            Disk.Rename(PathOf(oldParent, oldName), path);
            _files[inode.Number.Value] = (path, _files[inode.Number.Value].File);
            return error;
        }
    }

    public FsError ReadDirectory<TSink>(InodeNumber directory, long cookie, bool withAttributes, ref TSink sink)
        where TSink : IDirectorySink, allows ref struct
    {
        lock (_lock)
        {
            FsError error = _tree.List(directory, out List<(byte[] Name, InodeRecord Inode)> entries);
            entries = [.. entries.OrderBy(entry => Encoding.UTF8.GetString(entry.Name), StringComparer.Ordinal)];
            for (int index = (int)cookie; error == FsError.None && index < entries.Count; index++)
            {
                InodeRecord inode = entries[index].Inode;
                if (withAttributes) _tree.Lookup(directory, entries[index].Name, out inode);
                if (!sink.Add(entries[index].Name, index + 1, inode)) break;
            }

            return error;
        }
    }

    public FsError Read(InodeNumber inode, long offset, Span<byte> buffer, out int count)
    {
        lock (_lock) return _tree.Read(inode, offset, buffer, out count);
    }

    public FsError Write(InodeNumber inode, long offset, ReadOnlySpan<byte> bytes, bool killPrivileges,
        bool stampTimes)
    {
        lock (_lock)
        {
            try
            {
                Disk.Write(_files[inode.Value].File, offset, bytes);
            }
            catch (DiskFaultException fault)
            {
                return Translate(fault);
            }

            return _tree.Write(inode, offset, bytes, killPrivileges, stampTimes);
        }
    }

    public FsError Synchronize(InodeNumber inode)
    {
        lock (_lock)
        {
            (string path, DiskFile file) = _files[inode.Value];
            if (_tree.GetAttributes(inode, out InodeRecord record) is var error && error != FsError.None) return error;
            if (record.IsDirectory)
            {
                if (!ForgetsFolders) Disk.SynchronizeNames(new DiskFile(path.Length == 0 ? "." : path + "/.", []));
                return FsError.None;
            }

            try
            {
                Disk.Synchronize(file, alsoName: false);
                return FsError.None;
            }
            catch (DiskFaultException fault)
            {
                return Translate(fault);
            }
        }
    }

    public FsError Allocate(InodeNumber inode, AllocateMode mode, long offset, long length) =>
        mode == AllocateMode.KeepSize ? FsError.None : FsError.NotSupported;

    public FsError Flush(InodeNumber inode) => FsError.None;

    public FsError CreateUnnamed(InodeNumber parent, int mode, int umask, Credentials credentials,
        out InodeRecord inode) => Refuse(out inode);

    public FsError MakeSymbolicLink(InodeNumber parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target,
        Credentials credentials, out InodeRecord inode) => Refuse(out inode);

    public FsError ReadSymbolicLink(InodeNumber inode, out byte[] target)
    {
        target = [];
        return FsError.NotSupported;
    }

    public FsError Link(InodeNumber inode, InodeNumber newParent, ReadOnlySpan<byte> newName,
        out InodeRecord attributes) => Refuse(out attributes);

    public FsError Seek(InodeNumber inode, long offset, bool data, out long position) => Refuse(out position);

    public FsError CopyRange(InodeNumber source, long sourceOffset, InodeNumber target, long targetOffset,
        long length, out long copied) => Refuse(out copied);

    public FsError GetXattr(InodeNumber inode, ReadOnlySpan<byte> name, Span<byte> buffer, out int length) =>
        Refuse(out length);

    public FsError ListXattrs(InodeNumber inode, Span<byte> buffer, out int length) => Refuse(out length);

    public FsError SetXattr(InodeNumber inode, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, XattrMode mode,
        bool killSetGroupId) => FsError.NotSupported;

    public FsError RemoveXattr(InodeNumber inode, ReadOnlySpan<byte> name) => FsError.NotSupported;

    private static FsError Translate(DiskFaultException fault) =>
        fault.Kind == DiskFaultKind.NoSpace ? FsError.OutOfSpace : FsError.IoFailure;

    private static FsError Refuse<T>(out T value)
        where T : struct
    {
        value = default;
        return FsError.NotSupported;
    }

    private FsError Note(InodeNumber parent, ReadOnlySpan<byte> name, in InodeRecord inode)
    {
        string path = PathOf(parent, name);
        try
        {
            _files[inode.Number.Value] = (path, Disk.FindOrCreate(path, isFolder: inode.IsDirectory));
            return FsError.None;
        }
        catch (DiskFaultException fault)
        {
            if (inode.IsDirectory) _tree.RemoveDirectory(parent, name.ToArray());
            else _tree.Unlink(parent, name.ToArray());
            _tree.Forget(inode.Number, 1);
            return Translate(fault);
        }
    }

    private string PathOf(InodeNumber parent, ReadOnlySpan<byte> name)
    {
        string folder = _files[parent.Value].Path;
        return (folder.Length == 0 ? "" : folder + "/") + Encoding.UTF8.GetString(name);
    }
}
