using System.Globalization;
using Hartfs.Core;
using Hartfs.Metadata.Integrity;
using Hartfs.Testing;
using Hartfs.Testing.Modelling;
using Xunit;

namespace Hartfs.Tests.Core;

/// <summary>
/// Snapshots beside the model; at least 100,000 operations in all. HARTFS_MODEL_SEED repeats one run,
/// HARTFS_MODEL_OPERATIONS sets how many operations each run has, HARTFS_MODEL_SEED_OFFSET gives all runs other seeds.
/// </summary>
public sealed class SnapshotModelRunTests
{
    private const int OperationsPerRun = 26_000;

    private static readonly VolumeSettings Tight = TempVolume.Quiet with
    {
        DirtyBytesMax = 1 << 20,
        BlockCacheBytesMax = 256 << 10,
        IndexBytesMax = 64 << 10,
        WorkerCount = 2,
    };

    [Theory]
    [InlineData(101)]
    [InlineData(102)]
    [InlineData(103)]
    [InlineData(104)]
    [InlineData(105)]
    [InlineData(106)]
    public void Every_living_snapshot_is_what_the_model_was_at_its_moment(int seed)
    {
        seed = Variable("HARTFS_MODEL_SEED", seed + Variable("HARTFS_MODEL_SEED_OFFSET", 0));
        ModelFailure? failure = SnapshotRun.Execute(seed, Variable("HARTFS_MODEL_OPERATIONS", OperationsPerRun),
            seed % 2 == 0 ? Tight : TempVolume.Quiet,
            new VolumeParameters { ChunkBytesAverage = 1024, BlockBytes = 64 << 10 },
            volume => Assert.Empty(MetadataInvariants.Check(volume.Metadata)));
        Assert.True(failure is null, $"seed {seed}, operation {failure?.Index}: {failure?.Message}");
    }

    private static int Variable(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value)
            ? value
            : otherwise;
}
