using Hartfs.Storage.BlockStores;

namespace Hartfs.CrashTests.Disk;

/// <summary>Segments on a <see cref="SimulatedDisk"/>.</summary>
internal sealed class SimulatedBlockStore(SimulatedDisk disk) : IBlockStore
{
    /// <summary>Called with the name of each segment that is about to be deleted.</summary>
    public Action<string> Deleting { get; init; } = static _ => { };

    public long FreeBytes => disk.FreeBytes;

    public void Append(string segment, ReadOnlySpan<byte> bytes)
    {
        try
        {
            disk.Append(disk.FindOrCreate(segment), bytes);
        }
        catch (DiskFaultException fault)
        {
            throw Translate(fault);
        }
    }

    public int ReadAt(string segment, long offset, Span<byte> buffer)
    {
        try
        {
            return disk.Read(Find(segment), offset, buffer);
        }
        catch (DiskFaultException fault)
        {
            throw Translate(fault);
        }
    }

    public void Flush(string segment)
    {
        try
        {
            disk.Synchronize(Find(segment));
        }
        catch (DiskFaultException fault)
        {
            throw Translate(fault);
        }
    }

    private static IOException Translate(DiskFaultException fault) =>
        fault.Kind == DiskFaultKind.NoSpace ? DiskFull.Create(fault.Message) : new IOException(fault.Message, fault);

    public bool TryGetLength(string segment, out long length)
    {
        DiskFile? file = disk.Find(segment);
        length = file is null ? 0 : disk.LengthOf(file);
        return file is not null;
    }

    public IReadOnlyList<SegmentInfo> List(string prefix) =>
        [.. disk.List(prefix).Select(file => new SegmentInfo(file.Name, disk.LengthOf(file)))];

    public bool TryReserve(string segment, long bytes)
    {
        if (disk.FreeBytes < bytes) return false;
        disk.Truncate(disk.FindOrCreate(segment), bytes);
        return true;
    }

    public void Delete(string segment)
    {
        Deleting(segment);
        disk.Delete(segment, isDurable: false);
    }

    public void Dispose()
    {
    }

    private DiskFile Find(string segment) =>
        disk.Find(segment) ?? throw new FileNotFoundException("no such segment", segment);
}
