using System.Text;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Integrity;
using Hartfs.Metadata.Snapshots;
using Hartfs.Metadata.Tables;
using Xunit;

namespace Hartfs.Tests.Metadata;

/// <summary>Pruning and the walk over all references, beside queries that look at every row.</summary>
public sealed class PastRowsTests
{
    private const int Files = 12;
    private const int Rounds = 1200;

    private static readonly string[] Tables =
        ["inode_past", "entry_past", "extent_past", "xattr_past", "symlink_past"];

    private readonly InodeNumber[] _files = new InodeNumber[Files];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Pruning_deletes_exactly_what_no_snapshot_needs_whatever_order_they_go_in(int seed)
    {
        using var metadata = new TemporaryMetadata();
        MetadataStore store = metadata.Store;
        var random = new Random(seed);
        var snapshots = new List<long>();
        for (int round = 0; round < Rounds; round++)
        {
            Change(store, random);
            if (random.Next(20) == 0)
                snapshots.Add(TakeSnapshot(store));
            if (random.Next(30) != 0 || snapshots.Count == 0)
                continue;
            Drop(store, snapshots, random.Next(snapshots.Count));
            Dictionary<long, string> before = snapshots.ToDictionary(epoch => epoch, epoch => Dump(store, epoch));
            PruneAll(store, random.Next(1, 40));
            Assert.Equal(0, CountUnneeded(store));
            foreach (long epoch in snapshots)
                Assert.Equal(before[epoch], Dump(store, epoch));
        }

        Assert.Equal(long.Max(0, snapshots.DefaultIfEmpty().Max()), store.State.KeptEpoch);
        while (snapshots.Count > 0)
            Drop(store, snapshots, random.Next(snapshots.Count));
        PruneAll(store, 100);
        Assert.Equal(0, Tables.Sum(table => store.Database.QueryInt64($"SELECT count(*) FROM {table}")));
        Assert.DoesNotContain(MetadataInvariants.Check(store), violation => violation.Invariant is "epochs");
    }

