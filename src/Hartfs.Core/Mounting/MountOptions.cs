namespace Hartfs.Core.Mounting;

/// <summary>How a filesystem is mounted. Defaults suit one user on one machine.</summary>
public sealed record MountOptions
{
    /// <summary>The directory (Linux) or drive letter or directory (Windows) to mount on.</summary>
    public required string MountPoint { get; init; }

    /// <summary>What <c>/proc/mounts</c> shows as the source.</summary>
    public string SourceName { get; init; } = "hartfs";

    /// <summary>Refuse every change.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Let other users in. Default: when mounted by root.</summary>
    public bool? AllowOther { get; init; }

    /// <summary>Unmount by itself when the daemon dies (through fusermount3).</summary>
    public bool AutoUnmount { get; init; }

    /// <summary>Mount over a directory that is not empty.</summary>
    public bool AllowNonEmpty { get; init; }

    /// <summary>Let the kernel collect writes before it hands them over.</summary>
    public bool WritebackCache { get; init; } = true;

    /// <summary>Threads that take requests. 0: two, or one per processor up to 16.</summary>
    public int ThreadCount { get; init; }

    /// <summary>Kernel read-ahead of the mount, KiB; set after mounting where permitted.</summary>
    public int ReadAheadKib { get; init; } = 512;

    /// <summary>Plain kernel flags: nosuid, nodev, noexec, noatime, suid, dev, exec …</summary>
    public IReadOnlyList<string> KernelFlags { get; init; } = [];

    /// <summary>Print every request and reply.</summary>
    public bool Trace { get; init; }
}
