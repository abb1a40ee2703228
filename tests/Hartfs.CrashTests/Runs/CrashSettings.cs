using System.Globalization;
using System.Runtime.ExceptionServices;

namespace Hartfs.CrashTests.Runs;

/// <summary>Numbers that a night's run sets in the environment.</summary>
internal static class CrashSettings
{
    public static int Get(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture,
            out int value) ? value : otherwise;

    /// <summary>Runs on a thread for each processor; the first failure is the caller's.</summary>
    public static void OnAllProcessors(Action work)
    {
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Run))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        if (failure is not null) ExceptionDispatchInfo.Capture(failure).Throw();

        void Run()
        {
            try
            {
                work();
            }
#pragma warning disable CA1031 // thrown again by the caller
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Interlocked.CompareExchange(ref failure, exception, null);
            }
        }
    }
}
