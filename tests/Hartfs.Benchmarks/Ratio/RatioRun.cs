using System.Diagnostics;
using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Ratio;

/// <summary>Stores every corpus in every peer, one after another, and reads what it took.</summary>
internal sealed class RatioRun(Scratch scratch, IReadOnlyList<IRatioPeer> peers, Action<string> progress)
{
    private const long RandomBytes = 256 << 20;
    private const int RandomSeed = 20_251_120;

    /// <summary>The name of the corpus that nothing can shrink.</summary>
    public const string Incompressible = "incompressible";

    /// <summary>One reading per corpus and peer; a peer that fails is told of and left out.</summary>
    public List<RatioReading> Measure(IReadOnlyList<string> corpora)
    {
        var readings = new List<RatioReading>();
        foreach (string corpus in corpora) MeasureCorpus(Path.GetFileName(corpus), corpus, readings);

        string random = scratch.NewDirectory("random");
        WriteRandomFile(Path.Combine(random, "random.bin"));
        MeasureCorpus(Incompressible, random, readings);
        Scratch.RemoveTree(random);
        return readings;
    }

    private void MeasureCorpus(string name, string tree, List<RatioReading> readings)
    {
        long logicalBytes = Disk.LogicalBytes(tree);
        progress($"{name}: {logicalBytes / 1e6:f1} MB in {Disk.CountEntries(tree)} entries");
        string second = scratch.NewPath("second-copy");
        ExternalProgram.Run("cp", ["-a", tree, second]);
        foreach (IRatioPeer peer in peers)
        {
            try
            {
                RatioReading reading = MeasurePeer(peer, name, logicalBytes, tree, second);
                readings.Add(reading);
                progress($"  {peer.Name}: {reading.StoredBytes / 1e6:f1} MB, second copy " +
                    $"+{reading.SecondCopyBytes / 1e6:f2} MB, {reading.StoreSeconds:f1} s");
            }
            catch (BenchmarkException failure)
            {
                progress($"  {peer.Name}: failed: {failure.Message}");
            }
        }

        Scratch.RemoveTree(second);
    }

    private RatioReading MeasurePeer(IRatioPeer peer, string name, long logicalBytes, string tree, string second)
    {
        using IRatioStore store = peer.Open(scratch);
        long begin = Stopwatch.GetTimestamp();
        store.Add(tree, "first");
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        long stored = store.StoredBytes();
        store.Add(second, "second");
        return new RatioReading(name, logicalBytes, peer.Name, stored, store.StoredBytes() - stored, seconds);
    }

    private static void WriteRandomFile(string path)
    {
        var random = new Random(RandomSeed);
        byte[] buffer = new byte[1 << 20];
        using FileStream file = File.Create(path);
        for (long written = 0; written < RandomBytes; written += buffer.Length)
        {
            random.NextBytes(buffer);
            file.Write(buffer);
        }
    }
}
