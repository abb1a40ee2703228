using System.Text;
using Hartfs.Core;
using Hartfs.Format;
using Hartfs.Testing;
using Xunit;

namespace Hartfs.Tests.Core;

/// <summary>Promises of <c>native-notes/durability.md</c> that no harness holds.</summary>
public sealed class DurabilityTests
{
    private const int RegularFile = InodeMode.RegularFile | 0x1A4;

    [Fact]
    public void What_is_left_alone_becomes_durable_by_itself()
    {
        using TempVolume volume = new(TempVolume.Quiet with { CommitInterval = TimeSpan.FromMilliseconds(20) });
        volume.Log.Expect("");
        for (int attempt = 0; ; attempt++)
        {
            Write(volume, "a", "left alone");
            Thread.Sleep(50 << Math.Min(attempt, 8));
            volume.Crash();
            if (Read(volume, "a") == "left alone") return;
            Assert.True(attempt < 10, "it never became durable");
        }
    }

    [Fact]
    public void What_was_written_is_there_after_unmounting()
    {
        using TempVolume volume = new();
        Write(volume, "a", "first");
        Write(volume, "a", "second");
        volume.Close();
        volume.Open();
        Assert.Equal("second", Read(volume, "a"));
        Assert.Null(volume.Volume.RecoveryReport);
    }

    [Fact]
    public void Unwritten_bytes_stay_below_their_cap_under_load()
    {
        const int CapBytes = 2 << 20;
        const int WriterCount = 4;
        const int PieceBytes = 64 << 10;
        using TempVolume volume = new(TempVolume.Quiet with
        {
            DirtyBytesMax = CapBytes, BlockCacheBytesMax = CapBytes,
        });
        long most = 0;
        Thread[] writers = [.. Enumerable.Range(0, WriterCount).Select(number => new Thread(() => Work(number)))];
        foreach (Thread writer in writers) writer.Start();
        foreach (Thread writer in writers) writer.Join();
        // A writer that is let in brings one piece, and a buffer is up to twice as long as what is in it.
        Assert.InRange(most, 1, 2 * (CapBytes + (WriterCount * PieceBytes)));
        Assert.Equal(FsError.None, volume.Volume.Commit());

        void Work(int number)
        {
            Random random = new(number);
            byte[] piece = new byte[PieceBytes];
            InodeNumber inode = Make(volume, $"w{number}");
            for (int count = 0; count < 100; count++)
            {
                random.NextBytes(piece);
                if (volume.FileSystem.Write(inode, count * (long)PieceBytes, piece, false, true) != FsError.None)
                    return;
                long used = volume.Volume.Budget.UsedBytes;
                for (long seen = Volatile.Read(ref most); used > seen; seen = Volatile.Read(ref most))
                    Interlocked.CompareExchange(ref most, used, seen);
            }
        }
    }

    private static InodeNumber Make(TempVolume volume, string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        FsError error = volume.FileSystem.Create(InodeNumber.Root, bytes, RegularFile, 0, 0, default,
            out InodeRecord inode);
        if (error == FsError.AlreadyExists) volume.FileSystem.Lookup(InodeNumber.Root, bytes, out inode);
        return inode.Number;
    }

    private static void Write(TempVolume volume, string name, string text) => Assert.Equal(FsError.None,
        volume.FileSystem.Write(Make(volume, name), 0, Encoding.UTF8.GetBytes(text), false, true));

    private static string Read(TempVolume volume, string name)
    {
        if (volume.FileSystem.Lookup(InodeNumber.Root, Encoding.UTF8.GetBytes(name), out InodeRecord inode) !=
            FsError.None)
            return "";
        byte[] bytes = new byte[inode.Size];
        Assert.Equal(FsError.None, volume.FileSystem.Read(inode.Number, 0, bytes, out _));
        return Encoding.UTF8.GetString(bytes);
    }
}
