using System.Diagnostics;
using System.Globalization;
using System.Text;
using Hartfs.Benchmarks.Machine;
using Hartfs.Core;
using Hartfs.Core.Collection;
using Hartfs.Format;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hartfs.Benchmarks.Collecting;

/// <summary>A volume in this process that collects only when it is told to.</summary>
internal sealed class MeasuredVolume : IDisposable
{
    private const int FileMode = InodeMode.RegularFile | 0x1A4;

    private readonly string _path;

    public MeasuredVolume(Scratch scratch)
    {
        _path = scratch.NewPath("volume");
        Volume.Create(_path, new VolumeParameters());
        Volume = Volume.Open(_path, new VolumeSettings
        {
            Collection = new CollectionSettings { IsAutomatic = false },
        }, NullLoggerFactory.Instance);
    }

    public Volume Volume { get; }

    public static byte[] NameOf(int index) =>
        Encoding.ASCII.GetBytes(index.ToString("'f'00000000", CultureInfo.InvariantCulture));

    /// <summary>Makes an entry of the root directory, and gives the reference back.</summary>
    public InodeNumber Create(int index, ReadOnlySpan<byte> content)
    {
        Check(Volume.FileSystem.Create(InodeNumber.Root, NameOf(index), FileMode, 0, 0, default, out InodeRecord file));
        if (!content.IsEmpty)
            Check(Volume.FileSystem.Write(file.Number, 0, content, killPrivileges: false, stampTimes: false));
        Volume.FileSystem.Forget(file.Number, 1);
        return file.Number;
    }

    public void Remove(int index) => Check(Volume.FileSystem.Unlink(InodeNumber.Root, NameOf(index)));

    public void Commit() => Check(Volume.Commit());

    public CollectionResult Collect(double deadShareMin)
    {
        CollectionResult result = Volume.Collection.Run(new CollectionOptions { DeadShareMin = deadShareMin });
        Check(result.Error);
        return result;
    }

    public static void Check(FsError error)
    {
        if (error != FsError.None)
            throw new BenchmarkException($"the volume said {error}.");
    }

    /// <summary>Measures a piece of work.</summary>
    public static CollectionReading Measure(string what, string unit, Func<double> work)
    {
        long begin = Stopwatch.GetTimestamp();
        double amount = work();
        return new CollectionReading(what, amount, unit, Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }

    public void Dispose()
    {
        Volume.Dispose();
        Scratch.RemoveTree(_path);
    }
}
