using Hartfs.Core;
using Hartfs.CrashTests.Disk;
using Hartfs.CrashTests.Interop;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Integrity;
using Hartfs.Storage;
using Hartfs.Storage.BlockStores;
using Hartfs.Storage.Hashing;
using Hartfs.Storage.Packs;
using Hartfs.Testing;
using Hartfs.Testing.Modelling;

namespace Hartfs.CrashTests.Runs;

/// <summary>A place where volumes are opened from simulated disks, one after the other. Not thread-safe.</summary>
/// <remarks>The superblocks, written when the volume is made, lie in a real directory; all else is simulated.</remarks>
internal sealed class CrashHost : IDisposable
{
    private const int SettlingMax = 20;

    private static readonly string[] OrdinaryAfterCrash =
    [
        // Storage 1001: the open pack has a tail; 1101, 1102: an index run was not finished.
        "were committed; it is left as it is", "is damaged and is not used", "page of index run",
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("hartfs-crash-").FullName;
    private readonly VolumeSettings _settings;
    private readonly DurableMetadata _durable = new();
    private LogAssert _log = new();
    private volatile CrashViolation? _violation;

    public CrashHost(VolumeSettings settings, VolumeParameters parameters)
    {
        _settings = settings with { Time = Time };
        var disk = new SimulatedDisk(new Dictionary<string, byte[]>());
        SimulatedVfs.Attach(_directory, disk);
        Volume.Create(_directory, parameters, Time);
        // Writing the superblocks, which comes last, makes every name in the directory durable.
        disk.SynchronizeNames(disk.Find("metadata.sqlite")!);
        NewVolume = new PowerCut(disk.Position, Loss.All, 0).Strike(disk);
    }

    /// <summary>Whether the clock is put back every now and then.</summary>
    public bool ClockJumpsBack { get; init; }

    /// <summary>Whether nothing goes on beside the operations.</summary>
    public bool IsAlone => !_settings.Collection.IsAutomatic;

    /// <summary>Whether the metadata are copied or checked: not through SQLite alone.</summary>
    public bool ReadsDatabaseFile { get; init; }

    public ManualTime Time { get; } = new();

    public CrashUpkeep Upkeep { get; } = new();

    /// <summary>The time that the model lives at, nanoseconds since 1970-01-01 UTC.</summary>
    public long ModelTime { get; set; }

    /// <summary>The disk of a new volume whose power was cut right after it was made.</summary>
    public Dictionary<string, byte[]> NewVolume { get; }

    /// <summary>Opens without any flag, as a mount after a crash does.</summary>
    public Volume Open(SimulatedDisk disk) => Open(disk, readOnly: false);

    private Volume Open(SimulatedDisk disk, bool readOnly)
    {
        SimulatedVfs.Attach(_directory, disk);
        // Copies of the metadata are read from the file itself.
        if (ReadsDatabaseFile) disk.Mirror("metadata.sqlite", Path.Combine(_directory, "metadata.sqlite"));
        _log = new LogAssert();
        _violation = null;
        if (disk.Fault is not null) ExpectAnything();
        foreach (string text in OrdinaryAfterCrash) _log.Expect(text);
        return Volume.Open(_directory, _settings with { ReadOnly = readOnly }, _log, store => Replace(store, disk));
    }

    /// <summary>
    /// Opens for reading what a power cut left, and reads the tree; null when that was refused for want of recovery.
    /// Nothing may be written.
    /// </summary>
    public List<string>? ReadWithoutRecovery(SimulatedDisk disk)
    {
        int position = disk.Position;
        string log = Path.Combine(_directory, "metadata.sqlite-wal");
        // The product asks the system how long the log is.
        if (disk.Find("metadata.sqlite-wal") is { } file && disk.LengthOf(file) > 0) File.WriteAllBytes(log, [1]);
        List<string>? tree = null;
        try
        {
            using Volume volume = Open(disk, readOnly: true);
            tree = ReadTree(volume);
        }
        catch (VolumeException failure) when (failure.InnerException is MetadataException
            { Kind: MetadataFailure.NeedsRecovery })
        {
            // It says so and touches nothing: as documented.
        }
        finally
        {
            File.Delete(log);
        }

        return disk.Position == position
            ? tree
            : throw new CrashViolation("an opening for reading wrote to the disk");
    }

    /// <summary>Verifies the structure of a volume just opened, reads everything; returns the tree.</summary>
    public List<string> Inspect(Volume volume, SimulatedDisk disk)
    {
        List<Region> regions = [];
        for (int attempt = 1; ; attempt++)
        {
            IReadOnlyList<Violation> violations;
            lock (volume.TreeLock)
            {
                violations = MetadataInvariants.Check(volume.Metadata);
                volume.Metadata.Regions.Load(default, regions, int.MaxValue);
            }

            if (violations.Count == 0) break;
            // Between commits extents may name what is still on its way into a pack; a commit leaves nothing under way.
            if (attempt == SettlingMax)
                throw new CrashViolation("the metadata contradicts itself: " + string.Join("; ", violations));
            if (volume.Commit() is var error && error != FsError.None)
                throw new CrashViolation($"the first commit said {error}");
            regions.Clear();
        }

        VerifyChunks(volume, regions, disk);
        return ReadTree(volume);
    }

    /// <summary>Reads everything; returns the tree.</summary>
    public List<string> ReadTree(Volume volume)
    {
        List<string> lines = CrashModel.Dump(volume);
        if (volume.GetStatistics().CorruptReads > 0) throw new CrashViolation("stored bytes are damaged");
        VerifyLog();
        return lines;
    }

    /// <summary>Lets the clock go on before an operation, or sends it an hour back.</summary>
    public void Tick(int operation, OperationKind kind)
    {
        // So that another snapshot is due.
        if (kind == OperationKind.RunPolicy) Time.Advance(TimeSpan.FromHours(1));
        Time.Advance(ClockJumpsBack && operation % 6 == 5 ? TimeSpan.FromHours(-1) : TimeSpan.FromMilliseconds(1));
        ModelTime = Time.Nanoseconds;
    }

    /// <summary>Whether the volume said something that contains a text.</summary>
    public bool WasSaid(string text) => _log.Contains(text);

    /// <summary>Mends what the disk damaged before the power was cut.</summary>
    public void PutRight(Volume volume)
    {
        ExpectAnything();
        Upkeep.PutRight(volume);
    }

    /// <summary>From now until the next opening the volume may warn of anything.</summary>
    public void ExpectAnything() => _log.Expect("");

    /// <summary>Throws when the volume logged or did what it should not.</summary>
    public void VerifyLog()
    {
        if (_violation is { } violation) throw violation;
        _log.Verify();
    }

    /// <summary>Packs that volumes opened here have deleted.</summary>
    public int DeletionCount => _durable.DeletionCount;

    /// <summary>I1: all that a commit names is there, before anything is recovered.</summary>
    public void VerifyLeft(IReadOnlyDictionary<string, byte[]> left, bool hasCopy)
    {
        _durable.RequirePacks(left);
        if (hasCopy) _durable.RequireCopy(left, SuperblockFile.Load(_directory).Reading.Superblock!.Volume);
    }

    public void Dispose()
    {
        _durable.Dispose();
        Upkeep.Dispose();
        SimulatedVfs.Attach(_directory, null);
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>I1: every chunk that the codex names is there: the next duplicate may refer to it.</summary>
    private void VerifyChunks(Volume volume, List<Region> regions, SimulatedDisk disk)
    {
        VolumeId id = SuperblockFile.Load(_directory).Reading.Superblock!.Volume;
        using SimulatedBlockStore store = new(disk);
        using PackStore packs = new(store, id, new PackStoreSettings(), _log.CreateLogger(""));
        using BlockDecoder decoder = new();
        ChunkHasher hasher = new();
        foreach (Region region in regions)
        {
            try
            {
                VerifyChunks(region, packs, decoder, hasher);
            }
            catch (CorruptDataException)
            {
                // A collection of the volume's own may have moved it meanwhile, and deleted the pack.
                lock (volume.TreeLock)
                    if (volume.Metadata.Regions.TryFind(region.Start, out Region now) && now == region)
                        throw;
            }
        }
    }

    private static void VerifyChunks(in Region region, PackStore packs, BlockDecoder decoder, ChunkHasher hasher)
    {
        byte[] plain = new byte[region.Length];
        packs.ReadPlain(region.Block, decoder, region.OffsetInBlock, plain);
        foreach (ChunkEntry chunk in packs.ReadDirectory(region.Block).Chunks)
        {
            if (chunk.Start < region.Start || chunk.Start + chunk.Length > region.End) continue;
            if (hasher.Compute(plain.AsSpan((int)(chunk.Start - region.Start), chunk.Length)) != chunk.Fingerprint)
                throw new CrashViolation($"the chunk at glyph {chunk.Start} is not what its fingerprint says");
        }
    }

    private SimulatedBlockStore Replace(IBlockStore store, SimulatedDisk disk)
    {
        store.Dispose();
        return new SimulatedBlockStore(disk) { Deleting = segment => VerifyDeletion(disk, segment) };
    }

    // On whatever thread deletes; a background thread's failure would only be logged.
    private void VerifyDeletion(SimulatedDisk disk, string segment)
    {
        try
        {
            _durable.RequireUnnamed(disk, segment);
        }
        catch (CrashViolation violation)
        {
            _violation ??= violation;
            throw;
        }
    }
}
