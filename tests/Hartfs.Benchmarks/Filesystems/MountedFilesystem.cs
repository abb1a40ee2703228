using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Filesystems;

/// <summary>A filesystem of its own for one measurement: made, mounted, measured, thrown away.</summary>
internal abstract class MountedFilesystem : IDisposable
{
    private IDisposable? _mounted;

    protected MountedFilesystem(Scratch scratch, string name)
    {
        Scratch = scratch;
        Name = name;
        Root = scratch.NewDirectory($"{name}-mount");
    }

    /// <summary>How tables call it.</summary>
    public string Name { get; }

    /// <summary>Where its files are, while mounted.</summary>
    public string Root { get; protected init; }

    protected Scratch Scratch { get; }

    /// <summary>Makes it reachable.</summary>
    public void Mount()
    {
        MountCore();
        _mounted = Scratch.OnDispose(UnmountCore);
    }

    /// <summary>Ends the mount; everything written is on the disk afterwards.</summary>
    public void Unmount()
    {
        _mounted?.Dispose();
        _mounted = null;
    }

    /// <summary>Forgets everything that is held in memory, the filesystem's own caches included.</summary>
    public virtual void MakeCold()
    {
        Unmount();
        Disk.DropCaches();
        Mount();
    }

    /// <summary>Bytes that its content takes, its own metadata included. Mounted or not afterwards as before.</summary>
    public abstract long StoredBytes();

    public void Dispose()
    {
        Unmount();
        DisposeCore();
    }

    protected abstract void MountCore();

    protected abstract void UnmountCore();

    protected virtual void DisposeCore()
    {
    }
}
