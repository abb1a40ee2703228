using System.Globalization;
using Hartfs.Core;
using Hartfs.Core.Integrity;
using Hartfs.Core.Snapshots;
using Hartfs.CrashTests.Disk;
using Hartfs.Format;
using Hartfs.Storage.BlockStores;
using Hartfs.Testing.Modelling;

namespace Hartfs.CrashTests.Runs;

/// <summary>
/// What keeps a volume whole, and what that is needed for: parity, copies of the metadata, scrubs, checks, repairs;
/// damage of stored bytes and contradictions in the metadata. None of it changes the tree. Not thread-safe.
/// </summary>
internal sealed class CrashUpkeep : IDisposable
{
    private static readonly byte[] NameOfNothing = "nothing"u8.ToArray();

    private readonly string _sources = Directory.CreateTempSubdirectory("hartfs-sources-").FullName;

    /// <summary>The policy of snapshots that <see cref="OperationKind.RunPolicy"/> follows.</summary>
    public static SnapshotPolicy Policy { get; } = new(Hourly: 2, Daily: 0, Weekly: 0, Monthly: 0);

    /// <summary>Places damaged so far.</summary>
    public int DamageCount { get; private set; }

    /// <summary>Whether the last copy of the metadata that was asked for was made.</summary>
    public bool IsCopied { get; private set; }

    /// <summary>Whether an operation is of this kind.</summary>
    public static bool Handles(OperationKind kind) => kind >= OperationKind.WriteParity;

    /// <summary>Whether a volume has to be put right after it.</summary>
    public static bool DoesHarm(OperationKind kind) => kind is OperationKind.Damage or OperationKind.Contradict;

    /// <summary>Carries an operation out; how the disk fails is the only expected failure.</summary>
    public FsError Apply(Volume volume, SimulatedDisk disk, Operation operation)
    {
        try
        {
            return Execute(volume, disk, operation);
        }
        catch (VolumeException failure) when (disk.Fault is { HasStruck: true })
        {
            return failure.Failure == VolumeFailure.OutOfSpace ? FsError.OutOfSpace : FsError.IoFailure;
        }
        catch (IOException failure) when (disk.Fault is { HasStruck: true })
        {
            return DiskFull.Is(failure) ? FsError.OutOfSpace : FsError.IoFailure;
        }
    }

    /// <summary>
    /// What the owner of a damaged volume does: check and repair, scrub, put back what is missing. Everything that was
    /// in it is there again then.
    /// </summary>
    public void PutRight(Volume volume)
    {
        volume.Integrity.Check(new CheckOptions { Repair = true }, null, CancellationToken.None);
        volume.Integrity.Scrub(new ScrubOptions { FromStart = true }, null, CancellationToken.None);
        volume.Integrity.Repair(new RepairOptions { Sources = [_sources] }, null, CancellationToken.None);
        RequireWhole(volume);
    }

    /// <summary>Throws when the volume knows of damage.</summary>
    public static void RequireWhole(Volume volume)
    {
        if (volume.GetStatistics().DamagedBlocks is var count and > 0)
            throw new CrashViolation($"{count} blocks are damaged: " +
                string.Join("; ", volume.Integrity.ListDamage(CancellationToken.None)));
    }

    /// <summary>Throws when there is parity of a pack that is gone: nobody would ever delete it.</summary>
    public static void RequireNoOrphans(SimulatedDisk disk)
    {
        HashSet<string> names = [.. disk.List("packs/").Select(file => file.Name)];
        foreach (string parity in names.Where(name => name.EndsWith(".parity", StringComparison.Ordinal)))
            if (!names.Contains(Path.ChangeExtension(parity, ".pack")))
                throw new CrashViolation($"{parity} has no pack");
    }

    public void Dispose() => Directory.Delete(_sources, recursive: true);

