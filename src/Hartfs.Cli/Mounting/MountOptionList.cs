using System.Globalization;
using Hartfs.Cli.Output;
using Hartfs.Core;
using Hartfs.Core.Collection;
using Hartfs.Core.Mounting;

namespace Hartfs.Cli.Mounting;

/// <summary>
/// The values of <c>-o</c>: options of Hartfs, options that become kernel flags, and those of mount(8) and fstab(5)
/// that mean nothing to a filesystem. Anything else is refused.
/// </summary>
internal sealed class MountOptionList
{
    /// <summary>What Hartfs itself understands, for help and manual.</summary>
    public static readonly IReadOnlyList<(string Name, string Meaning)> Documented =
    [
        ("ro, rw", "refuse every change; or do not (default)"),
        ("allow_other", "let other users in (default for root; otherwise fuse.conf must permit it)"),
        ("noallow_other", "only the user who mounts, even for root"),
        ("auto_unmount", "unmount by itself when the process dies"),
        ("nonempty", "mount over a directory that is not empty"),
        ("dirty=SIZE", "bytes written but not yet stored, at most (default 256M)"),
        ("cache=SIZE", "memory for decoded data, at most (default 256M)"),
        ("index=SIZE", "memory of the fingerprint index, at most (default 128M)"),
        ("size=SIZE", "bytes that the volume may take on the disk, at most (default: what the disk has)"),
        ("readahead=SIZE", "how far the kernel reads ahead (default 512K)"),
        ("commit=SECONDS", "age at which written data becomes durable by itself (default 5)"),
        ("gc, nogc", "bring back the room of deleted data by itself (default), or only when a command asks for it"),
        ("gcdead=PERCENT", "how much of a pack has to be dead before that empties it (default 50)"),
        ("gcsize=SIZE", "how much files must have given up before it looks (default 256M)"),
        ("gcinterval=MINUTES", "time between two looks at least (default 10)"),
        ("scrub=DAYS", "days between two scrubs that it begins by itself (default 30; 0: none)"),
        ("scrubrate=SIZE", "bytes that such a scrub reads a second, at most (default 20M)"),
        ("writeback, nowriteback", "the kernel collects writes before it hands them over (default), or does not"),
        ("threads=N", "threads that take requests (default: one per processor, 2 to 16)"),
        ("workers=N", "threads that compress (default: one per processor)"),
        ("nosuid, nodev, noexec, noatime …", "the kernel's own, as in mount(8)"),
        ("snapdir=visible", "list .snapshots in the root; it can be entered in any case (default: snapdir=hidden)"),
        ("user, noauto, nofail, _netdev, x-…", "fstab's own, ignored"),
    ];

    // Set by the driver as mount flags.
    private static readonly HashSet<string> KernelFlagNames =
    [
        "nosuid", "suid", "nodev", "dev", "noexec", "exec", "noatime", "atime", "nodiratime", "diratime",
        "relatime", "strictatime", "lazytime", "sync", "async", "dirsync",
    ];

    // mount(8), fstab(5) and systemd.mount(5): for the tools around the mount, not for the filesystem.
    private static readonly HashSet<string> IgnoredNames =
    [
        "defaults", "auto", "noauto", "user", "nouser", "users", "nousers", "owner", "noowner", "group", "nogroup",
        "nofail", "_netdev", "comment", "mand", "nomand", "iversion", "noiversion", "silent", "loud", "helper",
        "uhelper", "default_permissions", "norelatime", "nostrictatime", "nolazytime",
    ];

    private readonly List<string> _kernelFlags = [];

    public bool IsReadOnly { get; private set; }

    public bool? AllowOther { get; private set; }

    public bool AutoUnmount { get; private set; }

    public bool AllowNonEmpty { get; private set; }

    public bool Writeback { get; private set; } = true;

    public long? DirtyBytes { get; private set; }

    public long? CacheBytes { get; private set; }

    public long? IndexBytes { get; private set; }

    public long StoredBytesMax { get; private set; }

    public int? ReadAheadKib { get; private set; }

    public int ThreadCount { get; private set; }

    public int WorkerCount { get; private set; }

    /// <summary>When the volume collects.</summary>
    public CollectionSettings Collection { get; private set; } = new();

    public TimeSpan? CommitInterval { get; private set; }

