using Hartfs.Format;

namespace Hartfs.Core.Snapshots;

/// <summary>A path inside a volume, from its root: bytes between slashes. Links are not followed.</summary>
public static class TreePath
{
    /// <summary>The names of a path; empty for the root.</summary>
    public static IReadOnlyList<byte[]> Split(ReadOnlySpan<byte> path)
    {
        var names = new List<byte[]>();
        foreach (Range range in path.Split((byte)'/'))
            if (path[range].Length > 0)
                names.Add(path[range].ToArray());
        return names;
    }

    /// <summary>Finds the inode at the end of names; counts no reference.</summary>
    public static FsError Find(IFileSystem tree, IEnumerable<byte[]> names, out InodeRecord inode)
    {
        FsError error = tree.GetAttributes(InodeNumber.Root, out inode);
        foreach (byte[] name in names)
        {
            if (error != FsError.None)
                return error;
            error = tree.Lookup(inode.Number, name, out inode);
            if (error == FsError.None)
                tree.Forget(inode.Number, 1);
        }

        return error;
    }

    /// <summary>As people read it.</summary>
    public static string Describe(ReadOnlySpan<byte> path) => SnapshotName.Describe(path);
}
