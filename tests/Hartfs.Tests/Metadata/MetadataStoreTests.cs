using Hartfs.Format;
using Hartfs.Metadata;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.Tests.Metadata;

public sealed class MetadataStoreTests : IDisposable
{
    private readonly TemporaryMetadata _metadata = new();

    private MetadataStore Store => _metadata.Store;

    public void Dispose() => _metadata.Dispose();

    [Fact]
    public void A_new_volume_has_its_root_and_nothing_else()
    {
        Assert.True(Store.Inodes.TryGet(InodeNumber.Root, out InodeRecord root));
        Assert.Equal(TemporaryMetadata.Directory_(1, 1), root);
        Assert.True(Store.Entries.IsEmpty(InodeNumber.Root));
        Assert.Equal((1, 1, 0), (Store.Epoch, Store.State.DirectoryCount, Store.PendingChanges));
        Assert.Throws<IOException>(() => MetadataStore.Create(_metadata.Path, root, null));
    }

    [Fact]
    public void Closing_without_a_commit_leaves_the_last_committed_state()
    {
        Store.Entries.Insert(InodeNumber.Root, "kept"u8, _metadata.AddFile(3), InodeMode.RegularFile);
        Store.State.NextGlyph = new Glyph(1000);
        Assert.True(Store.PendingChanges > 0);
        Store.Commit();
        Assert.Equal(0, Store.PendingChanges);
        Store.Entries.Insert(InodeNumber.Root, "lost"u8, _metadata.AddFile(4), InodeMode.RegularFile);
        Store.State.NextGlyph = new Glyph(2000);
        _metadata.Reopen();
        Assert.True(Store.Entries.TryFind(InodeNumber.Root, "kept"u8, out _));
        Assert.False(Store.Entries.TryFind(InodeNumber.Root, "lost"u8, out _));
        Assert.Equal(1000, Store.State.NextGlyph.Value);
        Assert.Equal(3, Store.State.LogicalBytes);
    }

    [Fact]
    public void What_a_crash_leaves_on_disk_opens_as_the_last_committed_state()
    {
        InodeNumber committed = _metadata.AddFile(3);
        Store.Commit();
        InodeNumber lost = _metadata.AddFile(4);
        string crashed = Path.Combine(_metadata.Folder, "crashed.sqlite");
        File.Copy(_metadata.Path, crashed);
        File.Copy(_metadata.Path + "-wal", crashed + "-wal");
        using MetadataStore recovered = Open(crashed);
        Assert.True(recovered.Inodes.TryGet(committed, out _));
        Assert.False(recovered.Inodes.TryGet(lost, out _));
    }

    [Fact]
    public void A_commit_does_not_make_the_log_longer()
    {
        Store.Entries.Insert(InodeNumber.Root, "first"u8, _metadata.AddFile(3), InodeMode.RegularFile);
        Store.Commit();
        long length = new FileInfo(_metadata.Path + "-wal").Length;
        for (int index = 0; index < 20; index++)
        {
            _metadata.AddFile(4);
            Store.Commit();
            Assert.Equal(length, new FileInfo(_metadata.Path + "-wal").Length);
        }
    }

    [Fact]
    public void After_closing_there_is_one_file()
    {
        _metadata.AddFile();
        Store.Commit();
        Store.Dispose();
        Assert.Equal([_metadata.Path], Directory.GetFiles(_metadata.Folder));
    }

    [Fact]
    public void A_log_above_the_limit_moves_into_the_database_and_is_written_from_its_start_again()
    {
        _metadata.Reopen(new MetadataSettings { LogBytesMax = 1 << 20 });
        long largest = 0;
        int checkpoints = 0;
        for (int round = 0; round < 200; round++)
        {
            for (int index = 0; index < 200; index++)
                _metadata.AddFile(index);
            Assert.False(Store.CheckpointIfNeeded());
            Store.Commit();
            checkpoints += Store.CheckpointIfNeeded() ? 1 : 0;
            largest = Math.Max(largest, new FileInfo(_metadata.Path + "-wal").Length);
        }
        Assert.True(checkpoints > 1);
        Assert.InRange(largest, 1 << 20, 2 << 20);
        Assert.Equal(40_000, Store.State.FileCount);
    }

    [Fact]
    public void Numbers_of_the_volume_and_class_totals_survive()
    {
        Store.State.NextPack = new PackId(7);
        Store.State.OpenPack = new PackId(6);
        Store.State.OpenPackLength = 12345;
        Store.State.CleanShutdown = true;
        Store.State.AddToClass(ContentClass.Text, new ClassTotals(2, 100, 30));
        Store.State.AddToClass(ContentClass.Text, new ClassTotals(-1, -40, -10));
        Store.Commit();
        _metadata.Reopen();
        Assert.Equal((7, 6, 12345, true), (Store.State.NextPack.Value, Store.State.OpenPack.Value,
            Store.State.OpenPackLength, Store.State.CleanShutdown));
        Assert.Equal(new ClassTotals(1, 60, 20), Store.State.GetClass(ContentClass.Text));
        Assert.Equal(default, Store.State.GetClass(ContentClass.Other));
    }

    [Fact]
    public void Deleting_everything_gives_the_space_back_on_closing()
    {
        for (int index = 0; index < 20_000; index++)
            _metadata.AddFile(index);
        Store.Commit();
        Store.Dispose();
        long full = new FileInfo(_metadata.Path).Length;
        _metadata.Reopen();
        for (long number = 2; number < 20_002; number++)
            Store.Inodes.Delete(new InodeNumber(number));
        Store.Commit();
        Store.Dispose();
        Assert.InRange(new FileInfo(_metadata.Path).Length, 1, full / 4);
    }

