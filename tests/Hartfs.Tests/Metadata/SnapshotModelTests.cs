using System.Text;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Integrity;
using Hartfs.Metadata.Snapshots;
using Hartfs.Metadata.Tables;
using Xunit;

namespace Hartfs.Tests.Metadata;

/// <summary>Random changes of every table over many epochs; each epoch must read as it was when it ended.</summary>
public sealed class SnapshotModelTests
{
    private const int Rounds = 2500;
    private const int Names = 12;

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void Every_epoch_reads_as_it_was_when_it_ended(int seed)
    {
        using var metadata = new TemporaryMetadata();
        var random = new Random(seed);
        var model = new Model();
        var ended = new Dictionary<long, Model>();
        for (int round = 0; round < Rounds; round++)
        {
            Change(metadata.Store, model, random);
            if (random.Next(60) == 0)
            {
                ended.Add(metadata.Store.Epoch, model.Copy());
                metadata.Store.BeginEpoch();
            }
            if (random.Next(200) == 0)
                metadata.Store.Commit();
        }
        metadata.Store.Commit();
        metadata.Reopen();
        Assert.NotEmpty(ended);
        foreach ((long epoch, Model expected) in ended)
            Compare(metadata.Store.ReadEpoch(epoch), expected, $"seed {seed}, epoch {epoch}");
        Assert.DoesNotContain(MetadataInvariants.Check(metadata.Store), violation =>
            violation.Invariant is "epochs" or "extent-overlap" or "name-at-its-hash" or "inode-counts");
    }

    [Fact]
    public void A_tree_without_snapshots_has_no_past_rows_and_one_with_keeps_each_version_once()
    {
        using var metadata = new TemporaryMetadata();
        InodeNumber file = metadata.AddFile(1);
        metadata.Store.Inodes.Update(TemporaryMetadata.RegularFile(file, 2));
        Assert.Equal(0, metadata.Store.Database.QueryInt64("SELECT count(*) FROM inode_past"));
        metadata.Store.BeginEpoch();
        metadata.Store.Inodes.Update(TemporaryMetadata.RegularFile(file, 3));
        metadata.Store.Inodes.Update(TemporaryMetadata.RegularFile(file, 4));
        metadata.Store.Inodes.Delete(file);
        Assert.Equal(1, metadata.Store.Database.QueryInt64("SELECT count(*) FROM inode_past"));
        Assert.True(metadata.Store.ReadEpoch(1).TryGetInode(file, out InodeRecord seen));
        Assert.Equal(2, seen.Size);
    }

    [Fact]
    public void The_current_epoch_is_no_snapshot()
    {
        using var metadata = new TemporaryMetadata();
        Assert.Throws<ArgumentOutOfRangeException>(() => metadata.Store.ReadEpoch(1));
    }

    private static void Change(MetadataStore store, Model model, Random random)
    {
        byte[] name = Name(random.Next(Names));
        string key = Encoding.UTF8.GetString(name);
        InodeNumber inode = model.Inodes.Count == 0 ? default : model.Inodes.Keys.ElementAt(
            random.Next(model.Inodes.Count));
        switch (random.Next(8))
        {
            case 0 when model.Inodes.Count < 20:
                Add(store, model, random);
                break;
            case 1 when inode != default:
                Update(store, model, inode, random);
                break;
            case 2 when inode != default && random.Next(3) == 0:
                Delete(store, model, inode);
                break;
            case 3 when inode != default:
                if (!model.Entries.ContainsKey(key))
                    store.Entries.Insert(InodeNumber.Root, name, inode, InodeMode.RegularFile);
                else
                    store.Entries.Replace(InodeNumber.Root, name, inode, InodeMode.RegularFile);
                model.Entries[key] = inode;
                break;
            case 4:
                Assert.Equal(model.Entries.Remove(key), store.Entries.Remove(InodeNumber.Root, name));
                break;
            case 5 when inode != default:
                byte[] value = new byte[random.Next(20)];
                random.NextBytes(value);
                store.Xattrs.Set(inode, name, value);
                model.Xattrs[(inode, key)] = Convert.ToHexString(value);
                break;
            case 6 when inode != default:
                Assert.Equal(model.Xattrs.Remove((inode, key)), store.Xattrs.Remove(inode, name));
                break;
            case 7 when inode != default:
                Write(store, model, inode, random);
                break;
        }
    }

    private static void Add(MetadataStore store, Model model, Random random)
    {
        InodeNumber number = store.Inodes.Allocate();
        InodeRecord inode = TemporaryMetadata.RegularFile(number, random.Next(1000));
        store.Inodes.Insert(inode);
        model.Inodes[number] = inode;
        model.Extents[number] = [];
        if (random.Next(2) != 0)
            return;
        byte[] target = Name(random.Next(1000));
        store.Symlinks.Insert(number, target);
        model.Symlinks[number] = Encoding.UTF8.GetString(target);
    }

    private static void Update(MetadataStore store, Model model, InodeNumber inode, Random random)
    {
        InodeRecord changed = model.Inodes[inode] with { Size = random.Next(1000), ModifyTime = random.NextInt64() };
        store.Inodes.Update(changed);
        model.Inodes[inode] = changed;
    }

