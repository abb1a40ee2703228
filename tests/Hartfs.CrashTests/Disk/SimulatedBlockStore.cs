using Hartfs.Storage.BlockStores;

namespace Hartfs.CrashTests.Disk;

/// <summary>Segments on a <see cref="SimulatedDisk"/>.</summary>
internal sealed class SimulatedBlockStore(SimulatedDisk disk) : IBlockStore
{
    public long FreeBytes => 1L << 40;

    public void Append(string segment, ReadOnlySpan<byte> bytes) => disk.Append(disk.FindOrCreate(segment), bytes);

    public int ReadAt(string segment, long offset, Span<byte> buffer) => disk.Read(Find(segment), offset, buffer);

    public void Flush(string segment) => disk.Synchronize(Find(segment));

    public bool TryGetLength(string segment, out long length)
    {
        DiskFile? file = disk.Find(segment);
        length = file is null ? 0 : disk.LengthOf(file);
        return file is not null;
    }

    public IReadOnlyList<SegmentInfo> List(string prefix) =>
        [.. disk.List(prefix).Select(file => new SegmentInfo(file.Name, disk.LengthOf(file)))];

    public void Delete(string segment) => disk.Delete(segment, isDurable: false);

    public void Dispose()
    {
    }

    private DiskFile Find(string segment) =>
        disk.Find(segment) ?? throw new FileNotFoundException("no such segment", segment);
}
