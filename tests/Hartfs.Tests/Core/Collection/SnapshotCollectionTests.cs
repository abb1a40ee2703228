using System.Text;
using Hartfs.Core;
using Hartfs.Core.Collection;
using Hartfs.Core.Snapshots;
using Hartfs.Format;
using Hartfs.Metadata.Sqlite;
using Hartfs.Testing;
using Hartfs.Testing.Modelling;
using Xunit;

namespace Hartfs.Tests.Core.Collection;

/// <summary>What snapshots hold stays, what they alone held comes back, and the figures say how much.</summary>
public sealed class SnapshotCollectionTests(ITestOutputHelper output) : CollectionTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_figures_of_a_snapshot_are_what_its_deletion_brings_back(int seed)
    {
        var random = new Random(seed);
        Dictionary<string, byte[]> live = [];
        Dictionary<string, Dictionary<string, byte[]>> snapshots = [];
        for (int round = 0; round < 12; round++)
        {
            for (int change = 0; change < 6; change++)
                Change(live, random);
            string name = $"s{round}";
            TakeSnapshot(name);
            snapshots.Add(name, new Dictionary<string, byte[]>(live));
        }

        Collect();
        while (snapshots.Count > 0)
        {
            string name = snapshots.Keys.ElementAt(random.Next(snapshots.Count));
            SnapshotFigure figure = FigureOf(name);
            VolumeStatistics before = Volume.GetStatistics();
            DropSnapshot(name);
            snapshots.Remove(name);
            Collect();
            VolumeStatistics after = Volume.GetStatistics();
            Assert.Equal(figure.UniqueBytes, before.UniqueBytes - after.UniqueBytes);
            // As stored it is right but for headers and lists: blocks are put together differently.
            Assert.InRange(before.PackBytes - after.PackBytes - figure.FreedBytes, -4096, 4096);
            Assert.Equal(BruteForce(), after.UniqueBytes);
            Verify();
        }

        Compare(live, Fs);
        CompareWithFreshVolume(live);
    }

    [Fact]
    public void Figures_are_found_out_anew_when_they_are_too_old()
    {
        Make("f", Noise(100_000, 1));
        TakeSnapshot("a");
        Assert.Equal(0, FigureOf("a").UniqueBytes);
        Remove("f");
        SnapshotFigures old = Volume.Collection.GetSnapshotFigures(
            TimeSpan.FromHours(1), TestContext.Current.CancellationToken);
        Assert.Equal(0, old.Snapshots.Single().UniqueBytes);
        Assert.Equal(100_000, FigureOf("a").UniqueBytes);
        SnapshotFigures same = Volume.Collection.GetSnapshotFigures(
            TimeSpan.Zero, TestContext.Current.CancellationToken);
        Assert.Same(same, Volume.Collection.GetSnapshotFigures(TimeSpan.Zero, TestContext.Current.CancellationToken));
        TakeSnapshot("b");
        Assert.Equal(2, Volume.Collection.GetSnapshotFigures(
            TimeSpan.FromHours(1), TestContext.Current.CancellationToken).Snapshots.Count);
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void A_volume_that_is_collected_all_the_time_does_what_the_model_does(int seed)
    {
        ModelFailure? failure = SnapshotRun.Execute(seed, 3000, SmallPacks with
        {
            DirtyBytesMax = 1 << 20,
            BlockCacheBytesMax = 256 << 10,
        }, new VolumeParameters { ChunkBytesAverage = 1024, BlockBytes = 64 << 10 }, _ => { }, collects: true);
        Assert.True(failure is null, $"seed {seed}, step {failure?.Index}: {failure?.Message}");
    }

    [Fact]
    public void A_reader_in_a_snapshot_goes_on_while_what_it_reads_is_moved()
    {
        byte[] content = Noise(2_000_000, 1);
        Make("f", content);
        Make("g", Noise(2_000_000, 2));
        TakeSnapshot("a");
        Remove("f");
        Remove("g");
        using SnapshotUse use = Volume.Snapshots.Use("a"u8);
        Ok(use.FileSystem.Lookup(InodeNumber.Root, "f"u8, out InodeRecord file));
        bool isDone = false;
        var collector = new Thread(() =>
        {
            for (int round = 0; !Volatile.Read(ref isDone); round++)
            {
                Make($"h{round}", Noise(200_000, round % 5));
                Ok(Volume.Commit());
                Remove($"h{round}");
                Ok(Volume.Collection.Run(All).Error);
            }
        });
        collector.Start();
        byte[] read = new byte[10_000];
        var random = new Random(3);
        for (int count = 0; count < 3000; count++)
        {
            int offset = random.Next(content.Length - read.Length);
            Ok(use.FileSystem.Read(file.Number, offset, read, out int length));
            Assert.True(read.AsSpan(0, length).SequenceEqual(content.AsSpan(offset, length)));
        }

        Volatile.Write(ref isDone, true);
        collector.Join();
        Verify();
    }

    private void Change(Dictionary<string, byte[]> live, Random random)
    {
        string name = $"f{random.Next(8)}";
        int kind = random.Next(4);
        if (kind == 0 && live.Remove(name))
        {
            Remove(name);
            return;
        }

        if (!live.TryGetValue(name, out byte[]? content))
        {
            // Some contents come again under other names.
            live[name] = content = Noise(random.Next(20_000, 150_000), random.Next(6));
            Make(name, content);
            return;
        }

        // Pages: no gap is too small to be worth it.
        int offset = random.Next(content.Length / 4096) * 4096;
        byte[] bytes = Noise(Math.Min(content.Length - offset, 4096 * random.Next(1, 6)), random.Next());
        content = [.. content];
        bytes.CopyTo(content, offset);
        live[name] = content;
        Ok(Fs.Lookup(InodeNumber.Root, Encoding.UTF8.GetBytes(name), out InodeRecord file));
        Ok(Fs.Write(file.Number, offset, bytes, false, true));
        Fs.Forget(file.Number, 1);
    }

    private SnapshotFigure FigureOf(string name)
    {
        SnapshotFigures figures = Volume.Collection.GetSnapshotFigures(
            TimeSpan.Zero, TestContext.Current.CancellationToken);
        long id = Volume.Snapshots.Get(Encoding.UTF8.GetBytes(name)).Id.Value;
        return figures.Snapshots.Single(figure => figure.Id == id);
    }

    /// <summary>Bytes of glyph space that any row refers to which somebody sees, each counted once.</summary>
    private long BruteForce()
    {
        const string Needed = "EXISTS (SELECT 1 FROM snapshot WHERE epoch >= born AND epoch < died)";
        lock (Volume.TreeLock)
        {
            using Statement statement = Volume.Metadata.Database.PrepareOnce(
                "SELECT reference, length FROM extent WHERE kind = 0 UNION ALL " +
                "SELECT content_glyph, content_length FROM inode WHERE content_length > 0 UNION ALL " +
                $"SELECT reference, length FROM extent_past WHERE kind = 0 AND {Needed} UNION ALL " +
                $"SELECT content_glyph, content_length FROM inode_past WHERE content_length > 0 AND {Needed} " +
                "ORDER BY 1");
            using Statement.Rows rows = statement.Query();
            long total = 0;
            long reached = 0;
            while (rows.Next())
            {
                long start = Math.Max(reached, rows.Int64(0));
                long end = rows.Int64(0) + rows.Int64(1);
                total += Math.Max(0, end - start);
                reached = Math.Max(reached, end);
            }

            return total;
        }
    }

    private void CompareWithFreshVolume(Dictionary<string, byte[]> live)
    {
        using var fresh = new TempVolume(SmallPacks, new VolumeParameters
        {
            ChunkBytesAverage = 1024,
            BlockBytes = 64 << 10,
        });
        foreach ((string name, byte[] content) in live)
        {
            Ok(fresh.FileSystem.Create(InodeNumber.Root, Encoding.UTF8.GetBytes(name), InodeMode.RegularFile | 0x1A4,
                0, 0, default, out InodeRecord inode));
            Ok(fresh.FileSystem.Write(inode.Number, 0, content, false, true));
        }

        Ok(fresh.Volume.Commit());
        long expected = fresh.Volume.GetStatistics().PackBytes;
        long actual = Volume.GetStatistics().PackBytes;
        output.WriteLine($"{actual} bytes after collections, {expected} in a fresh volume");
        // Cut in other places, and parts of chunks that came one by one are no duplicates of each other.
        Assert.InRange(actual, expected * 0.9, expected * 1.1 + 65_536);
    }

    private static void Compare(Dictionary<string, byte[]> expected, FileSystem actual)
    {
        foreach ((string name, byte[] content) in expected)
        {
            Ok(actual.Lookup(InodeNumber.Root, Encoding.UTF8.GetBytes(name), out InodeRecord inode));
            byte[] read = new byte[inode.Size];
            Ok(actual.Read(inode.Number, 0, read, out _));
            Assert.Equal(content, read);
            actual.Forget(inode.Number, 1);
        }
    }
}
