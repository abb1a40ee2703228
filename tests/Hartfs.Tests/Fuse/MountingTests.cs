using Hartfs.Core.Mounting;
using Hartfs.Fuse.Mounting;
using Xunit;

namespace Hartfs.Tests.Fuse;

public sealed class MountingTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hartfs-test-").FullName;
    private readonly LogRecord _log = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_mount_table_is_read_with_tags_escapes_and_subtypes()
    {
        MountEntry[] entries = [.. MountTable.Parse("""
            22 1 0:20 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw
            57 22 0:57 / /mnt/a\040b\134c rw,nosuid - fuse.hartfs /srv/my\040volume rw,user_id=0
            58 22 0:58 / /mnt/\303\274 rw - fuse none rw
            nonsense
            """)];
        Assert.Equal(3, entries.Length);
        Assert.Equal(new MountEntry("0:57", @"/mnt/a b\c", "fuse.hartfs", "/srv/my volume"), entries[1]);
        Assert.Equal("/mnt/ü", entries[2].MountPoint);
        Assert.False(entries[0].IsFuse);
        Assert.True(entries[1].IsFuse && entries[2].IsFuse);
    }

    [Fact]
    public void Commas_in_a_source_name_cannot_add_options() =>
        Assert.Equal(@"a\,allow_other\\b", Fusermount.Escape(@"a,allow_other\b"));

    [Fact]
    public void Set_user_id_and_devices_are_off_unless_asked_for()
    {
        Assert.Equal(6ul, Flags().Bits);
        Assert.Equal(["nosuid", "nodev"], Flags().Words);
        Assert.Equal(8ul, Flags("suid", "dev", "noexec").Bits);
        Assert.Equal(7ul, Flags("ro").Bits);
    }

    [Fact]
    public void An_unknown_option_is_refused_by_name()
    {
        MountException exception = Assert.Throws<MountException>(() => Flags("nosiud"));
        Assert.Equal(MountFailure.UnknownOption, exception.Failure);
        Assert.Contains("nosiud", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_mount_point_is_refused_with_the_command_that_makes_it()
    {
        string path = Path.Combine(_directory, "missing");
        MountException exception = Refused(path);
        Assert.Equal(MountFailure.MountPointMissing, exception.Failure);
        Assert.Contains($"mkdir -p {path}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_no_mount_point()
    {
        string path = Path.Combine(_directory, "file");
        File.Create(path).Dispose();
        Assert.Equal(MountFailure.MountPointMissing, Refused(path).Failure);
    }

    [Fact]
    public void A_directory_with_something_in_it_is_refused_unless_allowed()
    {
        File.Create(Path.Combine(_directory, "file")).Dispose();
        Assert.Equal(MountFailure.MountPointNotEmpty, Refused(_directory).Failure);
        Assert.Equal(_directory, MountPointCheck.Prepare(Options(_directory) with { AllowNonEmpty = true }, _log));
    }

    [Theory]
    [InlineData("", "volume")]
    [InlineData("volume", "volume")]
    [InlineData("volume/inside", "volume")]
    public void A_mount_over_or_inside_the_volume_is_refused(string mountPoint, string volume)
    {
        Directory.CreateDirectory(Path.Combine(_directory, volume, "inside"));
        MountException exception = Assert.Throws<MountException>(() => MountPointCheck.Prepare(
            Options(Path.Combine(_directory, mountPoint)) with
            {
                SourceName = Path.Combine(_directory, volume),
                AllowNonEmpty = true,
            }, _log));
        Assert.Equal(MountFailure.MountPointInUse, exception.Failure);
    }

    [Fact]
    public void A_mount_beside_a_volume_with_a_similar_name_is_allowed()
    {
        string mountPoint = Directory.CreateDirectory(Path.Combine(_directory, "volume-mount")).FullName;
        string volume = Directory.CreateDirectory(Path.Combine(_directory, "volume")).FullName;
        Assert.Equal(mountPoint, MountPointCheck.Prepare(Options(mountPoint) with { SourceName = volume }, _log));
    }

    [Fact]
    public void A_mount_point_is_resolved_through_links_and_dots()
    {
        string real = Directory.CreateDirectory(Path.Combine(_directory, "real")).FullName;
        string link = Path.Combine(_directory, "link");
        Directory.CreateSymbolicLink(link, real);
        Assert.Equal(real, MountPointCheck.Resolve(link + "/../real/./"));
        Assert.Equal(real, MountPointCheck.Resolve(link));
    }

    [Fact]
    public void Unmounting_what_is_not_mounted_says_so()
    {
        MountException exception = Assert.Throws<MountException>(() => FuseMounts.Unmount(_directory, lazy: false));
        Assert.Contains("not a Hartfs mount point", exception.Message, StringComparison.Ordinal);
        Assert.False(FuseMounts.IsStale(_directory));
    }

    private static KernelFlags Flags(params string[] words) =>
        KernelFlags.Parse(Options("/") with { KernelFlags = words });

    private static MountOptions Options(string mountPoint) => new() { MountPoint = mountPoint };

    private MountException Refused(string path) =>
        Assert.Throws<MountException>(() => MountPointCheck.Prepare(Options(path), _log));
}
