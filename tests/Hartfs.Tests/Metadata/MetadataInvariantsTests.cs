using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Integrity;
using Hartfs.Metadata.Tables;
using Xunit;

namespace Hartfs.Tests.Metadata;

public sealed class MetadataInvariantsTests : IDisposable
{
    private readonly TemporaryMetadata _metadata = new();

    public MetadataInvariantsTests() => Fill(_metadata.Store);

    public static TheoryData<string, string> Damages => new()
    {
        { "root", "UPDATE inode SET parent = 2 WHERE number = 1" },
        { "entry-target", "UPDATE entry SET target = (999 << 4) + 8 WHERE target = (3 << 4) + 8" },
        { "entry-target", "UPDATE entry SET target = (3 << 4) + 4 WHERE target = (3 << 4) + 8" },
        { "entry-parent", "UPDATE entry SET parent = 3 WHERE target = (4 << 4) + 8" },
        { "entry-name", "UPDATE entry SET name = x'612f' WHERE target = (3 << 4) + 8" },
        { "entry-name", "UPDATE entry SET name = x'2e2e' WHERE target = (3 << 4) + 8" },
        { "link-count", "UPDATE inode SET link_count = 2 WHERE number = 3" },
        { "directory-links", "UPDATE inode SET link_count = 4 WHERE number = 2" },
        { "directory-parent", "UPDATE inode SET parent = 2 WHERE number = 2" },
        { "reachable", "UPDATE entry SET parent = 2 WHERE target = (2 << 4) + 4" },
        { "extent-form", "UPDATE extent SET kind = 9 WHERE inode = 4" },
        { "extent-overlap", "UPDATE extent SET length = 51 WHERE inode = 4 AND offset = 0" },
        { "extent-size", "UPDATE inode SET size = 99 WHERE number = 4" },
        { "content", "UPDATE inode SET content_length = 101 WHERE number = 3" },
        { "content", "UPDATE inode SET content_glyph = 1, content_length = 1 WHERE number = 4" },
        { "hole-bytes", "UPDATE inode SET hole_bytes = 1 WHERE number = 3" },
        { "data-stored", "UPDATE region SET length = length - 1 WHERE start = 60" },
        { "data-stored", "DELETE FROM region WHERE start = 60" },
        { "region-form", "UPDATE state SET value = 139 WHERE name = 'next_glyph'" },
        { "region-overlap", "UPDATE region SET length = 60 WHERE start = 1" },
        { "region-pack", "UPDATE pack SET length = 10" },
        { "region-pack", "DELETE FROM pack" },
        { "inline-stored", "DELETE FROM inline_data" },
        { "inline-bytes", "UPDATE inline_data SET bytes = bytes || x'00'" },
        { "xattr-owner", "DELETE FROM xattr" },
        { "xattr-owner", "UPDATE inode SET flags = 0" },
        { "symlink-target", "DELETE FROM symlink" },
        { "symlink-target", "INSERT INTO symlink VALUES (3, 1, x'61')" },
        { "epochs", "UPDATE extent SET born = 99" },
        { "epochs", "UPDATE entry_past SET died = 1" },
        { "snapshots", "INSERT INTO snapshot VALUES (5, x'61', 9, 0, 0, 0, 0, 0)" },
        { "numbers", "UPDATE state SET value = 4 WHERE name = 'next_inode'" },
        { "inode-counts", "UPDATE state SET value = 7 WHERE name = 'file_count'" },
        { "logical-bytes", "UPDATE state SET value = 7 WHERE name = 'logical_bytes'" },
        { "data-bytes", "UPDATE state SET value = 7 WHERE name = 'data_bytes'" },
        { "name-at-its-hash", "UPDATE entry SET cookie = cookie + 65536 WHERE target = (3 << 4) + 8" },
    };

    public void Dispose() => _metadata.Dispose();

    [Fact]
    public void A_sound_volume_violates_nothing() => Assert.Empty(MetadataInvariants.Check(_metadata.Store));

