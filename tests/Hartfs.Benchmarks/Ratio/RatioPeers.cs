using Hartfs.Benchmarks.Filesystems;

namespace Hartfs.Benchmarks.Ratio;

/// <summary>Everything the ratio is measured against, in the order of the table.</summary>
internal static class RatioPeers
{
    public const string Btrfs = "btrfs zstd:3";
    public const string BtrfsDuperemove = "btrfs + duperemove";
    public const string Borg = "borg zstd,3";
    public const string Restic = "restic";
    public const string HartfsMounted = "Hartfs mounted";

    private const long BtrfsImageBytes = 64L << 30;

    public static IReadOnlyList<IRatioPeer> All { get; } =
    [
        new FilesystemPeer(Btrfs, ["mkfs.btrfs", "losetup"],
            scratch => LoopFilesystem.Btrfs(scratch, BtrfsImageBytes)),
        new FilesystemPeer(BtrfsDuperemove, ["mkfs.btrfs", "losetup", "duperemove"],
            scratch => LoopFilesystem.Btrfs(scratch, BtrfsImageBytes), FilesystemPeer.Duperemove),
        new RepositoryPeer(Borg, "borg", ["init", "--encryption", "none", "{repo}"],
            ["create", "--compression", "zstd,3", "{repo}::{name}", "{tree}"],
            ("BORG_BASE_DIR", "{home}"), ("BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK", "yes")),
        new RepositoryPeer(Restic, "restic",
            ["--repo", "{repo}", "--no-cache", "init", "--repository-version", "2"],
            ["--repo", "{repo}", "--no-cache", "--quiet", "backup", "--tag", "{name}", "{tree}"],
            ("RESTIC_PASSWORD", "benchmark"), ("HOME", "{home}")),
        ImagePeer.Squashfs,
        new RepositoryPeer("zpaq -m3", "zpaq", [], ["add", "{repo}", "{tree}", "-method", "3"]),
        new FilesystemPeer("S3QL", ["mkfs.s3ql", "mount.s3ql"], scratch => new S3qlMount(scratch)),
        ImagePeer.Dwarfs,
        new ImportPeer(),
        new FilesystemPeer(HartfsMounted, [], scratch => new HartfsMount(scratch)),
    ];
}
