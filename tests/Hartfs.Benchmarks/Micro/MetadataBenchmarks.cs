using System.Text;
using BenchmarkDotNet.Attributes;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Tables;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hartfs.Benchmarks.Micro;

/// <summary>Names, inodes and extents in the open transaction.</summary>
[Config(typeof(MicroConfig))]
public class MetadataBenchmarks : IDisposable
{
    private const int FileCount = 20_000;
    private const int SmallFileBytes = 1024;

    private readonly string _folder = Directory.CreateTempSubdirectory("hartfs-micro-").FullName;
    private readonly byte[][] _names =
        [.. Enumerable.Range(0, FileCount).Select(index => Encoding.UTF8.GetBytes($"file-{index:d6}.txt"))];
    private readonly List<Extent> _extents = [];
    private MetadataStore? _store;
    private long _directory = InodeNumber.Root.Value;
    private int _next;

    private MetadataStore Store => _store ?? throw new InvalidOperationException("Not set up.");

    [GlobalSetup]
    public void Setup()
    {
        string path = Path.Combine(_folder, "metadata.sqlite");
        MetadataStore.Create(path, NewInode(InodeNumber.Root, InodeMode.Directory), VolumeId.Create());
        _store = MetadataStore.Open(path, new MetadataSettings(), NullLogger.Instance);
        for (int index = 0; index < FileCount; index++) CreateFile();
    }

    [Benchmark]
    public long CreateFile()
    {
        if (_next % FileCount == 0) _directory = Store.Inodes.Allocate().Value;
        InodeRecord inode = NewInode(Store.Inodes.Allocate(), InodeMode.RegularFile);
        inode.Size = SmallFileBytes;
        Store.Inodes.Insert(inode);
        long cookie = Store.Entries.Insert(
            new InodeNumber(_directory), _names[_next++ % FileCount], inode.Number, inode.Mode);
        Extent extent = new(0, SmallFileBytes, ExtentKind.Data, inode.Number.Value * SmallFileBytes);
        Store.Extents.Replace(inode.Number, 0, SmallFileBytes, [extent]);
        return cookie;
    }

    [Benchmark]
    public bool LookUp()
    {
        bool isFound = Store.Entries.TryFind(new InodeNumber(2), _names[_next++ % FileCount], out Entry entry);
        return isFound && Store.Inodes.TryGet(entry.Inode, out _);
    }

    [Benchmark]
    public int LoadExtents()
    {
        _extents.Clear();
        return Store.Extents.Load(new InodeNumber(3 + (_next++ % FileCount)), 0, _extents, rowsMax: 64);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _store?.Dispose();
        _store = null;
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private static InodeRecord NewInode(InodeNumber number, int type) => new()
    {
        Number = number,
        Mode = type | 0x1A4,
        LinkCount = 1,
        ModifyTime = 1_700_000_000_000_000_000,
        ChangeTime = 1_700_000_000_000_000_000,
        AccessTime = 1_700_000_000_000_000_000,
        BirthTime = 1_700_000_000_000_000_000,
        Parent = type == InodeMode.Directory ? InodeNumber.Root : default,
    };
}