    /// <summary>Days between two scrubs; 0: none by itself.</summary>
    public int? ScrubDays { get; private set; }

    public long? ScrubBytesPerSecond { get; private set; }

    public bool ShowsSnapshots { get; private set; }

    public IReadOnlyList<string> KernelFlags => _kernelFlags;

    /// <summary>Reads comma-separated lists; later options win. Throws <see cref="CommandFailure"/>.</summary>
    public static MountOptionList Parse(IEnumerable<string> lists)
    {
        var options = new MountOptionList();
        foreach (string option in lists.SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries)))
            options.Add(option.Trim());
        return options;
    }

    /// <summary>The limits of the volume that these options set.</summary>
    public VolumeSettings ToSettings(string holder)
    {
        VolumeSettings defaults = VolumeSettings.Ordinary;
        return defaults with
        {
            ReadOnly = IsReadOnly,
            DirtyBytesMax = DirtyBytes ?? defaults.DirtyBytesMax,
            BlockCacheBytesMax = CacheBytes ?? defaults.BlockCacheBytesMax,
            IndexBytesMax = IndexBytes ?? defaults.IndexBytesMax,
            StoredBytesMax = StoredBytesMax,
            CommitInterval = CommitInterval ?? defaults.CommitInterval,
            WorkerCount = WorkerCount,
            Collection = Collection,
            ScrubInterval = ScrubDays is { } days
                ? days == 0 ? null : TimeSpan.FromDays(days)
                : defaults.ScrubInterval,
            ScrubBytesPerSecondMax = ScrubBytesPerSecond ?? defaults.ScrubBytesPerSecondMax,
            Holder = holder,
        };
    }

    /// <summary>The way to mount that these options ask for.</summary>
    public MountOptions ToMountOptions(string volume, string mountPoint, bool trace)
    {
        var defaults = new MountOptions { MountPoint = mountPoint };
        return defaults with
        {
            SourceName = volume,
            ReadOnly = IsReadOnly,
            AllowOther = AllowOther,
            AutoUnmount = AutoUnmount,
            AllowNonEmpty = AllowNonEmpty,
            WritebackCache = Writeback,
            ThreadCount = ThreadCount,
            ReadAheadKib = ReadAheadKib ?? defaults.ReadAheadKib,
            KernelFlags = KernelFlags,
            Trace = trace,
        };
    }

    /// <summary>
    /// The first option given here that wants the volume open in another way than it is with others; null: none does.
    /// What was not given is as it is.
    /// </summary>
    public string? FindConflict(MountOptionList open)
    {
        VolumeSettings wanted = ToSettings("");
        VolumeSettings has = open.ToSettings("");
        return DirtyBytes is not null && wanted.DirtyBytesMax != has.DirtyBytesMax ? "dirty"
            : CacheBytes is not null && wanted.BlockCacheBytesMax != has.BlockCacheBytesMax ? "cache"
            : IndexBytes is not null && wanted.IndexBytesMax != has.IndexBytesMax ? "index"
            : StoredBytesMax != 0 && wanted.StoredBytesMax != has.StoredBytesMax ? "size"
            : CommitInterval is not null && wanted.CommitInterval != has.CommitInterval ? "commit"
            : WorkerCount != 0 && wanted.WorkerCount != has.WorkerCount ? "workers"
            : ScrubDays is not null && wanted.ScrubInterval != has.ScrubInterval ? "scrub"
            : ScrubBytesPerSecond is { } rate && rate != has.ScrubBytesPerSecondMax ? "scrubrate"
            : FindCollectionConflict(open.Collection);
    }

    private string? FindCollectionConflict(CollectionSettings has)
    {
        var unset = new CollectionSettings();
        return Differs(each => each.IsAutomatic) ? "nogc"
            : Differs(each => each.DeadShareMin) ? "gcdead"
            : Differs(each => each.ReleasedBytesMin) ? "gcsize"
            : Differs(each => each.Interval) ? "gcinterval"
            : null;

        bool Differs<T>(Func<CollectionSettings, T> part) =>
            !Equals(part(Collection), part(unset)) && !Equals(part(Collection), part(has));
    }

    private void Add(string option)
    {
        int equals = option.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? option : option[..equals];
        string? value = equals < 0 ? null : option[(equals + 1)..];
        if (value is null ? AddSwitch(name) : AddValue(name, value))
            return;
        if (IgnoredNames.Contains(name) || name.StartsWith("x-", StringComparison.OrdinalIgnoreCase))
            return;
        if (value is null && KernelFlagNames.Contains(name))
        {
            _kernelFlags.Add(name);
            return;
        }

        throw new CommandFailure(ExitCode.UnknownOption,
            $"unknown mount option '{option}'. Next: hartfs mount --help lists the options.");
    }

    private bool AddSwitch(string name)
    {
        switch (name)
        {
            case "ro": IsReadOnly = true; break;
            case "rw": IsReadOnly = false; break;
            case "allow_other": AllowOther = true; break;
            case "noallow_other": AllowOther = false; break;
            case "auto_unmount": AutoUnmount = true; break;
            case "nonempty": AllowNonEmpty = true; break;
            case "gc": Collection = Collection with { IsAutomatic = true }; break;
            case "nogc": Collection = Collection with { IsAutomatic = false }; break;
            case "writeback": Writeback = true; break;
            case "nowriteback": Writeback = false; break;
            case "remount":
                throw new CommandFailure(ExitCode.UnknownOption,
                    "a mount cannot change its options. Next: hartfs unmount, then mount again.");
            case "dirty" or "cache" or "index" or "size" or "readahead" or "commit" or "threads" or "workers"
                or "snapdir" or "gcdead" or "gcsize" or "gcinterval" or "scrub" or "scrubrate":
                throw new CommandFailure(ExitCode.UnknownOption, $"mount option '{name}' needs a value: {name}=…");
            default: return false;
        }

        return true;
    }

    private bool AddValue(string name, string value)
    {
        switch (name)
        {
            case "dirty": DirtyBytes = Size(name, value, 1 << 20, long.MaxValue); break;
            case "cache": CacheBytes = Size(name, value, 1 << 20, long.MaxValue); break;
            case "index": IndexBytes = Size(name, value, 1 << 20, long.MaxValue); break;
            case "size": StoredBytesMax = Size(name, value, 1 << 20, long.MaxValue); break;
            case "readahead": ReadAheadKib = (int)(Size(name, value, 0, 1 << 30) >> 10); break;
            case "commit": CommitInterval = TimeSpan.FromSeconds(Number(name, value, 1, 3600)); break;
            case "snapdir": ShowsSnapshots = Choice(name, value, "hidden", "visible"); break;
            case "gcdead":
                Collection = Collection with { DeadShareMin = Number(name, value, 1, 100) / 100.0 };
                break;
            case "gcsize":
                Collection = Collection with { ReleasedBytesMin = Size(name, value, 1 << 20, long.MaxValue) };
                break;
            case "gcinterval":
                Collection = Collection with { Interval = TimeSpan.FromMinutes(Number(name, value, 1, 1 << 20)) };
                break;
            case "scrub": ScrubDays = Number(name, value, 0, 3650); break;
            case "scrubrate": ScrubBytesPerSecond = Size(name, value, 1 << 20, long.MaxValue); break;
            case "threads": ThreadCount = Number(name, value, 0, 64); break;
            case "workers": WorkerCount = Number(name, value, 0, 256); break;

            // /proc/mounts always shows the volume as the source and "hartfs" as the type.
            case "fsname" or "subtype" or "max_read": break;
            default: return false;
        }

        return true;
    }

    private static long Size(string name, string value, long min, long max)
    {
        if (ByteSize.TryParse(value, out long bytes) && bytes >= min && bytes <= max)
            return bytes;
        string limit = max == long.MaxValue ? $"at least {ByteSize.Format(min)}" : $"at most {ByteSize.Format(max)}";
        throw new CommandFailure(ExitCode.UnknownOption,
            $"mount option '{name}={value}': expected a size such as 64M, {limit}.");
    }

    private static bool Choice(string name, string value, string off, string on) =>
        value == on || (value == off ? false : throw new CommandFailure(ExitCode.UnknownOption,
            $"mount option '{name}={value}': expected {off} or {on}."));

    private static int Number(string name, string value, int min, int max) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number >= min && number <= max
            ? number
            : throw new CommandFailure(ExitCode.UnknownOption,
                $"mount option '{name}={value}': expected a number from {min} to {max}.");
}
