using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Filesystems;

/// <summary>A plain directory of the disk that everything else lies on: the base of the ladder.</summary>
internal sealed class HostDirectory(Scratch scratch) : MountedFilesystem(scratch, "host")
{
    public override long StoredBytes() => Disk.AllocatedBytes(Root);

    public override void MakeCold() => Disk.DropCaches();

    protected override void MountCore()
    {
    }

    protected override void UnmountCore()
    {
    }

    protected override void DisposeCore() => Scratch.RemoveTree(Root);
}
