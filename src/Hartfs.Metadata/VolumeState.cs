using Hartfs.Format;
using Hartfs.Metadata.Sqlite;

namespace Hartfs.Metadata;

/// <summary>The single numbers of a volume: in memory, written at commit when they changed.</summary>
public sealed class VolumeState
{
    private const int ClassCount = 256;

    // Names in table state; the order is that of Key.
    private static readonly string[] Names =
    [
        "epoch", "next_inode", "next_glyph", "next_pack", "next_inline", "open_pack", "open_pack_length",
        "clean_shutdown", "logical_bytes", "data_bytes", "file_count", "directory_count", "other_count",
        "inline_bytes", "compatible_features", "read_only_compatible_features", "incompatible_features",
        "released_bytes", "next_snapshot", "snapshots_hourly", "snapshots_daily", "snapshots_weekly",
        "snapshots_monthly",
        "scrub_pack", "scrub_offset", "scrub_begun", "scrub_done_bytes", "scrub_found", "scrub_finished",
        "scrub_damaged", "copied", "copy_number", "parity_pack",
    ];

    private readonly Statement _save;
    private readonly Statement _saveClass;
    private readonly long[] _values = new long[Names.Length];
    private readonly ClassTotals[] _classes = new ClassTotals[ClassCount];
    private readonly bool[] _classChanged = new bool[ClassCount];
    private ulong _changed;
    private bool _anyClassChanged;

    internal VolumeState(Database database)
    {
        _save = database.Prepare(
            "INSERT INTO state VALUES (CAST(? AS TEXT), ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value");
        _saveClass = database.Prepare("INSERT OR REPLACE INTO class_total VALUES (?, ?, ?, ?)");
        Load(database);
    }

    private enum Key
    {
        Epoch, NextInode, NextGlyph, NextPack, NextInline, OpenPack, OpenPackLength,
        CleanShutdown, LogicalBytes, DataBytes, FileCount, DirectoryCount, OtherCount,
        InlineBytes, CompatibleFeatures, ReadOnlyCompatibleFeatures, IncompatibleFeatures, ReleasedBytes,
        NextSnapshot, SnapshotsHourly, SnapshotsDaily, SnapshotsWeekly, SnapshotsMonthly,
        ScrubPack, ScrubOffset, ScrubBegun, ScrubDoneBytes, ScrubFound, ScrubFinished,
        ScrubDamaged, Copied, CopyNumber, ParityPack,
    }

    /// <summary>The first glyph not yet allocated or leased.</summary>
    public Glyph NextGlyph
    {
        get => new(this[Key.NextGlyph]);
        set => this[Key.NextGlyph] = value.Value;
    }

    /// <summary>The number of the next pack.</summary>
    public PackId NextPack
    {
        get => new(this[Key.NextPack]);
        set => this[Key.NextPack] = value.Value;
    }

    /// <summary>The pack being appended to; number 0 when there is none.</summary>
    public PackId OpenPack
    {
        get => new(this[Key.OpenPack]);
        set => this[Key.OpenPack] = value.Value;
    }

    /// <summary>Bytes of <see cref="OpenPack"/> that are durable.</summary>
    public long OpenPackLength
    {
        get => this[Key.OpenPackLength];
        set => this[Key.OpenPackLength] = value;
    }

    /// <summary>Whether the volume was closed in order: cleared by its owner after opening, set at the end.</summary>
    public bool CleanShutdown
    {
        get => this[Key.CleanShutdown] != 0;
        set => this[Key.CleanShutdown] = value ? 1 : 0;
    }

    /// <summary>Sum of the sizes of regular files, bytes. Kept by the inode table.</summary>
    public long LogicalBytes { get => this[Key.LogicalBytes]; internal set => this[Key.LogicalBytes] = value; }

    /// <summary>Bytes of files that are neither holes nor fills. Kept by the extent table.</summary>
    public long DataBytes { get => this[Key.DataBytes]; internal set => this[Key.DataBytes] = value; }

    /// <summary>Regular files. Kept by the inode table.</summary>
    public long FileCount { get => this[Key.FileCount]; internal set => this[Key.FileCount] = value; }

    /// <summary>Directories, the root included. Kept by the inode table.</summary>
    public long DirectoryCount { get => this[Key.DirectoryCount]; internal set => this[Key.DirectoryCount] = value; }

