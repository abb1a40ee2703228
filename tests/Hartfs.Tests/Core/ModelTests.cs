using System.Globalization;
using Hartfs.Core;
using Hartfs.Testing;
using Hartfs.Testing.Modelling;
using Xunit;

namespace Hartfs.Tests.Core;

/// <summary>
/// Random operations on a volume and on the model, compared one by one. HARTFS_MODEL_SEED repeats one run,
/// HARTFS_MODEL_OPERATIONS sets how many operations each run has.
/// </summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    private const int OperationsPerRun = 5000;

    private static readonly VolumeParameters SmallBlocks = new() { ChunkBytesAverage = 1024, BlockBytes = 64 << 10 };

    /// <summary>Every limit is reached all the time.</summary>
    private static readonly VolumeSettings Tight = TempVolume.Quiet with
    {
        DirtyBytesMax = 1 << 20,
        BlockCacheBytesMax = 256 << 10,
        IndexBytesMax = 64 << 10,
        WorkerCount = 2,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_volume_does_what_the_model_does(int seed) =>
        Run(seed, OperationMix.Balanced.With(OperationKind.Commit, 0.3).With(OperationKind.Reopen, 0.05),
            TempVolume.Quiet, new VolumeParameters());

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void A_volume_with_tiny_limits_does_what_the_model_does(int seed) =>
        Run(seed, OperationMix.Balanced.With(OperationKind.Commit, 0.3).With(OperationKind.Reopen, 0.05),
            Tight, SmallBlocks);

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void File_data_is_what_the_model_holds(int seed) =>
        Run(seed, OperationMix.DataHeavy.With(OperationKind.Commit, 0.5).With(OperationKind.Reopen, 0.05),
            Tight, SmallBlocks);

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    public void A_killed_volume_comes_back_at_a_moment_after_the_last_fsync(int seed) =>
        Run(seed, OperationMix.Balanced.With(OperationKind.Commit, 0.2).With(OperationKind.Crash, 0.5),
            Tight, SmallBlocks);

    private void Run(int seed, OperationMix mix, VolumeSettings settings, VolumeParameters parameters)
    {
        seed = Variable("HARTFS_MODEL_SEED", seed);
        int count = Variable("HARTFS_MODEL_OPERATIONS", OperationsPerRun);
        OperationGenerator generator = new(seed, mix);
        List<Operation> operations = [.. Enumerable.Range(0, count).Select(_ => generator.Next())];
        ModelFailure? failure = ModelRun.Execute(operations, settings, parameters);
        if (failure == null) return;

        output.WriteLine($"seed {seed}, operation {failure.Index}: {failure.Message}");
        TimeSpan budget = TimeSpan.FromSeconds(Variable("HARTFS_MODEL_SHRINK_SECONDS", 60));
        (IReadOnlyList<Operation> few, ModelFailure last) = OperationShrinker.Shrink(operations, failure,
            list => ModelRun.Execute(list, settings, parameters), budget);
        Assert.Fail($"seed {seed}, operation {failure.Index}: {failure.Message}\nshortest list found:\n" +
            string.Join('\n', few) + "\nwhich fails with: " + last.Message);
    }

    private static int Variable(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value)
            ? value
            : otherwise;
}
