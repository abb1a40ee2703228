using System.Diagnostics;
using System.Globalization;
using Hartfs.CrashTests.Runs;
using Hartfs.Testing.Modelling;
using Xunit;

namespace Hartfs.CrashTests;

/// <summary>
/// I1, I2 and I3: after a power cut at any moment, whatever the disk made of what was not synchronized, a volume opens
/// by itself, is whole, and is at one moment not before the last commit.
/// </summary>
/// <remarks>
/// HARTFS_CRASH_CUTS: power cuts altogether. HARTFS_CRASH_SEED: the first seed; a failure names the one to repeat.
/// </remarks>
public sealed class SimulatedDiskTests(ITestOutputHelper output)
{
    private const int CutsDefault = 1500;

    private static readonly TimeSpan RacingInterval = TimeSpan.FromMilliseconds(10);

    private static readonly CrashScenario Racing = new("racing")
    {
        Mix = () => OperationMix.Balanced.With(OperationKind.Write, 30),
    };

    private static readonly CrashScenario[] Scenarios =
    [
        new("names") { Mix = () => OperationMix.Balanced },
        new("data") { Mix = () => OperationMix.DataHeavy.With(OperationKind.Create, 6) },
        new("synced") { Mix = () => OperationMix.Balanced.With(OperationKind.Synchronize, 15), IdiomEvery = 3 },
        // Commits by age and drains by size go on beside the operations: not the same in every run.
        Racing with { Settings = Racing.Settings with { CommitInterval = RacingInterval, DirtyBytesMax = 1 << 20 } },
    ];

    [Theory]
    [InlineData("names")]
    [InlineData("data")]
    [InlineData("synced")]
    [InlineData("racing")]
    public void After_any_power_cut_the_volume_is_at_one_moment(string name)
    {
        CrashScenario scenario = Scenarios.Single(scenario => scenario.Name == name);
        int cuts = Setting("HARTFS_CRASH_CUTS", CutsDefault) / Scenarios.Length;
        int seed = Setting("HARTFS_CRASH_SEED", 1);
        long begun = Stopwatch.GetTimestamp();
        int made = 0;
        for (; made < cuts; seed++) made += CrashRun.Execute(scenario, seed);
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        output.WriteLine($"{made} cuts, {made / seconds:F0} a second, seeds to {seed - 1}");
    }

    /// <summary>The harness sees what it should: these seeds are without fault on an honest disk, above.</summary>
    [Theory]
    [InlineData("packs/", "CorruptData")]
    [InlineData("metadata.sqlite-wal", "at none of the states")]
    public void A_disk_that_lies_about_its_flushes_is_found_out(string prefix, string said)
    {
        CrashScenario scenario = Scenarios.Single(scenario => scenario.Name == "data");
        int found = 0;
        for (int seed = 1; seed <= 2; seed++)
        {
            try
            {
                CrashRun.Execute(scenario, seed, file => file.StartsWith(prefix, StringComparison.Ordinal));
            }
            catch (CrashViolation violation)
            {
                Assert.Contains(said, violation.Message, StringComparison.Ordinal);
                found++;
            }
        }

        Assert.Equal(2, found);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture,
            out int value) ? value : otherwise;
}
