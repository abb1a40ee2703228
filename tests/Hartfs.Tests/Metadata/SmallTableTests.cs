using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Tables;
using Xunit;

namespace Hartfs.Tests.Metadata;

/// <summary>Extended attributes, symbolic links, regions, packs and inline bytes.</summary>
public sealed class SmallTableTests : IDisposable
{
    private readonly TemporaryMetadata _metadata = new();

    private MetadataStore Store => _metadata.Store;

    public void Dispose() => _metadata.Dispose();

    [Fact]
    public void Attributes_of_any_bytes_from_none_to_the_longest_are_set_read_listed_and_removed()
    {
        InodeNumber file = _metadata.AddFile();
        byte[] longest = new byte[Limits.XattrValueBytesMax];
        new Random(1).NextBytes(longest);
        Store.Xattrs.Set(file, "user.b"u8, "old"u8);
        Store.Xattrs.Set(file, "user.b"u8, longest);
        Store.Xattrs.Set(file, "user.a"u8, []);
        byte[] value = new byte[Limits.XattrValueBytesMax];
        Assert.True(Store.Xattrs.TryGet(file, "user.b"u8, value, out int length));
        Assert.Equal(longest, value[..length]);
        Assert.True(Store.Xattrs.TryGet(file, "user.a"u8, value, out length));
        Assert.Equal(0, length);
        Assert.False(Store.Xattrs.TryGet(file, "user.c"u8, value, out _));
        var names = new List<string>();
        using (XattrCursor cursor = Store.Xattrs.List(file))
            while (cursor.MoveNext())
                names.Add($"{System.Text.Encoding.UTF8.GetString(cursor.Name)} {cursor.Value.Length}");
        Assert.Equal(["user.a 0", $"user.b {longest.Length}"], names);
        Assert.True(Store.Xattrs.Remove(file, "user.a"u8));
        Assert.False(Store.Xattrs.Remove(file, "user.a"u8));
        Assert.Equal(1, Store.Xattrs.RemoveAll(file));
    }

    [Fact]
    public void An_empty_buffer_asks_for_the_length_of_an_attribute()
    {
        InodeNumber file = _metadata.AddFile();
        Store.Xattrs.Set(file, "user.a"u8, "12345"u8);
        Assert.True(Store.Xattrs.TryGet(file, "user.a"u8, [], out int length));
        Assert.Equal(5, length);
    }

    [Fact]
    public void A_symbolic_link_keeps_its_target()
    {
        byte[] target = [.. Enumerable.Repeat((byte)0xE9, Limits.SymlinkBytesMax)];
        Store.Symlinks.Insert(new InodeNumber(5), target);
        Assert.Equal(target, Store.Symlinks.Get(new InodeNumber(5)));
        Assert.True(Store.Symlinks.Delete(new InodeNumber(5)));
        Assert.False(Store.Symlinks.Delete(new InodeNumber(5)));
        Assert.Null(Store.Symlinks.Get(new InodeNumber(5)));
    }

    [Fact]
    public void A_region_is_found_by_any_glyph_within_it_and_by_none_beside_it()
    {
        var region = new Region(new Glyph(1000), 50, new BlockLocation(new PackId(3), 1L << 40, 77), 9);
        Store.Regions.Insert(region);
        Store.Regions.Insert(region with { Start = new Glyph(2000) });
        foreach (long glyph in (long[])[1000, 1049])
        {
            Assert.True(Store.Regions.TryFind(new Glyph(glyph), out Region found));
            Assert.Equal(region, found);
        }
        Assert.False(Store.Regions.TryFind(new Glyph(999), out _));
        Assert.False(Store.Regions.TryFind(new Glyph(1050), out _));
        var listed = new List<Region>();
        Assert.Equal(1, Store.Regions.Load(new Glyph(1001), listed, 9));
        Assert.Equal(2000, listed[0].Start.Value);
        Region moved = region with
        {
            Block = new BlockLocation(new PackId(4), 8, 60),
            OffsetInBlock = 100,
            BlockLength = 170,
        };
        Store.Regions.Insert(moved);
        Assert.True(Store.Regions.TryFind(new Glyph(1010), out Region now));
        Assert.Equal(moved, now);
        Assert.True(Store.Regions.Delete(new Glyph(1000)));
        Assert.False(Store.Regions.Delete(new Glyph(1000)));
    }

    [Fact]
    public void Packs_are_added_changed_listed_and_deleted()
    {
        Store.Packs.Upsert(new PackId(2), 10, isSealed: false);
        Store.Packs.Upsert(new PackId(1), 20, isSealed: true);
        Store.Packs.Upsert(new PackId(2), 30, isSealed: true);
        Assert.Equal([new(new PackId(1), 20, true), new(new PackId(2), 30, true)], Store.Packs.List());
        Assert.True(Store.Packs.Delete(new PackId(1)));
        Assert.False(Store.Packs.Delete(new PackId(1)));
    }

    [Fact]
    public void Inline_bytes_are_read_in_parts_and_counted()
    {
        long row = Store.Inline.Insert("0123456789"u8);
        byte[] part = new byte[4];
        Store.Inline.Read(row, 6, part);
        Assert.Equal("6789"u8, part);
        foreach ((long missing, int offset) in ((long, int)[])[(row, 7), (row + 1, 0)])
            Assert.Equal(MetadataFailure.Damaged,
                Assert.Throws<MetadataException>(() => Store.Inline.Read(missing, offset, part)).Kind);
        Assert.Equal((row, 6), InlineTable.Locate(InlineTable.Reference(row, 6)));
        Store.Commit();
        _metadata.Reopen();
        Assert.Equal(10, Store.Inline.TotalBytes);
        Assert.True(Store.Inline.Insert("x"u8) > row);
        Assert.True(Store.Inline.Delete(row));
        Assert.False(Store.Inline.Delete(row));
        Assert.Equal(1, Store.Inline.TotalBytes);
    }

    [Fact]
    public void Inline_bytes_stay_as_long_as_a_live_or_past_extent_refers_to_them()
    {
        InodeNumber file = _metadata.AddFile();
        InodeNumber clone = _metadata.AddFile();
        Extent Inline(long row) => new(0, 10, ExtentKind.Inline, InlineTable.Reference(row, 0));
        long shared = Store.Inline.Insert(new byte[10]);
        Store.Extents.Replace(file, 0, 10, [Inline(shared)]);
        Store.Extents.Copy(file, 0, clone, 5, 5);
        var listed = new List<InlineExtent>();
        Store.Extents.ListInline(listed);
        Assert.Equal(
            [new(file, Inline(shared)), new(clone, Inline(shared).Slice(0, 5) with { Offset = 5 })], listed);
        Store.Extents.DeleteAll(file);
        Assert.Equal(0, Store.Inline.DeleteUnreferenced());
        Store.BeginEpoch();
        Store.Extents.DeleteAll(clone);
        Assert.Equal(0, Store.Inline.DeleteUnreferenced());
        long overwritten = Store.Inline.Insert(new byte[10]);
        Store.Extents.Replace(file, 0, 10, [Inline(overwritten)]);
        Store.Extents.Replace(file, 0, 10, [new Extent(0, 10, ExtentKind.Data, 500)]);
        Assert.Equal(1, Store.Inline.DeleteUnreferenced());
        Assert.Equal(10, Store.Inline.TotalBytes);
    }
}
