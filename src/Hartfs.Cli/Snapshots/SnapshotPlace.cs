using Hartfs.Cli.Copying;
using Hartfs.Cli.Mounting;
using Hartfs.Core.Snapshots;
using Hartfs.Fuse.Mounting;

namespace Hartfs.Cli.Snapshots;

/// <summary>A path in a volume: on its mount, or written VOLUME:/PATH where it is not mounted.</summary>
/// <param name="Volume">The volume's directory.</param>
/// <param name="Path">From the root, with a slash in front.</param>
internal sealed record SnapshotPlace(string Volume, string Path)
{
    /// <summary>Throws <see cref="CommandFailure"/>.</summary>
    public static SnapshotPlace Parse(string text)
    {
        string real = HostPath.RealName(text);
        if (Mounts.Containing(real) is null)
            real = HostPath.Real(text);
        if (Mounts.Containing(real) is { } mount)
        {
            VolumeName source = VolumeName.Parse(mount.Source);
            string inside = Inside(real, mount.MountPoint);
            return new SnapshotPlace(source.Volume,
                source.Snapshot is null ? inside : $"/.snapshots/{source.Snapshot}{inside}");
        }

        if (!text.Contains(':', StringComparison.Ordinal))
        {
            throw new CommandFailure(ExitCode.NotMounted, $"{real} is on no mount of Hartfs. Next: name a path on "
                + "one, or VOLUME:/PATH of a volume that is not mounted.");
        }

        VolumePath path = VolumePath.Parse(text);
        return new SnapshotPlace(HostPath.Real(path.Volume),
            "/" + string.Join('/', path.Names.Select(System.Text.Encoding.UTF8.GetString)));
    }

    /// <summary>A path as given with a volume: from the volume's root, or on its mount.</summary>
    public static string InsideOf(string volume, string path)
    {
        FuseMountInfo? mount = Mounts.Of(volume);
        if (mount is not null && System.IO.Path.IsPathFullyQualified(path))
        {
            string real = HostPath.Real(path);
            if (Mounts.IsWithin(real, mount.MountPoint))
                return Inside(real, mount.MountPoint);
        }

        string[] names = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(name => name != ".")];
        return names.Contains("..")
            ? throw new CommandFailure(ExitCode.Usage, $"'{path}': '..' is not possible in a path of a volume.")
            : "/" + string.Join('/', names);
    }

    /// <summary>
    /// The path that something has in every tree, when it is named by its place below <c>.snapshots</c>.
    /// </summary>
    /// <param name="snapshot">Only of this snapshot; null: of any.</param>
    public static string InEveryTree(string path, string? snapshot = null)
    {
        string folder = $"/{SnapshotSet.DirectoryName}/";
        if (!path.StartsWith(folder, StringComparison.Ordinal))
            return path;
        int end = path.IndexOf('/', folder.Length);
        string name = end < 0 ? path[folder.Length..] : path[folder.Length..end];
        return snapshot is not null && name != snapshot ? path : end < 0 ? "/" : path[end..];
    }

    private static string Inside(string real, string mountPoint) =>
        real == mountPoint ? "/" : real[mountPoint.TrimEnd('/').Length..];
}
