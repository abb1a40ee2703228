using System.Globalization;
using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Filesystems;

/// <summary>A kernel filesystem in a sparse image file on a loop device.</summary>
internal sealed class LoopFilesystem : MountedFilesystem
{
    private readonly string _image;
    private readonly string _device;
    private readonly string _options;
    private readonly bool _isBtrfs;
    private readonly IDisposable _attached;

    private LoopFilesystem(Scratch scratch, string name, long imageBytes, string[] makeCommand, string options)
        : base(scratch, name)
    {
        _options = options;
        _isBtrfs = makeCommand[0] == "mkfs.btrfs";
        _image = scratch.NewPath($"{name}.image");
        using (FileStream file = File.Create(_image)) file.SetLength(imageBytes);
        ExternalProgram.Run(makeCommand[0], [.. makeCommand[1..], _image]);
        _device = ExternalProgram.Run("losetup", ["--find", "--show", _image]).Output.Trim();
        _attached = scratch.OnDispose(() => ExternalProgram.Run("losetup", ["--detach", _device]));
    }

    /// <summary>
    /// btrfs with zstd level 3. Metadata is kept once, not twice as mkfs does by itself on one disk: the
    /// comparison is with btrfs at its smallest.
    /// </summary>
    public static LoopFilesystem Btrfs(Scratch scratch, long imageBytes) => new(scratch, "btrfs", imageBytes,
        ["mkfs.btrfs", "--quiet", "--metadata", "single", "--data", "single"], "compress=zstd:3,noatime");

    /// <summary>ext4 as mkfs makes it, with its inode tables written at once.</summary>
    public static LoopFilesystem Ext4(Scratch scratch, long imageBytes) => new(scratch, "ext4", imageBytes,
        ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"], "noatime");

    /// <summary>
    /// btrfs: the sum of used data, metadata and system bytes, as <c>btrfs filesystem usage</c> reports it after
    /// a remount (so that freed extents are really gone). Not a balance: unused room in its chunks is not counted.
    /// ext4: the used bytes of df.
    /// </summary>
    public override long StoredBytes()
    {
        Unmount();
        Mount();
        if (!_isBtrfs)
        {
            string used = ExternalProgram.Run("df", ["-B1", "--output=used", Root]).Output.Trim().Split('\n')[^1];
            return long.Parse(used, CultureInfo.InvariantCulture);
        }

        ExternalProgram.Run("btrfs", ["filesystem", "sync", Root]);
        string usage = ExternalProgram.Run("btrfs", ["filesystem", "usage", "-b", Root]).Output;
        string line = usage.Split('\n').First(text => text.TrimStart().StartsWith("Used:", StringComparison.Ordinal));
        return long.Parse(line.Split(':')[1].Trim(), CultureInfo.InvariantCulture);
    }

    protected override void MountCore() => ExternalProgram.Run("mount", ["-o", _options, _device, Root]);

    protected override void UnmountCore() => ExternalProgram.Run("umount", [Root]);

    protected override void DisposeCore()
    {
        _attached.Dispose();
        File.Delete(_image);
    }
}
