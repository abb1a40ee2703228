using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Filesystems;

/// <summary>S3QL over a local directory, unencrypted, its cache beside it and not counted.</summary>
internal sealed class S3qlMount : MountedFilesystem
{
    private readonly string _backend;
    private readonly string _cache;
    private readonly string _log;

    public S3qlMount(Scratch scratch)
        : base(scratch, "s3ql")
    {
        _backend = scratch.NewDirectory("s3ql-backend");
        _cache = scratch.NewDirectory("s3ql-cache");
        _log = scratch.NewPath("s3ql.log");
        ExternalProgram.Run("mkfs.s3ql", ["--plain", "--cachedir", _cache, Url]);
    }

    private string Url => $"local://{_backend}";

    public override long StoredBytes()
    {
        Unmount();
        long bytes = Disk.AllocatedBytes(_backend);
        Mount();
        return bytes;
    }

    protected override void MountCore() =>
        ExternalProgram.Run("mount.s3ql", ["--allow-root", "--cachedir", _cache, "--log", _log, Url, Root]);

    protected override void UnmountCore() => ExternalProgram.Run("umount.s3ql", [Root]);

    protected override void DisposeCore()
    {
        Scratch.RemoveTree(_backend);
        Scratch.RemoveTree(_cache);
    }
}