    private FsError Execute(Volume volume, SimulatedDisk disk, Operation operation)
    {
        switch (operation.Kind)
        {
            case OperationKind.WriteParity:
                volume.Integrity.WriteMissingParity(CancellationToken.None);
                return FsError.None;
            case OperationKind.CopyMetadata:
                IsCopied = volume.Integrity.CopyMetadata(CancellationToken.None);
                return FsError.None;
            case OperationKind.Scrub:
                Scrub(volume, operation);
                return FsError.None;
            case OperationKind.Check:
                return Check(volume, disk, operation);
            case OperationKind.RepairFrom:
                volume.Integrity.Repair(new RepairOptions { Sources = [_sources] }, null, CancellationToken.None);
                return FsError.None;
            case OperationKind.Damage:
                return Damage(volume, disk, operation);
            default:
                return Contradict(volume, operation);
        }
    }

    private static void Scrub(Volume volume, Operation operation)
    {
        using CancellationTokenSource stop = new();
        Stop after = new(operation.Length, stop);
        volume.Integrity.Scrub(new ScrubOptions { FromStart = operation.Mode != 0 },
            operation.Length > 0 ? after : null, stop.Token);
    }

    // With a mode: nobody has the volume mounted, and what is wrong is repaired.
    private static FsError Check(Volume volume, SimulatedDisk disk, Operation operation)
    {
        CheckOptions options = new() { Repair = operation.Mode != 0, IsMounted = operation.Mode == 0 };
        CheckReport report = volume.Integrity.Check(options, null, CancellationToken.None);
        if (report.OpenCount > 0 && disk.Fault is not { HasStruck: true })
            throw new CrashViolation("a check found: " + string.Join("; ", report.Results
                .Where(result => result is { FindingCount: > 0, IsRepaired: false })
                .SelectMany(result => result.Findings.Select(finding => $"{result.Pass.Name}: {finding}"))));
        return FsError.None;
    }

    private FsError Damage(Volume volume, SimulatedDisk disk, Operation operation)
    {
        if (volume.Commit() is var error && error != FsError.None) return error;
        DamageKind kind = (DamageKind)operation.Mode;
        byte[] content = operation.Content.ToBytes();
        if (kind == DamageKind.Content)
            File.WriteAllBytes(Path.Combine(_sources,
                operation.Content.Seed.ToString(CultureInfo.InvariantCulture)), content);
        using StoredDamage damage = new(volume, disk, new Random(operation.Content.Seed));
        damage.Make(kind, content);
        DamageCount += damage.Count;
        return FsError.None;
    }

    // As a bug or a bit of memory would; nothing is known of it but in the metadata.
    private static FsError Contradict(Volume volume, Operation operation)
    {
        FsError found = volume.FileSystem.Lookup(InodeNumber.Root, "a"u8, out InodeRecord file);
        if (found == FsError.None) volume.FileSystem.Forget(file.Number, 1);
        if (volume.Commit() is var error && error != FsError.None) return error;
        using (volume.Gate.EnterChange())
        {
            lock (volume.TreeLock)
            {
                volume.Nodes.Clear();
                volume.Metadata.Inodes.TryGet(InodeNumber.Root, out InodeRecord root);
                switch (operation.Mode)
                {
                    case 0:
                        volume.Metadata.State.FileCount += 3;
                        volume.Metadata.State.LogicalBytes++;
                        break;
                    case 1:
                        volume.Metadata.Entries.Insert(InodeNumber.Root, NameOfNothing,
                            new InodeNumber(1L << 38), InodeMode.RegularFile);
                        break;
                    case 2:
                        root.Flags ^= InodeFlags.HasXattrs;
                        volume.Metadata.Inodes.Update(root);
                        break;
                    case 3:
                        root.LinkCount++;
                        volume.Metadata.Inodes.Update(root);
                        break;
                    default:
                        if (found != FsError.None || !file.IsRegularFile
                            || !volume.Metadata.Inodes.TryGet(file.Number, out file))
                            break;
                        file.AllocatedBytes--;
                        volume.Metadata.Inodes.Update(file);
                        break;
                }
            }
        }

        return FsError.None;
    }

    /// <summary>Cancels after some reports.</summary>
    private sealed class Stop(long count, CancellationTokenSource stop) : IProgress<MaintenanceProgress>
    {
        private long _left = count;

        public void Report(MaintenanceProgress value)
        {
            if (--_left == 0) stop.Cancel();
        }
    }
}