    /// <summary>Inodes that are neither. Kept by the inode table.</summary>
    public long OtherCount { get => this[Key.OtherCount]; internal set => this[Key.OtherCount] = value; }

    /// <summary>Bits of features that a program without them may not write beside.</summary>
    public long ReadOnlyCompatibleFeatures => this[Key.ReadOnlyCompatibleFeatures];

    /// <summary>Bits of features that a program without them may not even read.</summary>
    public long IncompatibleFeatures => this[Key.IncompatibleFeatures];

    /// <summary>
    /// Bytes of data that extents have given up since a collection last looked: how much there may be to collect, an
    /// upper estimate, because others may refer to the same bytes. Kept by the extent table and by pruning.
    /// </summary>
    public long ReleasedBytes { get => this[Key.ReleasedBytes]; internal set => this[Key.ReleasedBytes] = value; }

    /// <summary>
    /// The newest epoch that somebody reads, 0 for none: a row born in it or before is kept when it changes. Not
    /// persisted: when the metadata is opened, snapshots alone have readers.
    /// </summary>
    internal long KeptEpoch { get; set; }

    /// <summary>A collection has looked at what had been released before it began.</summary>
    public void ForgetReleased(long bytes) => ReleasedBytes = Math.Max(0, ReleasedBytes - bytes);

    /// <summary>The pack that the scrub under way goes on with; number 0 to begin.</summary>
    public PackId ScrubPack
    {
        get => new(this[Key.ScrubPack]);
        set => this[Key.ScrubPack] = value.Value;
    }

    /// <summary>Bytes of <see cref="ScrubPack"/> that are verified.</summary>
    public long ScrubOffset { get => this[Key.ScrubOffset]; set => this[Key.ScrubOffset] = value; }

    /// <summary>When the scrub under way began, nanoseconds since 1970-01-01 UTC; 0: none is.</summary>
    public long ScrubBegunTime { get => this[Key.ScrubBegun]; set => this[Key.ScrubBegun] = value; }

    /// <summary>Stored bytes that it has verified.</summary>
    public long ScrubDoneBytes { get => this[Key.ScrubDoneBytes]; set => this[Key.ScrubDoneBytes] = value; }

    /// <summary>Damaged blocks that it came by.</summary>
    public long ScrubFoundCount { get => this[Key.ScrubFound]; set => this[Key.ScrubFound] = value; }

    /// <summary>When the last whole scrub ended, nanoseconds since 1970-01-01 UTC; 0: never.</summary>
    public long ScrubFinishedTime { get => this[Key.ScrubFinished]; set => this[Key.ScrubFinished] = value; }

    /// <summary>Damaged blocks that it came by.</summary>
    public long ScrubDamagedCount { get => this[Key.ScrubDamaged]; set => this[Key.ScrubDamaged] = value; }

    /// <summary>Of how many hours the policy keeps a snapshot.</summary>
    public int HourlySnapshots
    {
        get => (int)this[Key.SnapshotsHourly];
        set => this[Key.SnapshotsHourly] = value;
    }

    /// <summary>Of how many days the policy keeps a snapshot.</summary>
    public int DailySnapshots { get => (int)this[Key.SnapshotsDaily]; set => this[Key.SnapshotsDaily] = value; }

    /// <summary>Of how many weeks the policy keeps a snapshot.</summary>
    public int WeeklySnapshots
    {
        get => (int)this[Key.SnapshotsWeekly];
        set => this[Key.SnapshotsWeekly] = value;
    }

    /// <summary>Of how many months the policy keeps a snapshot.</summary>
    public int MonthlySnapshots
    {
        get => (int)this[Key.SnapshotsMonthly];
        set => this[Key.SnapshotsMonthly] = value;
    }

    /// <summary>When the last copy of the metadata was taken, nanoseconds since 1970-01-01 UTC; 0: never.</summary>
    public long CopyTime { get => this[Key.Copied]; set => this[Key.Copied] = value; }

    /// <summary>The copy of the metadata that was completed last; number 0: none. One behind it may be torn.</summary>
    public PackId LastCopy
    {
        get => new(this[Key.CopyNumber]);
        set => this[Key.CopyNumber] = value.Value;
    }

    /// <summary>
    /// The pack whose parity is being written, or was at a crash: what there is of it does not count; number 0: none.
    /// </summary>
    public PackId ParityPack
    {
        get => new(this[Key.ParityPack]);
        set => this[Key.ParityPack] = value.Value;
    }

