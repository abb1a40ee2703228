using Hartfs.Format;
using Xunit;

namespace Hartfs.Tests.Metadata;

public sealed class InodeTableTests : IDisposable
{
    private readonly TemporaryMetadata _metadata = new();

    public void Dispose() => _metadata.Dispose();

    [Fact]
    public void Every_field_of_an_inode_survives_commit_and_reopening()
    {
        InodeRecord[] written = [Extreme(2), Extreme(3) with { Size = 0, AllocatedBytes = long.MaxValue }];
        foreach (InodeRecord inode in written)
            _metadata.Store.Inodes.Insert(inode);
        _metadata.Store.Commit();
        _metadata.Reopen();
        foreach (InodeRecord inode in written)
        {
            Assert.True(_metadata.Store.Inodes.TryGet(inode.Number, out InodeRecord read));
            Assert.Equal(inode, read);
        }
    }

    [Fact]
    public void An_update_replaces_every_field()
    {
        InodeNumber number = _metadata.AddFile(7);
        InodeRecord changed = Extreme(number.Value);
        _metadata.Store.Inodes.Update(changed);
        Assert.True(_metadata.Store.Inodes.TryGet(number, out InodeRecord read));
        Assert.Equal(changed, read);
    }

    [Fact]
    public void Numbers_are_not_used_again_after_reopening()
    {
        InodeNumber first = _metadata.AddFile();
        _metadata.Store.Inodes.Delete(first);
        _metadata.Store.Commit();
        _metadata.Reopen();
        Assert.True(_metadata.Store.Inodes.Allocate().Value > first.Value);
    }

    [Fact]
    public void Counts_and_sizes_follow_insertions_updates_and_deletions()
    {
        InodeNumber kept = _metadata.AddFile(100);
        InodeNumber gone = _metadata.AddFile(1000);
        InodeNumber link = _metadata.Store.Inodes.Allocate();
        _metadata.Store.Inodes.Insert(
            TemporaryMetadata.RegularFile(link, 5) with { Mode = InodeMode.SymbolicLink | 0x1FF });
        _metadata.Store.Inodes.Update(TemporaryMetadata.RegularFile(kept, 300));
        _metadata.Store.Inodes.Delete(gone);
        _metadata.Store.Commit();
        _metadata.Reopen();
        Assert.Equal((1, 1, 1), (_metadata.Store.State.FileCount, _metadata.Store.State.DirectoryCount,
            _metadata.Store.State.OtherCount));
        Assert.Equal(300, _metadata.Store.State.LogicalBytes);
    }

    [Fact]
    public void Inodes_without_links_are_listed_as_orphans()
    {
        _metadata.AddFile();
        InodeNumber orphan = _metadata.AddFile();
        _metadata.Store.Inodes.Update(TemporaryMetadata.RegularFile(orphan) with { LinkCount = 0 });
        Assert.Equal([orphan], _metadata.Store.Inodes.ListOrphans());
        _metadata.Store.Inodes.Delete(orphan);
        Assert.Empty(_metadata.Store.Inodes.ListOrphans());
    }

    [Fact]
    public void Changing_an_inode_that_does_not_exist_is_a_bug_and_says_so() =>
        Assert.Throws<InvalidOperationException>(
            () => _metadata.Store.Inodes.Update(TemporaryMetadata.RegularFile(new InodeNumber(99))));

    private static InodeRecord Extreme(long number) => new()
    {
        Number = new InodeNumber(number),
        Mode = InodeMode.RegularFile | InodeMode.PermissionMask,
        Uid = uint.MaxValue,
        Gid = uint.MaxValue - 1,
        LinkCount = Limits.LinkCountMax,
        Size = long.MaxValue,
        AllocatedBytes = 0,
        Device = uint.MaxValue,
        WindowsAttributes = uint.MaxValue,
        Flags = InodeFlags.HasXattrs | InodeFlags.HasCapability,
        AccessTime = long.MinValue,
        ModifyTime = long.MaxValue,
        ChangeTime = -1,
        BirthTime = 1_700_000_000_123_456_789,
        Parent = new InodeNumber(long.MaxValue),
    };
}
