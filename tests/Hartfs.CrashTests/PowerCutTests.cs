using Hartfs.Core;
using Hartfs.Testing;
using Hartfs.Testing.Modelling;
using Xunit;

namespace Hartfs.CrashTests;

/// <summary>
/// The power is cut at every flush and at many appends of a run; each time the volume must come back at a moment after
/// the last fsync, and be usable.
/// </summary>
public sealed class PowerCutTests(ITestOutputHelper output)
{
    private const int OperationCount = 1200;
    private const int AppendStep = 3;

    private static readonly VolumeParameters SmallBlocks = new() { ChunkBytesAverage = 1024, BlockBytes = 64 << 10 };

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
    public void The_power_may_be_cut_at_any_flush(int seed)
    {
        List<Operation> operations = Generate(seed);
        int flush = 1;
        while (Run(operations, seed, flush, $"flush {flush}", cutAtFlush: flush)) flush++;
        output.WriteLine($"seed {seed}: cut at {flush - 1} flushes");
        Assert.True(flush > 5, "the run must have flushes to be cut at");
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void The_power_may_be_cut_in_the_middle_of_an_append(int seed)
    {
        List<Operation> operations = Generate(seed);
        int append = 1;
        while (Run(operations, seed, append, $"append {append}", cutAtAppend: append)) append += AppendStep;
        output.WriteLine($"seed {seed}: cut at {append / AppendStep} appends");
        Assert.True(append > 10 * AppendStep, "the run must have appends to be cut at");
    }

    [Theory]
    [InlineData(6, 1)]
    [InlineData(6, 10)]
    [InlineData(7, 40)]
    [InlineData(8, 100)]
    public void A_full_disk_refuses_what_has_no_room_and_keeps_the_rest(int seed, int fullFromAppend)
    {
        int refused = FaultRun.FillDisk(Generate(seed), Tight, SmallBlocks, seed, fullFromAppend);
        output.WriteLine($"{refused} operations refused");
    }

    private static List<Operation> Generate(int seed)
    {
        // Much data between commits: a small commit rides in the metadata and never meets the disk below.
        OperationMix mix = OperationMix.Balanced.With(OperationKind.Write, 40).With(OperationKind.Commit, 2);
        OperationGenerator generator = new(seed, mix);
        return [.. Enumerable.Range(0, OperationCount).Select(_ => generator.Next())];
    }

    private static bool Run(List<Operation> operations, int seed, int survivalSeed, string where, int cutAtFlush = 0,
        int cutAtAppend = 0)
    {
        try
        {
            return FaultRun.CutPower(operations, Tight, SmallBlocks, survivalSeed, faults =>
            {
                faults.PowerCutAtFlush = cutAtFlush;
                faults.PowerCutAtAppend = cutAtAppend;
            });
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"seed {seed}, cut at {where}", exception);
        }
    }
}
