using Xunit;

namespace Hartfs.Conformance.Targets;

/// <summary>One mounted volume for all suites of the collection.</summary>
public sealed class HartfsMount : PosixTarget
{
    private readonly MountedVolume _volume;

    public HartfsMount()
    {
        _volume = new MountedVolume();
        try
        {
            _volume.Mount();
        }
        catch
        {
            _volume.Dispose();
            throw;
        }
    }

    public override string Root => _volume.MountPoint;

    /// <summary>The kernel's own limit for 64-bit offsets in pages (MAX_LFS_FILESIZE).</summary>
    public override long FileSizeMax => long.MaxValue;

    public override bool IsHartfs => true;

    public override void Dispose() => _volume.Dispose();
}

/// <summary>The suites that share the mount.</summary>
[CollectionDefinition(Name)]
public sealed class MountCollection : ICollectionFixture<HartfsMount>
{
    public const string Name = "a hartfs mount";
}
