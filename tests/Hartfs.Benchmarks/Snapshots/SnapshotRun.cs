using System.Diagnostics;
using System.Globalization;
using System.Text;
using Hartfs.Benchmarks.Machine;
using Hartfs.Benchmarks.Reporting;
using Hartfs.Core;
using Hartfs.Core.Collection;
using Hartfs.Core.Snapshots;
using Hartfs.Format;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hartfs.Benchmarks.Snapshots;

/// <summary>Snapshots on a tree of many files, under load, and many snapshots.</summary>
internal sealed class SnapshotRun(string path, Action<string> progress)
{
    private const int FilesPerDirectory = 1000;
    private const int LoadedSnapshots = 20;
    private const int WriteBytes = 1 << 20;

    private readonly TextTable _table = new("what", "figure");

    /// <summary>Does it; a table as Markdown.</summary>
    public string Measure(int fileCount, int snapshotCount)
    {
        Volume.Create(path, new VolumeParameters());
        try
        {
            Volume volume = Open();
            using (volume)
            {
                progress($"making {fileCount} files");
                MakeTree(volume.FileSystem, fileCount);
                volume.Commit();
                progress("snapshots while files are written and made");
                UnderLoad(volume, fileCount);
                progress($"making {snapshotCount} snapshots");
                Many(volume, snapshotCount);
            }

            progress("opening");
            Reopen();
            progress("deleting");
            DeleteAll();
            progress("rolling back");
            RollBack($"100 of {fileCount:#,0} files deleted since", fileCount, fileCount / Math.Min(100, fileCount));
            RollBack("every second file deleted since", fileCount, 2);
            return _table.ToString();
        }
        finally
        {
            Scratch.RemoveTree(path);
        }
    }

    private Volume Open() => Volume.Open(path, new VolumeSettings(), NullLoggerFactory.Instance);

    private static void MakeTree(FileSystem files, int count)
    {
        InodeNumber directory = default;
        for (int index = 0; index < count; index++)
        {
            if (index % FilesPerDirectory == 0)
            {
                Check(files.MakeDirectory(InodeNumber.Root, Name("d", index), 0x1ED, 0, default, out InodeRecord made));
                directory = made.Number;
            }

            Check(files.Create(directory, Name("f", index), InodeMode.RegularFile | 0x1A4, 0, 0, default, out _));
        }
    }

