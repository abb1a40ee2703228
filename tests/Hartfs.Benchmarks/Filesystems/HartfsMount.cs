using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Filesystems;

/// <summary>A Hartfs volume of its own, made and mounted by the program a user runs, with its defaults.</summary>
internal sealed class HartfsMount : MountedFilesystem
{
    private readonly string _volume;

    public HartfsMount(Scratch scratch)
        : base(scratch, "hartfs")
    {
        _volume = scratch.NewPath("hartfs-volume");
        HartfsProgram.Run("create", _volume);
    }

    public override long StoredBytes()
    {
        Unmount();
        long bytes = Disk.AllocatedBytes(_volume);
        Mount();
        return bytes;
    }

    protected override void MountCore() => HartfsProgram.Run("mount", _volume, Root);

    protected override void UnmountCore() => HartfsProgram.Run("unmount", Root);

    protected override void DisposeCore() => Scratch.RemoveTree(_volume);
}
