using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Filesystems;

/// <summary>
/// A passthrough FUSE filesystem over a host directory: what a FUSE filesystem that stores nothing itself costs.
/// Several threads, names and attributes cached for as long as the kernel likes, pages kept over a reopen, and the
/// same read-ahead as a Hartfs mount.
/// </summary>
internal sealed class BindfsMount(Scratch scratch) : MountedFilesystem(scratch, "bindfs")
{
    private const string Options = "kernel_cache,entry_timeout=86400,attr_timeout=86400,negative_timeout=86400";
    private const int ReadAheadKib = 512;

    private readonly string _below = scratch.NewDirectory("bindfs-below");

    public override long StoredBytes() => Disk.AllocatedBytes(_below);

    protected override void MountCore()
    {
        ExternalProgram.Run("bindfs", ["--multithreaded", "-o", Options, _below, Root]);
        Disk.SetReadAhead(Root, ReadAheadKib);
    }

    protected override void UnmountCore() => ExternalProgram.Run("umount", [Root]);

    protected override void DisposeCore() => Scratch.RemoveTree(_below);
}