    // One thread writes new data as fast as it is taken, one makes files; both note how long an operation took.
    private void UnderLoad(Volume volume, int fileCount)
    {
        bool isOver = false;
        double worstWrite = 0;
        double worstCreate = 0;
        Check(volume.FileSystem.Create(InodeNumber.Root, "data"u8, InodeMode.RegularFile | 0x1A4, 0, 0, default,
            out InodeRecord data));
        var writer = new Thread(() =>
        {
            byte[] bytes = new byte[WriteBytes];
            Random random = new(1);
            for (long offset = 0; !Volatile.Read(ref isOver); offset = (offset + WriteBytes) % (1L << 30))
            {
                random.NextBytes(bytes);
                worstWrite = Math.Max(worstWrite,
                    Time(() => Check(volume.FileSystem.Write(data.Number, offset, bytes, false, true))));
            }
        });
        var maker = new Thread(() =>
        {
            for (int index = 0; !Volatile.Read(ref isOver); index++)
            {
                worstCreate = Math.Max(worstCreate, Time(() => Check(volume.FileSystem.Create(InodeNumber.Root,
                    Name("new", index), InodeMode.RegularFile | 0x1A4, 0, 0, default, out _))));
                if (index % 64 == 0) Thread.Sleep(1);
            }
        });
        // What the machine alone does to a thread: it asks to be woken after a millisecond, and touches nothing.
        double worstSleep = 0;
        var sleeper = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver)) worstSleep = Math.Max(worstSleep, Time(() => Thread.Sleep(1)));
        });
        sleeper.Start();
        writer.Start();
        maker.Start();
        Thread.Sleep(2000);
        List<double> pauses = [];
        List<double> whole = [];
        for (int index = 0; index < LoadedSnapshots; index++)
        {
            whole.Add(Time(() => volume.Snapshots.Create(Name("loaded", index))));
            pauses.Add(volume.Snapshots.LastPause.TotalMilliseconds);
            Thread.Sleep(50);
        }

        Volatile.Write(ref isOver, true);
        writer.Join();
        maker.Join();
        sleeper.Join();
        Add($"pause of a snapshot, {fileCount:#,0} files, data and files being written: median", Median(pauses), "ms");
        Add("the same, longest of 20", pauses.Max(), "ms");
        Add("for comparison: longest sleep of a thread that asked for 1 ms, and does nothing else", worstSleep, "ms");
        Add("longest write of 1 MiB meanwhile, commits included", worstWrite, "ms");
        Add("longest creation of a file meanwhile, commits included", worstCreate, "ms");
        Add("until the command is durable, median", Median(whole), "ms");
        foreach (SnapshotRecord snapshot in volume.Snapshots.List()) volume.Snapshots.Delete(snapshot.Name);
        volume.Commit();
    }

    private void RollBack(string what, int fileCount, int step)
    {
        using Volume volume = Open();
        foreach (SnapshotRecord snapshot in volume.Snapshots.List()) volume.Snapshots.Delete(snapshot.Name);
        volume.Collection.Run(new CollectionOptions());
        volume.Snapshots.Create("then"u8);
        for (int index = 0; index < fileCount; index += step)
        {
            FileSystem files = volume.FileSystem;
            Check(files.Lookup(InodeNumber.Root, Name("d", index / FilesPerDirectory * FilesPerDirectory),
                out InodeRecord directory));
            Check(files.Unlink(directory.Number, Name("f", index)));
            files.Forget(directory.Number, 1);
        }

        volume.Commit();
        volume.Snapshots.RollBack("then"u8);
        Add($"pause of a rollback, {what}", volume.Snapshots.LastPause.TotalMilliseconds, "ms");
    }

    private void Many(Volume volume, int count)
    {
        Check(volume.FileSystem.Create(InodeNumber.Root, "changing"u8, InodeMode.RegularFile | 0x1A4, 0, 0, default,
            out InodeRecord file));
        long before = volume.GetStatistics().MetadataBytes;
        List<double> times = [];
        for (int index = 0; index < count; index++)
        {
            Check(volume.FileSystem.Write(file.Number, 0, Name("content", index), false, true));
            times.Add(Time(() => volume.Snapshots.Create(Name("s", index))));
        }

        volume.Commit();
        Add("create, first hundred, median", Median(times[..Math.Min(100, count)]), "ms");
        Add($"create, last hundred of {count:#,0}, median", Median(times[^Math.Min(100, count)..]), "ms");
        long grown = volume.GetStatistics().MetadataBytes - before;
        Add("metadata for each snapshot with one file changed", (double)grown / count, "bytes");
        Add($"list {count:#,0}", Time(() => volume.Snapshots.List()), "ms");
        VolumeTree tree = volume.Tree;
        Check(tree.Lookup(InodeNumber.Root, ".snapshots"u8, out InodeRecord all));
        List<double> browse = [];
        Random random = new(2);
        for (int index = 0; index < 200; index++)
        {
            byte[] name = Name("s", random.Next(count));
            browse.Add(Time(() =>
            {
                Check(tree.Lookup(all.Number, name, out InodeRecord top));
                Check(tree.Lookup(top.Number, "changing"u8, out InodeRecord past));
                Check(tree.Read(past.Number, 0, new byte[64], out _));
            }));
        }

        Add("enter one of them, find a file, read it, median", Median(browse), "ms");
    }

    private void Reopen()
    {
        Volume? opened = null;
        Add("open the volume", Time(() => opened = Open()), "ms");
        using SnapshotUse use = opened!.Snapshots.Use(Name("s", 0));
        Add("one of them as a tree of its own", Time(() =>
            Check(use.FileSystem.Lookup(InodeNumber.Root, "changing"u8, out _))), "ms");
        use.Dispose();
        opened.Dispose();
    }

    private void DeleteAll()
    {
        using Volume volume = Open();
        List<double> times = [];
        foreach (SnapshotRecord snapshot in volume.Snapshots.List().Take(200))
            times.Add(Time(() => volume.Snapshots.Delete(snapshot.Name)));
        Add("delete one, median", Median(times), "ms");
    }

    private void Add(string what, double figure, string unit) =>
        _table.Add(what, string.Create(CultureInfo.InvariantCulture, $"{figure:#,0.##} {unit}"));

    private static double Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(List<double> figures) => figures.Order().ElementAt(figures.Count / 2);

    private static byte[] Name(string prefix, int index) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{prefix}{index}"));

    private static void Check(FsError error)
    {
        if (error != FsError.None) throw new BenchmarkException($"the volume answered {error}");
    }
}
