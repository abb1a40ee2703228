using System.Text;
using Hartfs.Cli.Interop;
using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Cli.Copying;

/// <summary>An item to copy from, or a name to copy to: a directory and a name in it, "." for itself.</summary>
internal sealed class TreePlace : IDisposable
{
    private const int ParentMode = InodeMode.Directory | 0x1ED;

    private static readonly byte[] Self = "."u8.ToArray();

    private TreePlace(ITreeDirectory directory, byte[] name)
    {
        Directory = directory;
        Name = name;
    }

    public ITreeDirectory Directory { get; }

    public byte[] Name { get; }

    public void Dispose() => Directory.Dispose();

    /// <summary>What is copied on the host. With a slash behind it, what is in that directory.</summary>
    public static TreePlace HostSource(string path)
    {
        string full = Path.GetFullPath(path);
        bool isContent = Path.EndsInDirectorySeparator(path) || Path.GetFileName(path) is "." or "..";
        return At(path, () => isContent
            ? new TreePlace(HostDirectory.Open(full), Self)
            : new TreePlace(HostDirectory.Open(Path.GetDirectoryName(full)!), Bytes(Path.GetFileName(full))));
    }

    /// <summary>Where a copy goes on the host; missing directories above it are made.</summary>
    public static TreePlace HostTarget(string path, TreePlace source)
    {
        string full = Path.GetFullPath(path);
        return At(path, () =>
        {
            if (Path.EndsInDirectorySeparator(path))
            {
                System.IO.Directory.CreateDirectory(full);
                return new TreePlace(HostDirectory.Open(full), source.Name);
            }

            string parent = Path.GetDirectoryName(full)!;
            System.IO.Directory.CreateDirectory(parent);
            return new TreePlace(HostDirectory.Open(parent), Bytes(Path.GetFileName(full)));
        });
    }

    /// <summary>What is copied out of a volume.</summary>
    public static TreePlace VolumeSource(FileSystem fileSystem, VolumePath path) => At(path.ToString(), () =>
    {
        bool isContent = path.EndsWithSlash || path.Names.Count == 0;
        IEnumerable<byte[]> parents = isContent ? path.Names : path.Names.SkipLast(1);
        return new TreePlace(Walk(fileSystem, parents, makeMissing: false), isContent ? Self : path.Names[^1]);
    });

    /// <summary>Where a copy goes in a volume; missing directories above it are made.</summary>
    public static TreePlace VolumeTarget(FileSystem fileSystem, VolumePath path, TreePlace source) =>
        At(path.ToString(), () =>
        {
            bool isContainer = path.EndsWithSlash || path.Names.Count == 0;
            IEnumerable<byte[]> parents = isContainer ? path.Names : path.Names.SkipLast(1);
            return new TreePlace(Walk(fileSystem, parents, makeMissing: true),
                isContainer ? source.Name : path.Names[^1]);
        });

    private static VolumeDirectory Walk(FileSystem fileSystem, IEnumerable<byte[]> names, bool makeMissing)
    {
        var directory = VolumeDirectory.Root(fileSystem);
        foreach (byte[] name in names)
        {
            if (makeMissing && directory.Find(name) is null)
            {
                directory.MakeDirectory(name);
                directory.SetOwner(name, Parent(fileSystem));
                directory.SetAttributes(name, Parent(fileSystem));
            }

            VolumeDirectory parent = directory;
            directory = (VolumeDirectory)parent.OpenDirectory(name);
            parent.Dispose();
        }

        return directory;
    }

    private static ItemAttributes Parent(FileSystem fileSystem) => new(ParentMode, LibC.EffectiveUserId(),
        LibC.EffectiveGroupId(), 0, fileSystem.Now, fileSystem.Now, 0, 1, default);

    private static TreePlace At(string path, Func<TreePlace> open)
    {
        try
        {
            return open();
        }
        catch (TreeException failure)
        {
            ExitCode code = failure.Failure switch
            {
                TreeFailure.NotPermitted => ExitCode.NotPermitted,
                TreeFailure.OutOfSpace => ExitCode.OutOfSpace,
                TreeFailure.Broken => ExitCode.IoFailure,
                _ => ExitCode.PathNotFound,
            };
            throw new CommandFailure(code, $"{path}: {failure.Message}", failure);
        }
    }

    private static byte[] Bytes(string name) => Encoding.UTF8.GetBytes(name);
}
