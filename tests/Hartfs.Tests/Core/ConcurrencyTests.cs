using System.Globalization;
using Hartfs.Core;
using Hartfs.Format;
using Hartfs.Testing;
using Xunit;

namespace Hartfs.Tests.Core;

/// <summary>Threads at once, with commits between them and limits small enough to be reached.</summary>
public sealed class ConcurrencyTests() : VolumeTest(
    TempVolume.Quiet with
    {
        DirtyBytesMax = 1 << 20,
        BlockCacheBytesMax = 512 << 10,
        WorkerCount = 2,
        CommitInterval = TimeSpan.FromMilliseconds(20),
    }, new VolumeParameters { ChunkBytesAverage = 1024, BlockBytes = 64 << 10 })
{
    private const int ThreadCount = 4;
    private const int Rounds = 300;

    [Fact]
    public void Threads_on_files_of_their_own_read_what_they_wrote()
    {
        InodeNumber shared = MakeFile("shared", Noise(500_000, 1));
        InParallel(index =>
        {
            Random random = new(index);
            InodeNumber file = MakeFile(string.Create(CultureInfo.InvariantCulture, $"f{index}"));
            byte[] expected = new byte[300_000];
            byte[] buffer = new byte[expected.Length];
            for (int round = 0; round < Rounds; round++)
            {
                int length = random.Next(1, 20_000);
                int offset = random.Next(expected.Length - length);
                random.NextBytes(expected.AsSpan(offset, length));
                Ok(Fs.Write(file, offset, expected.AsSpan(offset, length), false, true));
                if (round % 40 == 0) Ok(Fs.Synchronize(file));
                int size = (int)Attributes(file).Size;
                Ok(Fs.Read(file, 0, buffer, out int count));
                Assert.Equal(size, count);
                Assert.True(buffer.AsSpan(0, size).SequenceEqual(expected.AsSpan(0, size)), $"round {round}");
                Ok(Fs.Read(shared, random.Next(400_000), buffer.AsSpan(0, 50_000), out count));
                Assert.Equal(50_000, count);
            }
        });
        Assert.Equal(Noise(500_000, 1), ReadAll(shared));
        Temp.Reopen();
        Assert.Equal(Noise(500_000, 1), ReadAll(Find("shared")));
    }

    /// <summary>A write is seen whole or not at all: the file always holds one thread's number all over.</summary>
    [Fact]
    public void Readers_of_one_file_see_each_write_whole()
    {
        const int Length = 10_000;
        InodeNumber file = MakeFile("a", new byte[Length]);
        InParallel(index =>
        {
            byte[] bytes = new byte[Length];
            for (int round = 0; round < Rounds; round++)
            {
                if (index < 2)
                {
                    bytes.AsSpan().Fill((byte)(round % 250 + 1));
                    Ok(Fs.Write(file, 0, bytes, false, true));
                }
                else
                {
                    Ok(Fs.Read(file, 0, bytes, out int count));
                    Assert.Equal(Length, count);
                    Assert.False(bytes.AsSpan().ContainsAnyExcept(bytes[0]), $"a torn read in round {round}");
                }
            }
        });
    }

    [Fact]
    public void Threads_that_make_move_and_remove_names_leave_a_consistent_tree()
    {
        InodeNumber[] directories = [.. Enumerable.Range(0, 3).Select(i => MakeDirectory($"d{i}"))];
        InParallel(index =>
        {
            Random random = new(index);
            for (int round = 0; round < Rounds * 4; round++)
            {
                InodeNumber directory = directories[random.Next(3)];
                byte[] name = Name($"n{random.Next(6)}");
                switch (random.Next(5))
                {
                    case 0 or 1:
                        if (Fs.Create(directory, name, InodeMode.RegularFile, 0, 0, default, out InodeRecord made) ==
                            FsError.None)
                            Fs.Forget(made.Number, 1);
                        break;
                    case 2:
                        Fs.Unlink(directory, name);
                        break;
                    case 3:
                        Fs.Rename(directory, name, directories[random.Next(3)], Name($"n{random.Next(6)}"),
                            (RenameMode)random.Next(3));
                        break;
                    default:
                        if (Fs.Lookup(directory, name, out InodeRecord found) != FsError.None) break;
                        Fs.Write(found.Number, random.Next(5000), name, false, true);
                        if (Fs.Link(found.Number, directories[random.Next(3)], Name($"n{random.Next(6)}"), out _) ==
                            FsError.None)
                            Fs.Forget(found.Number, 1);
                        Fs.Forget(found.Number, 1);
                        break;
                }
            }
        });
        CheckLinkCounts(directories);
        Temp.Reopen();
        CheckLinkCounts(directories);
    }

    private void CheckLinkCounts(InodeNumber[] directories)
    {
        Dictionary<InodeNumber, uint> names = [];
        foreach (InodeNumber directory in directories)
        {
            foreach (string name in Names(directory))
            {
                Ok(Fs.Lookup(directory, Name(name), out InodeRecord inode));
                names[inode.Number] = names.GetValueOrDefault(inode.Number) + 1;
                Fs.Forget(inode.Number, 1);
            }
        }

        foreach ((InodeNumber inode, uint count) in names) Assert.Equal(count, Attributes(inode).LinkCount);
        Assert.Equal(names.Count, Temp.Volume.GetStatistics().FileCount);
    }

    private static void InParallel(Action<int> work)
    {
        Exception?[] failures = new Exception?[ThreadCount];
        Thread[] threads = [.. Enumerable.Range(0, ThreadCount).Select(index => new Thread(() =>
        {
            try
            {
                work(index);
            }
#pragma warning disable CA1031 // told by the test's own thread
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failures[index] = exception;
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.All(failures, Assert.Null);
    }
}
