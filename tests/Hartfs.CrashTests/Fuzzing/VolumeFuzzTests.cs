using Hartfs.Core;
using Hartfs.CrashTests.Disk;
using Hartfs.CrashTests.Runs;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Integrity;
using Hartfs.Testing.Modelling;
using Xunit;

namespace Hartfs.CrashTests.Fuzzing;

/// <summary>
/// A volume whose metadata, or its log, was changed is refused with a message, or opened and walked through without a
/// crash, a hang, or more memory than it should take.
/// </summary>
public sealed class VolumeFuzzTests(ITestOutputHelper output)
{
    private static readonly CrashScenario Scenario = new("fuzzed")
    {
        Mix = () => OperationMix.Balanced.With(OperationKind.Write, 20),
        OperationCount = 60,
        SnapshotEvery = 10,
    };

    [Fact]
    public void Changed_metadata_is_refused_or_walked_through()
    {
        using CrashHost host = new(Scenario.Settings, Scenario.Parameters);
        Dictionary<string, byte[]> closed = MakeVolume(host, closes: true);
        Dictionary<string, byte[]> crashed = MakeVolume(host, closes: false);
        int opened = 0;
        FuzzRun.Execute(output, 2_500, 512 << 20, random =>
        {
            bool isLog = random.Next(3) == 0;
            Dictionary<string, byte[]> files = new(isLog ? crashed : closed, StringComparer.Ordinal);
            string name = isLog ? "metadata.sqlite-wal" : "metadata.sqlite";
            files[name] = Mutator.Mutate(files[name], random);
            if (!isLog && random.Next(2) == 0) Forge(files[name], closed[name]);
            SimulatedDisk disk = new(files);
            try
            {
                using Volume volume = host.Open(disk);
                host.ExpectAnything();
                opened++;
                Walk(volume);
            }
            catch (VolumeException failure)
            {
                Assert.NotEmpty(failure.Message);
            }
        });
        output.WriteLine($"{opened} were opened");
        Assert.True(opened > 0, "none was opened");
    }

    // Checksums as they should be over changed pages: what they let through must be harmless too.
    private static void Forge(Span<byte> changed, ReadOnlySpan<byte> original)
    {
        uint tag = MetadataPage.ReadTag(original[..MetadataPage.Size]);
        for (int page = 0; page < changed.Length / MetadataPage.Size; page++)
            MetadataPage.Seal(changed.Slice(page * MetadataPage.Size, MetadataPage.Size), page + 1, tag);
    }

    private static void Walk(Volume volume)
    {
        try
        {
            lock (volume.TreeLock) MetadataInvariants.Check(volume.Metadata);
            CrashModel.Dump(volume);
        }
        catch (Exception failure) when (failure is MetadataException or ModelMismatchException
            or InvalidOperationException or InvalidDataException)
        {
            // The drivers' guards make EIO of it, and log the request.
        }
    }

    private static Dictionary<string, byte[]> MakeVolume(CrashHost host, bool closes)
    {
        SimulatedDisk disk = new(host.NewVolume);
        using Volume volume = host.Open(disk);
        TreeRunner runner = new(new ProductTree(volume.FileSystem));
        foreach (Operation operation in Scenario.Generate(1, Scenario.OperationCount, isFirst: true))
            CrashModel.Apply(volume, runner, operation);
        Assert.Equal(FsError.None, volume.Commit());
        if (!closes) return disk.Snapshot();
        volume.Dispose();
        return disk.Snapshot();
    }
}
