using Hartfs.Benchmarks.Filesystems;
using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Ladder;

/// <summary>How a rung is made.</summary>
/// <param name="Programs">What it needs installed.</param>
internal sealed record LadderRung(
    string Name, IReadOnlyList<string> Programs, Func<Scratch, LadderSizes, IRung> Open);

/// <summary>The rungs, from the bare disk up, then the peers.</summary>
internal static class LadderRungs
{
    public const string BlockStore = "block store";
    public const string ChunkStore = "chunk store";
    public const string FileSystem = "file system";
    public const string Mounted = "hartfs";

    /// <summary>Room in a loop image beside what the workloads write.</summary>
    private const long SpareBytes = 4L << 30;

    public static IReadOnlyList<LadderRung> All { get; } =
    [
        new("host", [], (scratch, _) => new PathRung(new HostDirectory(scratch))),
        new(BlockStore, [], (scratch, _) => new BlockStoreRung(scratch)),
        new(ChunkStore, [], (scratch, _) => new ChunkStoreRung(scratch)),
        new(FileSystem, [], (scratch, _) => new FileSystemRung(scratch)),
        new(Mounted, [], (scratch, _) => new PathRung(new HartfsMount(scratch))),
        new("bindfs", ["bindfs"], (scratch, _) => new PathRung(new BindfsMount(scratch))),
        new("ext4", ["mkfs.ext4", "losetup"],
            (scratch, sizes) => new PathRung(LoopFilesystem.Ext4(scratch, ImageBytes(sizes)))),
        new("btrfs", ["mkfs.btrfs", "losetup"],
            (scratch, sizes) => new PathRung(LoopFilesystem.Btrfs(scratch, ImageBytes(sizes)))),
        new("s3ql", ["mkfs.s3ql", "mount.s3ql", "umount.s3ql"], (scratch, _) => new PathRung(new S3qlMount(scratch))),
    ];

    private static long ImageBytes(LadderSizes sizes) => (4L * sizes.FileBytes) + SpareBytes;
}
