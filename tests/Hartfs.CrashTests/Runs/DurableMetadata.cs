using Hartfs.Core.Integrity;
using Hartfs.CrashTests.Disk;
using Hartfs.CrashTests.Interop;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Integrity;
using Hartfs.Metadata.Tables;
using Hartfs.Storage;
using Hartfs.Storage.Packs;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hartfs.CrashTests.Runs;

/// <summary>
/// The metadata that a disk holds, looked at without a volume, which would move and delete what is to be seen: whether
/// all that a commit names is there (I1), and whether a pack that goes is one that no commit names any more (I3).
/// </summary>
internal sealed class DurableMetadata : IDisposable
{
    private const string Name = "metadata.sqlite";

    // guards: the directory
    private readonly Lock _lock = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("hartfs-durable-").FullName;
    private readonly PackNames _packs = new("packs", "pack");
    private readonly MetadataSettings _settings = new() { CacheBytesMax = 1 << 20 };

    /// <summary>Packs whose deletion was looked at.</summary>
    public int DeletionCount { get; private set; }

    /// <summary>Throws when the metadata that a power cut left name a byte of a pack that it did not leave.</summary>
    public void RequirePacks(IReadOnlyDictionary<string, byte[]> left)
    {
        lock (_lock)
        {
            using MetadataStore metadata = Open(left);
            foreach (PackRecord pack in metadata.Packs.List()) Require(left, pack.Id, pack.Length);
            Require(left, metadata.State.OpenPack, metadata.State.OpenPackLength);
            List<Region> regions = [];
            metadata.Regions.Load(default, regions, int.MaxValue);
            foreach (Region region in regions)
                Require(left, region.Block.Pack, region.Block.Offset + region.Block.StoredLength);
        }
    }

    /// <summary>
    /// Throws when a pack is about to be deleted that is named by the metadata that a power cut would leave now.
    /// </summary>
    public void RequireUnnamed(SimulatedDisk disk, string segment)
    {
        if (!_packs.TryParse(segment, out PackId pack)) return;
        lock (_lock)
        {
            using MetadataStore metadata = Open(PowerCut.StrikeNow(disk, IsOfMetadata));
            List<Region> regions = [];
            if (metadata.Regions.LoadOfPack(pack, default, regions, 1) > 0)
                throw new CrashViolation($"pack {pack} is deleted, and the durable metadata name {regions[0]}");
            DeletionCount++;
        }
    }

    /// <summary>Throws when no copy of the metadata is left that is whole and says nothing contradictory.</summary>
    public void RequireCopy(IReadOnlyDictionary<string, byte[]> left, VolumeId id)
    {
        using SimulatedBlockStore store = new(new SimulatedDisk(left.Where(IsCopy).ToDictionary()));
        using MetadataCopies copies = new(store, id, NullLogger.Instance);
        foreach (CopyInfo copy in copies.List())
        {
            try
            {
                ByteBuffer bytes = new([]);
                copies.Read(copy.Number, (offset, part) => bytes.Write(offset, part.Span), CancellationToken.None);
                lock (_lock)
                {
                    using MetadataStore metadata =
                        Open(new Dictionary<string, byte[]> { [Name] = bytes.ToArray() });
                    IReadOnlyList<Violation> violations = MetadataInvariants.Check(metadata);
                    if (violations.Count > 0)
                        throw new CrashViolation("a copy of the metadata contradicts itself: " +
                            string.Join("; ", violations));
                }

                return;
            }
            catch (CorruptDataException)
            {
                // It was being written; the one before is whole.
            }
        }

        throw new CrashViolation("a copy of the metadata had been made, and there is none");
    }

    public void Dispose()
    {
        SimulatedVfs.Attach(_directory, null);
        Directory.Delete(_directory, recursive: true);
    }

    private static bool IsCopy(KeyValuePair<string, byte[]> file) =>
        file.Key.StartsWith("copies/", StringComparison.Ordinal);

    private static bool IsOfMetadata(string file) => file.StartsWith(Name, StringComparison.Ordinal);

    private void Require(IReadOnlyDictionary<string, byte[]> left, PackId pack, long length)
    {
        if (pack.Value == 0) return;
        int found = left.TryGetValue(_packs.Of(pack), out byte[]? bytes) ? bytes.Length : -1;
        if (found < length)
            throw new CrashViolation($"the metadata name {length} bytes of pack {pack}, and " +
                (found < 0 ? "there is no such pack" : $"it has {found}"));
    }

    private MetadataStore Open(IReadOnlyDictionary<string, byte[]> files)
    {
        SimulatedVfs.Attach(_directory, new SimulatedDisk(
            files.Where(entry => IsOfMetadata(entry.Key)).ToDictionary(entry => entry.Key, entry => entry.Value)));
        string path = Path.Combine(_directory, Name);
        if (!File.Exists(path)) File.Create(path).Dispose();
        return MetadataStore.Open(path, _settings, NullLogger.Instance);
    }
}
