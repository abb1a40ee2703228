using Hartfs.Cli;
using Hartfs.Cli.Mounting;
using Hartfs.Core;
using Hartfs.Core.Mounting;
using Xunit;

namespace Hartfs.Tests.Cli;

public sealed class MountOptionListTests
{
    [Fact]
    public void Without_options_everything_is_at_its_default()
    {
        var options = MountOptionList.Parse([]);
        Assert.Equal(VolumeSettings.Ordinary with { Holder = "me" }, options.ToSettings("me"));
        MountOptions expected = new() { MountPoint = "/m", SourceName = "/v" };
        Assert.Equal(expected with { KernelFlags = options.KernelFlags }, options.ToMountOptions("/v", "/m", false));
        Assert.Empty(options.KernelFlags);
    }

    [Theory]
    [InlineData("", "cache=1G,commit=30", null)]
    [InlineData("allow_other,noatime,threads=3,snapdir=visible", "", null)]
    [InlineData("cache=1G", "cache=1G,dirty=1M", null)]
    [InlineData("cache=256M", "", null)]
    [InlineData("cache=1G", "", "cache")]
    [InlineData("dirty=1M", "", "dirty")]
    [InlineData("index=1M", "", "index")]
    [InlineData("size=1G", "", "size")]
    [InlineData("commit=1", "commit=2", "commit")]
    [InlineData("workers=1", "", "workers")]
    [InlineData("nogc", "", "nogc")]
    [InlineData("gcdead=10", "", "gcdead")]
    [InlineData("gcsize=1M", "gcsize=2M", "gcsize")]
    [InlineData("gcinterval=1", "", "gcinterval")]
    [InlineData("scrub=0", "", "scrub")]
    [InlineData("scrub=30", "", null)]
    [InlineData("scrubrate=1M", "", "scrubrate")]
    public void What_is_given_must_fit_to_how_the_volume_is_open(string given, string open, string? conflict) =>
        Assert.Equal(conflict, MountOptionList.Parse([given]).FindConflict(MountOptionList.Parse([open])));

    [Fact]
    public void Every_option_reaches_what_it_is_for()
    {
        var options = MountOptionList.Parse(
            ["ro,allow_other,auto_unmount", "nonempty,nowriteback,threads=3,readahead=1M",
                "dirty=64M,cache=1G,index=32M,commit=30,workers=2"]);
        VolumeSettings settings = options.ToSettings("");
        Assert.True(settings.ReadOnly);
        Assert.Equal(64 << 20, settings.DirtyBytesMax);
        Assert.Equal(1 << 30, settings.BlockCacheBytesMax);
        Assert.Equal(32 << 20, settings.IndexBytesMax);
        Assert.Equal(TimeSpan.FromSeconds(30), settings.CommitInterval);
        Assert.Equal(2, settings.WorkerCount);
        MountOptions mount = options.ToMountOptions("/v", "/m", trace: true);
        Assert.True(mount.ReadOnly);
        Assert.True(mount.AllowOther);
        Assert.True(mount.AutoUnmount);
        Assert.True(mount.AllowNonEmpty);
        Assert.False(mount.WritebackCache);
        Assert.Equal(3, mount.ThreadCount);
        Assert.Equal(1024, mount.ReadAheadKib);
        Assert.True(mount.Trace);
    }

    [Theory]
    [InlineData("scrub=0", null, 20)]
    [InlineData("scrub=7,scrubrate=50M", 7, 50)]
    public void How_often_and_how_fast_a_mount_scrubs_by_itself_can_be_set(string given, int? days, int mebibytes)
    {
        VolumeSettings settings = MountOptionList.Parse([given]).ToSettings("");
        Assert.Equal(days is { } number ? TimeSpan.FromDays(number) : null, settings.ScrubInterval);
        Assert.Equal((long)mebibytes << 20, settings.ScrubBytesPerSecondMax);
    }

    [Fact]
    public void The_last_of_contradicting_options_counts()
    {
        var options = MountOptionList.Parse(
            ["ro,allow_other,nowriteback,cache=1M", "rw,noallow_other,writeback,cache=2M"]);
        Assert.False(options.IsReadOnly);
        Assert.False(options.AllowOther);
        Assert.True(options.Writeback);
        Assert.Equal(2 << 20, options.CacheBytes);
    }

    [Theory]
    [InlineData("defaults")]
    [InlineData("rw,noauto,user,nofail,_netdev")]
    [InlineData("user=anna,uhelper=udisks2,comment=x")]
    [InlineData("x-systemd.automount,x-gvfs-show,X-mount.mkdir=0755")]
    [InlineData("fsname=abc,subtype=hartfs,default_permissions,max_read=131072")]
    [InlineData(",,")]
    public void Options_of_fstab_and_of_other_tools_are_accepted(string list) =>
        Assert.Empty(MountOptionList.Parse([list]).KernelFlags);

    [Fact]
    public void Flags_of_the_kernel_go_to_the_driver_in_order() =>
        Assert.Equal(["nosuid", "nodev", "noatime", "exec"],
            MountOptionList.Parse(["nosuid,rw,nodev", "noatime,exec"]).KernelFlags);

    [Theory]
    [InlineData("rot13")]
    [InlineData("ro=1")]
    [InlineData("cash=1G")]
    [InlineData("nosuid=1")]
    [InlineData("cache")]
    [InlineData("cache=")]
    [InlineData("cache=lots")]
    [InlineData("cache=1K")]
    [InlineData("dirty=0")]
    [InlineData("threads=-1")]
    [InlineData("threads=1000")]
    [InlineData("commit=0")]
    [InlineData("readahead=2G")]
    [InlineData("remount")]
    public void Unknown_options_and_bad_values_are_refused_by_name(string option)
    {
        CommandFailure failure = Assert.Throws<CommandFailure>(() => MountOptionList.Parse(["ro", option]));
        Assert.Equal(ExitCode.UnknownOption, failure.Code);
        if (option != "remount")
            Assert.Contains($"'{option}'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_option_that_the_help_names_is_understood()
    {
        foreach ((string names, _) in MountOptionList.Documented)
        {
            foreach (string name in names.TrimEnd('…', ' ').Split(", "))
            {
                string option = name.Replace("=SIZE", "=16M", StringComparison.Ordinal)
                    .Replace("=SECONDS", "=7", StringComparison.Ordinal)
                    .Replace("=PERCENT", "=50", StringComparison.Ordinal)
                    .Replace("=MINUTES", "=3", StringComparison.Ordinal)
                    .Replace("=DAYS", "=30", StringComparison.Ordinal)
                    .Replace("=N", "=2", StringComparison.Ordinal);
                _ = MountOptionList.Parse([option]);
            }
        }
    }
}