    private static void Delete(MetadataStore store, Model model, InodeNumber inode)
    {
        store.Extents.DeleteAll(inode);
        store.Xattrs.RemoveAll(inode);
        Assert.Equal(model.Symlinks.Remove(inode), store.Symlinks.Delete(inode));
        store.Inodes.Delete(inode);
        model.Inodes.Remove(inode);
        model.Extents.Remove(inode);
        foreach ((InodeNumber, string) key in model.Xattrs.Keys.Where(key => key.Inode == inode).ToList())
            model.Xattrs.Remove(key);
    }

    private static void Write(MetadataStore store, Model model, InodeNumber inode, Random random)
    {
        long offset = random.Next(4) * 10;
        Extent[] extents = random.Next(4) == 0
            ? []
            : [new Extent(offset, 10, ExtentKind.Data, random.Next(1, 1_000_000))];
        store.Extents.Replace(inode, offset, 10, extents);
        model.Extents[inode] = Load(store, inode);
    }

    private static List<Extent> Load(MetadataStore store, InodeNumber inode)
    {
        // The live reading is held by ExtentModelTests; here it is the model.
        var extents = new List<Extent>();
        store.Extents.Load(inode, 0, extents, int.MaxValue);
        return extents;
    }

    private static void Compare(SnapshotReader reader, Model expected, string where)
    {
        for (long number = 2; number < 200; number++)
        {
            var inode = new InodeNumber(number);
            bool exists = reader.TryGetInode(inode, out InodeRecord record);
            Assert.True(exists == expected.Inodes.TryGetValue(inode, out InodeRecord wanted), where);
            Assert.True(!exists || record == wanted, where);
            Assert.True(LoadInSteps(reader, inode).SequenceEqual(expected.Extents.GetValueOrDefault(inode, [])), where);
            byte[]? target = reader.GetSymlink(inode);
            Assert.True(
                expected.Symlinks.GetValueOrDefault(inode) == (target is null ? null : Encoding.UTF8.GetString(target)),
                where);
            CompareXattrs(reader, expected, inode, where);
        }
        CompareEntries(reader, expected, where);
    }

    private static List<Extent> LoadInSteps(SnapshotReader reader, InodeNumber inode)
    {
        var extents = new List<Extent>();
        for (int count = 2; count == 2;)
            count = reader.LoadExtents(inode, extents.Count == 0 ? 0 : extents[^1].End, extents, 2);
        return extents;
    }

    private static void CompareXattrs(SnapshotReader reader, Model expected, InodeNumber inode, string where)
    {
        var listed = new Dictionary<(InodeNumber, string), string>();
        using (XattrCursor cursor = reader.ListXattrs(inode))
            while (cursor.MoveNext())
                listed.Add((inode, Encoding.UTF8.GetString(cursor.Name)), Convert.ToHexString(cursor.Value));
        Assert.True(listed.ToHashSet().SetEquals(expected.Xattrs.Where(pair => pair.Key.Inode == inode)), where);
        byte[] value = new byte[20];
        foreach (((_, string name), string hex) in listed)
        {
            Assert.True(reader.TryGetXattr(inode, Encoding.UTF8.GetBytes(name), value, out int length), where);
            Assert.True(Convert.ToHexString(value, 0, length) == hex, where);
        }
    }

    private static void CompareEntries(SnapshotReader reader, Model expected, string where)
    {
        var listed = new Dictionary<string, InodeNumber>();
        long cookie = 0;
        using (EntryCursor cursor = reader.List(InodeNumber.Root, 0))
            while (cursor.MoveNext())
            {
                Assert.True(cursor.Current.Cookie > cookie, where);
                cookie = cursor.Current.Cookie;
                listed.Add(Encoding.UTF8.GetString(cursor.Name), cursor.Current.Inode);
            }
        Assert.True(listed.ToHashSet().SetEquals(expected.Entries), where);
        byte[] spelling = new byte[Limits.NameBytesMax];
        for (int index = 0; index < Names; index++)
        {
            byte[] name = Name(index);
            string key = Encoding.UTF8.GetString(name);
            bool found = reader.TryFind(InodeNumber.Root, name, out Entry entry);
            Assert.True(found == expected.Entries.TryGetValue(key, out InodeNumber inode), where);
            Assert.True(!found || entry.Inode == inode, where);
            Assert.True(reader.TryFindFolded(InodeNumber.Root, name, spelling, out _, out _) == expected.Entries.Keys
                .Any(other => other.Equals(key, StringComparison.OrdinalIgnoreCase)), where);
        }
    }

    // Pairs of spellings of one name, so that hashes collide.
    private static byte[] Name(int index) => Encoding.UTF8.GetBytes($"{(index % 2 == 0 ? "n" : "N")}{index / 2}");

    private sealed record Model
    {
        public Dictionary<InodeNumber, InodeRecord> Inodes { get; init; } = [];

        public Dictionary<string, InodeNumber> Entries { get; init; } = [];

        public Dictionary<InodeNumber, List<Extent>> Extents { get; init; } = [];

        public Dictionary<(InodeNumber Inode, string Name), string> Xattrs { get; init; } = [];

        public Dictionary<InodeNumber, string> Symlinks { get; init; } = [];

        public Model Copy() => new()
        {
            Inodes = new(Inodes),
            Entries = new(Entries),
            Extents = new(Extents),
            Xattrs = new(Xattrs),
            Symlinks = new(Symlinks),
        };
    }
}
