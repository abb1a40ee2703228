using System.Text;
using Hartfs.Format;
using Hartfs.Metadata;
using Xunit;

namespace Hartfs.Tests.Metadata;

public sealed class MetadataSizeTests
{
    private const int Directories = 200;
    private const int FilesPerDirectory = 100;
    private const int BytesPerFileMax = 150;

    [Fact]
    public void A_small_file_with_a_name_of_twenty_bytes_costs_less_than_its_budget()
    {
        using var metadata = new TemporaryMetadata();
        Fill(metadata.Store);
        metadata.Store.Dispose();
        long bytes = new FileInfo(metadata.Path).Length / (Directories * FilesPerDirectory);
        Assert.InRange(bytes, 50, BytesPerFileMax);
    }

    // As an unpacked archive leaves them: old modification times, the others of now, contents in the inode's row.
    private static void Fill(MetadataStore store)
    {
        var random = new Random(1);
        long now = 1_763_640_000_000_000_000;
        long glyph = 1L << 40;
        for (int directory = 0; directory < Directories; directory++)
        {
            InodeNumber parent = store.Inodes.Allocate();
            store.Inodes.Insert(TemporaryMetadata.Directory_(parent.Value, 1));
            store.Entries.Insert(InodeNumber.Root, Encoding.UTF8.GetBytes($"directory-{directory}"), parent,
                InodeMode.Directory);
            for (int index = 0; index < FilesPerDirectory; index++)
            {
                InodeNumber file = store.Inodes.Allocate();
                long size = random.Next(1, 16_000);
                now += random.Next(20_000, 60_000);
                InodeRecord inode = TemporaryMetadata.RegularFile(file, size) with
                {
                    Uid = 1000,
                    Gid = 1000,
                    BirthTime = now,
                    AccessTime = now,
                    ChangeTime = now + random.Next(100_000, 3_000_000),
                    ModifyTime = now - random.NextInt64(86_400_000_000_000_000),
                };
                store.Inodes.Insert(inode);
                store.Entries.Insert(parent, Encoding.UTF8.GetBytes($"source-file-{index:d5}.ts"), file, inode.Mode);
                store.Extents.Replace(file, 0, size, [new Extent(0, size, ExtentKind.Data, glyph)]);
                glyph += size;
            }
        }
        store.Commit();
    }
}
