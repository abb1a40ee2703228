namespace Hartfs.Conformance.Targets;

/// <summary>A temporary directory of the host's file system: it tests the tests.</summary>
public sealed class HostDirectory : PosixTarget
{
    public HostDirectory()
    {
        Root = Directory.CreateTempSubdirectory("hartfs-host-").FullName;
        Posix.Sys.ChMod(Root, 0x1ED);
    }

    public override string Root { get; }

    /// <summary>ext4 with 4 KiB blocks: 16 TiB less one block; others can do more.</summary>
    public override long FileSizeMax => (16L << 40) - 4096;

    public override bool IsHartfs => false;

    public override void Dispose() => CommandLine.Run("rm", ["-rf", Root]);
}
