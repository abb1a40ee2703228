using System.Diagnostics;
using Hartfs.CrashTests.Runs;
using Xunit;

namespace Hartfs.CrashTests.Fuzzing;

/// <summary>
/// Gives one target many inputs, each made from a seed of its own. What throws, hangs or takes more memory than it may
/// fails with the seed. HARTFS_FUZZ_SCALE: how many times the usual number; HARTFS_FUZZ_SEED: the first seed.
/// </summary>
internal static class FuzzRun
{
    /// <summary>An input that takes longer than this hangs; generous, for machines under load.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="output">Told how many inputs there were.</param>
    /// <param name="count">Inputs in an ordinary run.</param>
    /// <param name="allocationMax">Managed bytes that one input may take.</param>
    /// <param name="tryOne">Makes an input and gives it to the target; asserts what is to be asserted.</param>
    public static void Execute(ITestOutputHelper output, int count, long allocationMax, Action<Random> tryOne)
    {
        int first = CrashSettings.Get("HARTFS_FUZZ_SEED", 1);
        int end = first + (count * CrashSettings.Get("HARTFS_FUZZ_SCALE", 1));
        int seed = first;
        Exception? failure = null;
        Thread worker = new(Work) { IsBackground = true };
        long begun = Stopwatch.GetTimestamp();
        worker.Start();
        for (int seen = -1; !worker.Join(Patience);)
        {
            int now = Volatile.Read(ref seed);
            Assert.True(now != seen, $"seed {now} does not come back");
            seen = now;
        }

        if (failure is not null) throw new InvalidOperationException($"seed {seed}: {failure.Message}", failure);
        output.WriteLine($"{end - first} inputs, {(end - first) / Stopwatch.GetElapsedTime(begun).TotalSeconds:F0} " +
            $"a second, seeds {first} to {end - 1}");

        void Work()
        {
            try
            {
                for (; seed < end; Volatile.Write(ref seed, seed + 1))
                {
                    long before = GC.GetAllocatedBytesForCurrentThread();
                    tryOne(new Random(seed));
                    long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                    Assert.True(allocated <= allocationMax, $"{allocated} bytes were allocated");
                }
            }
#pragma warning disable CA1031 // whatever the product throws is a finding
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure = exception;
            }
        }
    }
}