    [Fact]
    public void Every_invariant_has_a_name_of_its_own_and_a_damage_that_it_finds()
    {
        IEnumerable<string> tested = Damages.Select(damage => damage.Data.Item1).Distinct();
        Assert.Equal(
            MetadataInvariants.All.Select(invariant => invariant.Name).Append("name-at-its-hash").Order(),
            tested.Order());
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damage_is_found_by_name(string invariant, string damage)
    {
        _metadata.Store.Database.Execute(damage);
        Assert.Contains(invariant, MetadataInvariants.Check(_metadata.Store).Select(violation => violation.Invariant));
    }

    [Fact]
    public void A_violation_names_the_row_and_only_so_many_are_reported()
    {
        _metadata.Store.Database.Execute("UPDATE inode SET hole_bytes = 1 WHERE number IN (3, 4)");
        IReadOnlyList<Violation> all = MetadataInvariants.Check(_metadata.Store);
        Assert.Equal(2, all.Count(violation => violation.Invariant == "hole-bytes"));
        Assert.Contains("number = 3, size = 100, hole_bytes = 1", all[0].Detail, StringComparison.Ordinal);
        Assert.Single(MetadataInvariants.Check(_metadata.Store, violationsMax: 1),
            violation => violation.Invariant == "hole-bytes");
    }

    // 1 root; 2 directory; 3 file with content and xattr, 4 file of several extents in 2; 5 symlink; 6 orphan.
    private static void Fill(MetadataStore store)
    {
        AddInode(store, TemporaryMetadata.Directory_(2, 1), InodeNumber.Root, "directory"u8);
        Assert.True(store.Inodes.TryGet(InodeNumber.Root, out InodeRecord root));
        store.Inodes.Update(root with { LinkCount = 3 });
        InodeRecord file = TemporaryMetadata.RegularFile(new(3), 100);
        AddInode(store, file with { Flags = InodeFlags.HasXattrs }, new(2), "a"u8);
        store.Xattrs.Set(new(3), "user.x"u8, "y"u8);
        store.Extents.Replace(new(3), 0, 100, [Data(0, 100, 10)]);
        AddInode(store, TemporaryMetadata.RegularFile(new(4), 100), new(2), "b"u8);
        long row = store.Inline.Insert(new byte[20]);
        Extent inline = new(80, 20, ExtentKind.Inline, InlineTable.Reference(row, 0));
        store.Extents.Replace(new(4), 0, 100, [Data(0, 50, 90), new(50, 30, ExtentKind.Fill, 7), inline]);
        InodeRecord link = TemporaryMetadata.RegularFile(new(5), 3) with
        {
            Mode = InodeMode.SymbolicLink | 0x1FF,
            AllocatedBytes = 0,
        };
        AddInode(store, link, InodeNumber.Root, "link"u8);
        store.Symlinks.Insert(new(5), "a/b"u8);
        store.Inodes.Insert(TemporaryMetadata.RegularFile(store.Inodes.Allocate()) with { LinkCount = 0 });
        store.Regions.Insert(new Region(new(1), 59, new(new(1), 100, 60), 0));
        store.Regions.Insert(new Region(new(60), 80, new(new(1), 160, 70), 0));
        store.Packs.Upsert(new(1), 230, isSealed: false);
        store.State.NextGlyph = new(140);
        store.Entries.Insert(InodeNumber.Root, "gone"u8, new(3), InodeMode.RegularFile);
        store.BeginEpoch();
        store.Entries.Remove(InodeNumber.Root, "gone"u8);
        store.Commit();
    }

    private static void AddInode(MetadataStore store, InodeRecord inode, InodeNumber parent, ReadOnlySpan<byte> name)
    {
        Assert.Equal(inode.Number, store.Inodes.Allocate());
        store.Inodes.Insert(inode);
        store.Entries.Insert(parent, name, inode.Number, inode.Mode);
    }

    private static Extent Data(long offset, long length, long glyph) => new(offset, length, ExtentKind.Data, glyph);
}