    [Fact]
    public void Without_a_snapshot_nothing_is_kept_also_when_there_was_one()
    {
        using var metadata = new TemporaryMetadata();
        MetadataStore store = metadata.Store;
        InodeNumber file = metadata.AddFile(10);
        store.Extents.Replace(file, 0, 10, [new Extent(0, 10, ExtentKind.Data, 100)]);
        var snapshots = new List<long> { TakeSnapshot(store) };
        Drop(store, snapshots, 0);
        store.Extents.Replace(file, 0, 10, [new Extent(0, 10, ExtentKind.Data, 200)]);
        store.Inodes.Update(TemporaryMetadata.RegularFile(file, 11));
        Assert.Equal(0, Tables.Sum(table => store.Database.QueryInt64($"SELECT count(*) FROM {table}")));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void A_walk_over_all_references_misses_nothing_that_its_epoch_sees(int seed)
    {
        using var metadata = new TemporaryMetadata();
        MetadataStore store = metadata.Store;
        var random = new Random(seed);
        for (int walk = 0; walk < 30; walk++)
        {
            for (int change = 0; change < 40; change++)
                Change(store, random);
            HashSet<(long Start, long Length)> expected = LiveReferences(store);
            store.BeginEpoch();
            var found = new List<GlyphReference>();
            ReferenceCursor cursor = default;
            while (!cursor.IsDone)
            {
                store.References.Load(ref cursor, found, random.Next(1, 5));
                Change(store, random);
            }

            store.ReleaseEpochs();
            expected.ExceptWith(found.Select(reference => (reference.Start.Value, reference.Length)));
            Assert.True(expected.Count == 0, $"seed {seed}, walk {walk}: missed {string.Join(' ', expected)}");
        }
    }

    [Fact]
    public void What_extents_give_up_is_counted()
    {
        using var metadata = new TemporaryMetadata();
        MetadataStore store = metadata.Store;
        InodeNumber file = metadata.AddFile(100);
        store.Extents.Replace(file, 0, 100, [new Extent(0, 100, ExtentKind.Data, 1000)]);
        store.Extents.Replace(file, 20, 30, [new Extent(20, 30, ExtentKind.Data, 2000)]);
        Assert.Equal(30, store.State.ReleasedBytes);
        store.Extents.Truncate(file, 60);
        Assert.Equal(70, store.State.ReleasedBytes);
        store.Extents.DeleteAll(file);
        Assert.Equal(130, store.State.ReleasedBytes);
        store.Commit();
        metadata.Reopen();
        Assert.Equal(130, metadata.Store.State.ReleasedBytes);
        metadata.Store.State.ForgetReleased(130);
        Assert.Equal(0, metadata.Store.State.ReleasedBytes);
    }

    private static long TakeSnapshot(MetadataStore store) =>
        store.Snapshots.Create(Encoding.UTF8.GetBytes($"s{store.Epoch}"), SnapshotKind.Named, 0).Epoch;

    private static void Drop(MetadataStore store, List<long> snapshots, int index)
    {
        Assert.True(store.Snapshots.Delete(store.Snapshots.List().Single(each => each.Epoch == snapshots[index]).Id));
        snapshots.RemoveAt(index);
    }

    private static void PruneAll(MetadataStore store, int rowsPerStep)
    {
        PruneCursor cursor = default;
        while (!cursor.IsDone)
            Assert.InRange(store.PastRows.Prune(ref cursor, rowsPerStep), 0, rowsPerStep);
    }

    private static long CountUnneeded(MetadataStore store) => Tables.Sum(table => store.Database.QueryInt64(
        $"SELECT count(*) FROM {table} AS past WHERE NOT EXISTS " +
        "(SELECT 1 FROM snapshot WHERE epoch >= past.born AND epoch < past.died)"));

    private void Change(MetadataStore store, Random random)
    {
        int slot = random.Next(Files);
        InodeNumber file = _files[slot];
        byte[] name = [(byte)('a' + slot)];
        if (file == default)
        {
            _files[slot] = file = store.Inodes.Allocate();
            store.Inodes.Insert(TemporaryMetadata.RegularFile(file, 100));
            store.Entries.Insert(InodeNumber.Root, name, file, InodeMode.RegularFile);
            store.Symlinks.Insert(file, name);
            return;
        }

        switch (random.Next(6))
        {
            case 0 when random.Next(3) == 0:
                store.Extents.DeleteAll(file);
                store.Xattrs.RemoveAll(file);
                store.Symlinks.Delete(file);
                store.Entries.Remove(InodeNumber.Root, name);
                store.Inodes.Delete(file);
                _files[slot] = default;
                break;
            case 1:
                store.Xattrs.Set(file, name, [(byte)random.Next(256)]);
                break;
            case 2:
                store.Inodes.Update(TemporaryMetadata.RegularFile(file, random.Next(1000)));
                break;
            case 3 when Other(file, random) is var other && other != file:
                store.Extents.Copy(file, 0, other, 0, 100);
                break;
            default:
                long offset = random.Next(5) * 10;
                store.Extents.Replace(file, offset, 10, random.Next(5) == 0
                    ? []
                    : [new Extent(offset, 10, ExtentKind.Data, random.Next(1, 1_000_000))]);
                break;
        }
    }

    private InodeNumber Other(InodeNumber file, Random random)
    {
        InodeNumber[] others = [.. _files.Where(other => other != default && other != file)];
        return others.Length == 0 ? file : others[random.Next(others.Length)];
    }

    private HashSet<(long Start, long Length)> LiveReferences(MetadataStore store)
    {
        HashSet<(long Start, long Length)> references = [];
        var extents = new List<Extent>();
        foreach (InodeNumber file in _files.Where(file => file != default))
        {
            extents.Clear();
            store.Extents.Load(file, 0, extents, int.MaxValue);
            references.UnionWith(extents.Select(extent => (extent.Reference, extent.Length)));
        }

        return references;
    }

    private static string Dump(MetadataStore store, long epoch)
    {
        SnapshotReader reader = store.ReadEpoch(epoch);
        var lines = new List<string>();
        for (long number = 2; number < store.State.NextInode; number++)
        {
            var file = new InodeNumber(number);
            if (!reader.TryGetInode(file, out InodeRecord inode))
                continue;
            var extents = new List<Extent>();
            reader.LoadExtents(file, 0, extents, int.MaxValue);
            lines.Add($"{number} {inode.Size} {string.Join(',', extents)} {reader.GetSymlink(file)?[0]} " +
                Xattr(reader, file));
        }

        using EntryCursor entries = reader.List(InodeNumber.Root, 0);
        while (entries.MoveNext())
            lines.Add($"{(char)entries.Name[0]} {entries.Current.Inode}");

        return string.Join('\n', lines);
    }

    private static string Xattr(SnapshotReader reader, InodeNumber file)
    {
        using XattrCursor cursor = reader.ListXattrs(file);
        return cursor.MoveNext() ? $"{(char)cursor.Name[0]} = {cursor.Value[0]}" : "";
    }
}
