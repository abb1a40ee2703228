using Hartfs.Format;
using Hartfs.Metadata;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hartfs.Tests.Metadata;

/// <summary>A metadata store in a folder of its own that goes away with it.</summary>
internal sealed class TemporaryMetadata : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hartfs-metadata-");

    public TemporaryMetadata(MetadataSettings? settings = null)
    {
        MetadataStore.Create(Path, Directory_(1, 1), Volume);
        Store = Open(settings);
    }

    public static VolumeId Volume { get; } = VolumeId.Create();

    public string Folder => _folder.FullName;

    public string Path => System.IO.Path.Combine(_folder.FullName, "metadata.sqlite");

    public MetadataStore Store { get; private set; }

    public static InodeRecord Directory_(long number, long parent) => new()
    {
        Number = new InodeNumber(number),
        Mode = InodeMode.Directory | 0x1ED,
        LinkCount = 2,
        Parent = new InodeNumber(parent),
    };

    public static InodeRecord RegularFile(InodeNumber number, long size = 0) => new()
    {
        Number = number,
        Mode = InodeMode.RegularFile | 0x1A4,
        LinkCount = 1,
        Size = size,
        AllocatedBytes = size,
    };

    public InodeNumber AddFile(long size = 0)
    {
        InodeNumber number = Store.Inodes.Allocate();
        Store.Inodes.Insert(RegularFile(number, size));
        return number;
    }

    /// <summary>Closes without a commit and opens again.</summary>
    public void Reopen(MetadataSettings? settings = null)
    {
        Store.Dispose();
        Store = Open(settings);
    }

    public void Dispose()
    {
        Store.Dispose();
        _folder.Delete(recursive: true);
    }

    private MetadataStore Open(MetadataSettings? settings) =>
        MetadataStore.Open(Path, settings ?? new MetadataSettings(), NullLogger.Instance);
}
