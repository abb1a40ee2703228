using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Cli.Copying;

/// <summary>A regular file of a volume that is not mounted. Holds a reference to its inode.</summary>
internal sealed class VolumeFile(FileSystem fileSystem, InodeNumber inode, long length) : ITreeFile
{
    private long _length = length;

    public int Read(long offset, Span<byte> buffer)
    {
        VolumeDirectory.Check(fileSystem.Read(inode, offset, buffer, out int count));
        return count;
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        VolumeDirectory.Check(fileSystem.Write(inode, offset, bytes, killPrivileges: false, stampTimes: true));
        _length = Math.Max(_length, offset + bytes.Length);
    }

    public void SetLength(long length)
    {
        var change = new AttributeChange { Fields = AttributeFields.Size, Size = length };
        VolumeDirectory.Check(fileSystem.SetAttributes(inode, change, out _));
        _length = length;
    }

    public bool TryFindData(long from, out long start, out long end)
    {
        end = 0;
        FsError error = fileSystem.Seek(inode, from, data: true, out start);
        if (error == FsError.NoMoreData || from >= _length)
            return false;
        VolumeDirectory.Check(error);
        VolumeDirectory.Check(fileSystem.Seek(inode, start, data: false, out end));
        return end > start;
    }

    public void Dispose() => fileSystem.Forget(inode, 1);
}
