using Hartfs.Core;
using Hartfs.Testing;
using Hartfs.Testing.Modelling;
using Xunit;

namespace Hartfs.CrashTests;

/// <summary>
/// I8: a full disk refuses what needs room, keeps what it acknowledged, lets names be removed, and goes on when there
/// is room again.
/// </summary>
public sealed class FullDiskTests(ITestOutputHelper output)
{
    private const int OperationCount = 1200;

    private static readonly VolumeParameters SmallBlocks = new() { ChunkBytesAverage = 1024, BlockBytes = 64 << 10 };

    private static readonly VolumeSettings Tight = TempVolume.Quiet with
    {
        DirtyBytesMax = 1 << 20,
        BlockCacheBytesMax = 256 << 10,
        IndexBytesMax = 64 << 10,
        WorkerCount = 2,
    };

    [Theory]
    [InlineData(6, 1)]
    [InlineData(6, 10)]
    [InlineData(7, 40)]
    [InlineData(8, 100)]
    public void A_full_disk_refuses_what_has_no_room_and_keeps_the_rest(int seed, int fullFromAppend)
    {
        int refused = FullDiskRun.Execute(Generate(seed), Tight, SmallBlocks, seed, fullFromAppend);
        output.WriteLine($"{refused} operations refused");
    }

    private static List<Operation> Generate(int seed)
    {
        // Much data between commits: a small commit rides in the metadata and never meets the disk below.
        OperationMix mix = OperationMix.Balanced.With(OperationKind.Write, 40).With(OperationKind.Commit, 2);
        OperationGenerator generator = new(seed, mix);
        return [.. Enumerable.Range(0, OperationCount).Select(_ => generator.Next())];
    }
}