    internal long Epoch { get => this[Key.Epoch]; private set => this[Key.Epoch] = value; }

    /// <summary>The epoch of a reader without a snapshot; 0 for none.</summary>
    internal long HeldEpoch { get; set; }

    internal long NextSnapshot { get => this[Key.NextSnapshot]; set => this[Key.NextSnapshot] = value; }

    internal long NextInode { get => this[Key.NextInode]; set => this[Key.NextInode] = value; }

    internal long NextInline { get => this[Key.NextInline]; set => this[Key.NextInline] = value; }

    internal long InlineBytes { get => this[Key.InlineBytes]; set => this[Key.InlineBytes] = value; }

    /// <summary>Whether something waits for <see cref="Save"/>.</summary>
    internal bool IsChanged => _changed != 0 || _anyClassChanged;

    private long this[Key key]
    {
        get => _values[(int)key];
        set
        {
            if (_values[(int)key] == value)
                return;
            _values[(int)key] = value;
            _changed |= 1UL << (int)key;
        }
    }

    /// <summary>What a content class holds.</summary>
    public ClassTotals GetClass(ContentClass contentClass) => _classes[(int)contentClass];

    /// <summary>Forgets what the classes hold, to count it anew.</summary>
    public void ClearClasses()
    {
        for (int index = 0; index < ClassCount; index++)
        {
            _classChanged[index] = _classes[index] != default;
            _anyClassChanged |= _classChanged[index];
            _classes[index] = default;
        }
    }

    /// <summary>Changes what a content class holds; negative differences when chunks go.</summary>
    public void AddToClass(ContentClass contentClass, in ClassTotals difference)
    {
        ref ClassTotals totals = ref _classes[(int)contentClass];
        totals = new ClassTotals(
            totals.Chunks + difference.Chunks,
            totals.UniqueBytes + difference.UniqueBytes,
            totals.CompressedBytes + difference.CompressedBytes);
        _classChanged[(int)contentClass] = true;
        _anyClassChanged = true;
    }

    /// <summary>Ends the epoch, whose rows are kept from now on, and begins the next. Returns the new one.</summary>
    internal long EndEpoch()
    {
        KeptEpoch = Epoch;
        return ++Epoch;
    }

    /// <summary>Writes what changed into the open transaction.</summary>
    internal void Save()
    {
        for (int key = 0; _changed != 0; key++, _changed >>= 1)
            if ((_changed & 1) != 0)
                _save.Bind(1, System.Text.Encoding.UTF8.GetBytes(Names[key])).Bind(2, _values[key]).Execute();
        for (int index = 0; _anyClassChanged && index < ClassCount; index++)
        {
            if (!_classChanged[index])
                continue;
            ClassTotals totals = _classes[index];
            _saveClass.Bind(1, index).Bind(2, totals.Chunks).Bind(3, totals.UniqueBytes)
                .Bind(4, totals.CompressedBytes).Execute();
            _classChanged[index] = false;
        }
        _anyClassChanged = false;
    }

    private void Load(Database database)
    {
        this[Key.Epoch] = 1;
        this[Key.NextInode] = InodeNumber.Root.Value + 1;
        this[Key.NextGlyph] = 1;
        this[Key.NextPack] = 1;
        this[Key.NextInline] = 1;
        this[Key.NextSnapshot] = 1;
        using Statement names = database.PrepareOnce("SELECT name, value FROM state");
        using Statement.Rows rows = names.Query();
        while (rows.Next())
        {
            int key = Array.IndexOf(Names, rows.Text(0));
            if (key >= 0)
                _values[key] = rows.Int64(1);
        }
        _changed = 0;
        using Statement totals = database.PrepareOnce("SELECT * FROM class_total");
        using Statement.Rows classes = totals.Query();
        while (classes.Next())
            _classes[(byte)classes.Int64(0)] = new(classes.Int64(1), classes.Int64(2), classes.Int64(3));
    }
}

/// <summary>What a content class holds.</summary>
/// <param name="Chunks">Chunks stored.</param>
/// <param name="UniqueBytes">Their plain bytes.</param>
/// <param name="CompressedBytes">Stored bytes of their blocks' payloads.</param>
public readonly record struct ClassTotals(long Chunks, long UniqueBytes, long CompressedBytes);
