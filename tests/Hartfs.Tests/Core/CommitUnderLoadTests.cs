using Hartfs.Core;
using Hartfs.Format;
using Hartfs.Testing;
using Xunit;

namespace Hartfs.Tests.Core;

/// <summary>
/// Commits while a writer keeps the drain busy: what was acknowledged before one survives a kill after it.
/// </summary>
public sealed class CommitUnderLoadTests() : VolumeTest(
    TempVolume.Quiet with { DirtyBytesMax = 1 << 20, WorkerCount = 2 }, new VolumeParameters { BlockBytes = 64 << 10 })
{
    private const int PieceBytes = 16 << 10;

    [Fact]
    public void A_commit_holds_every_byte_acknowledged_before_it_while_the_drain_runs()
    {
        for (int round = 0; round < 6; round++)
        {
            InodeNumber file = MakeFile($"f{round}");
            long acknowledged = 0;
            bool stop = false;
            int seed = round;
            Thread writer = new(() =>
            {
                for (int piece = 0; !Volatile.Read(ref stop); piece++)
                {
                    Ok(Fs.Write(file, (long)piece * PieceBytes, Noise(PieceBytes, (seed << 20) + piece), false, true));
                    Volatile.Write(ref acknowledged, (piece + 1L) * PieceBytes);
                }
            });
            writer.Start();
            while (Volatile.Read(ref acknowledged) < 4 << 20)
                Thread.Sleep(1);
            long before = Volatile.Read(ref acknowledged);
            Ok(Temp.Volume.Commit());
            Volatile.Write(ref stop, true);
            writer.Join();

            Temp.Log.Expect("");
            Temp.Crash();
            InodeNumber found = Find($"f{round}");
            Assert.True(Attributes(found).Size >= before);
            byte[] piece = new byte[PieceBytes];
            for (long offset = 0; offset < before; offset += PieceBytes)
            {
                Ok(Fs.Read(found, offset, piece, out _));
                Assert.True(Noise(PieceBytes, (seed << 20) + (int)(offset / PieceBytes)).AsSpan().SequenceEqual(piece),
                    $"round {round}: bytes at {offset} of {before} are not what was written");
            }
        }
    }
}
