using System.Globalization;
using Hartfs.Conformance.Targets;
using Xunit;

namespace Hartfs.Conformance.Killing;

/// <summary>
/// kill -9 of the daemon under load, again and again on one volume. HARTFS_KILL_ROUNDS sets how often,
/// HARTFS_KILL_SEED repeats a sequence of delays and operations.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int WriterCount = 3;

    [Fact]
    public void A_killed_daemon_leaves_a_volume_at_one_moment_after_the_last_fsync()
    {
        int rounds = Setting("HARTFS_KILL_ROUNDS", 25);
        int seed = Setting("HARTFS_KILL_SEED", Environment.TickCount & 0xFFFF);
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        using MountedVolume volume = new();
        Dictionary<string, Dictionary<string, string>> survivors = [];
        int stepCount = 0;
        for (int round = 0; round < rounds; round++)
        {
            volume.Mount();
            string root = Path.Combine(volume.MountPoint, string.Create(CultureInfo.InvariantCulture, $"round{round}"));
            string[] directories = [.. Enumerable.Range(0, WriterCount).Select(i => Path.Combine(root, $"w{i}"))];
            foreach (string directory in directories) Directory.CreateDirectory(directory);
            Writer[] writers = [.. directories.Select(directory => new Writer(directory, random.Next()))];
            Thread[] threads = [.. writers.Select(writer => new Thread(() => writer.Run()))];
            foreach (Thread thread in threads) thread.Start();
            Thread.Sleep(random.Next(50, 2500));
            // Below a bare mount point the writers would miss their files.
            volume.KillDaemon();
            foreach (Thread thread in threads) thread.Join();
            volume.Kill();

            volume.Mount();
            string? wrong = PrefixChecker.Check(writers,
                [.. directories.Select(directory => Directory.Exists(directory) ? Writer.Read(directory) : [])]);
            Assert.True(wrong == null, $"seed {seed}, round {round}: {wrong}\n{volume.Output}");
            stepCount += writers.Sum(writer => writer.Steps.Count);
            foreach (string directory in directories.Where(Directory.Exists))
                survivors[directory] = Writer.Read(directory);
            if (random.Next(2) == 0) volume.Kill();
            else volume.Unmount();
        }

        volume.Mount();
        foreach ((string directory, Dictionary<string, string> content) in survivors)
            Assert.Equal(content.OrderBy(entry => entry.Key), Writer.Read(directory).OrderBy(entry => entry.Key));
        output.WriteLine($"{rounds} rounds, {stepCount} operations");
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value)
            ? value
            : otherwise;
}