    [Fact]
    public void A_second_opening_is_refused_as_locked()
    {
        MetadataException refused = Assert.Throws<MetadataException>(() => Open(_metadata.Path).Dispose());
        Assert.Equal(MetadataFailure.Locked, refused.Kind);
        Assert.Contains("in use", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Opening_for_reading_writes_nothing(bool afterCrash)
    {
        InodeNumber file = _metadata.AddFile(3);
        Store.Commit();
        string folder = Path.Combine(_metadata.Folder, "copy#1 %41");
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "metadata.sqlite");
        if (!afterCrash)
            Store.Dispose();
        File.Copy(_metadata.Path, path);
        if (afterCrash)
            File.Copy(_metadata.Path + "-wal", path + "-wal");
        Dictionary<string, string> before = Contents(folder);
        using (MetadataStore reader = Open(path, new MetadataSettings { ReadOnly = true }))
        {
            Assert.True(reader.Inodes.TryGet(file, out _));
            Assert.Equal(before.Keys, Contents(folder).Keys);
            Assert.Throws<InvalidOperationException>(reader.Commit);
            Assert.Throws<MetadataException>(() => reader.Inodes.Delete(file));
        }
        Assert.Equal(before, Contents(folder));
    }

    [Fact]
    public void A_missing_file_is_not_made()
    {
        string path = Path.Combine(_metadata.Folder, "none.sqlite");
        Assert.Equal(MetadataFailure.NotFound, Assert.Throws<MetadataException>(() => Open(path)).Kind);
        Assert.False(File.Exists(path));
    }

    [Theory]
    [InlineData("this is no database at all, but it is long enough to be looked at as one, is it not? It is not. No.")]
    [InlineData("")]
    public void A_file_that_is_no_database_is_damaged(string content)
    {
        string path = Path.Combine(_metadata.Folder, "other.sqlite");
        File.WriteAllText(path, string.Concat(Enumerable.Repeat(content, 100)));
        Assert.Equal(MetadataFailure.Damaged, Assert.Throws<MetadataException>(() => Open(path)).Kind);
    }

    [Fact]
    public void A_damaged_page_is_reported_and_stops_commits()
    {
        for (int index = 0; index < 20_000; index++)
            _metadata.AddFile(index);
        Store.Commit();
        Store.Dispose();
        using (FileStream file = File.OpenWrite(_metadata.Path))
        {
            file.Position = 4096 * 100;
            file.Write(Enumerable.Repeat((byte)0xA5, (int)file.Length - (4096 * 100)).ToArray());
        }
        using MetadataStore damaged = Open(_metadata.Path);
        MetadataException failure = Assert.Throws<MetadataException>(() =>
        {
            for (long number = 2; number < 20_002; number++)
                damaged.Inodes.TryGet(new InodeNumber(number), out _);
        });
        Assert.Equal(MetadataFailure.Damaged, failure.Kind);
        Assert.Equal(11, failure.Code & 0xFF);
        Assert.True(damaged.IsFailed);
        Assert.Equal(MetadataFailure.Failed, Assert.Throws<MetadataException>(damaged.Commit).Kind);
        Assert.True(damaged.Inodes.TryGet(InodeNumber.Root, out _));
    }

    [Fact]
    public void A_full_disk_fails_the_transaction_and_keeps_what_was_committed()
    {
        InodeNumber kept = _metadata.AddFile();
        Store.Commit();
        Store.Database.Execute("PRAGMA max_page_count = 60");
        MetadataException failure = Assert.Throws<MetadataException>(() =>
        {
            for (int index = 0; index < 100_000; index++)
                _metadata.AddFile(index);
        });
        Assert.Equal(MetadataFailure.DiskFull, failure.Kind);
        Assert.True(Store.IsFailed);
        Assert.Equal(MetadataFailure.Failed, Assert.Throws<MetadataException>(Store.Commit).Kind);
        _metadata.Reopen();
        Assert.True(Store.Inodes.TryGet(kept, out _));
        Assert.Equal(1, Store.State.FileCount);
    }

    [Theory]
    [InlineData("PRAGMA user_version = 2", MetadataFailure.NewerSchema)]
    [InlineData("INSERT INTO state VALUES ('incompatible_features', 4)", MetadataFailure.NewerSchema)]
    [InlineData("INSERT INTO state VALUES ('read_only_compatible_features', 1)", MetadataFailure.NewerSchema)]
    [InlineData("PRAGMA application_id = 1", MetadataFailure.Damaged)]
    public void A_volume_of_another_kind_or_of_a_newer_version_is_refused(string change, MetadataFailure kind)
    {
        Store.Database.Execute(change);
        Store.Database.Execute("COMMIT; BEGIN");
        Store.Dispose();
        Assert.Equal(kind, Assert.Throws<MetadataException>(() => Open(_metadata.Path)).Kind);
    }

    [Fact]
    public void Features_that_only_writers_must_know_leave_a_volume_readable()
    {
        Store.Database.Execute(
            "INSERT INTO state VALUES ('read_only_compatible_features', 1), ('compatible_features', 1); COMMIT; BEGIN");
        Store.Dispose();
        using MetadataStore reader = Open(_metadata.Path, new MetadataSettings { ReadOnly = true });
        Assert.Equal(1, reader.State.ReadOnlyCompatibleFeatures);
    }

    private static MetadataStore Open(string path, MetadataSettings? settings = null) =>
        MetadataStore.Open(path, settings ?? new MetadataSettings(), NullLogger.Instance);

    private static Dictionary<string, string> Contents(string folder) => Directory.GetFiles(folder).Order()
        .ToDictionary(path => path, path =>
            $"{File.GetLastWriteTimeUtc(path):O} {Convert.ToHexString(File.ReadAllBytes(path))}");
}
