using System.Text;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Sqlite;
using Hartfs.Metadata.Sqlite.Interop;
using Hartfs.Metadata.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.Tests.Metadata;

/// <summary>Metadata that are not what was written are refused, page by page and frame by frame.</summary>
public sealed class ChecksumTests : IDisposable
{
    private static readonly MetadataSettings Tight = new() { CacheBytesMax = 64 << 10 };

    private readonly TemporaryMetadata _metadata = new(Tight);

    private MetadataStore Store => _metadata.Store;

    public void Dispose() => _metadata.Dispose();

    [Fact]
    public void Every_page_of_the_file_fits_its_checksum_whatever_was_done()
    {
        var random = new Random(7);
        List<InodeNumber> files = [];
        for (int round = 0; round < 30; round++)
        {
            for (int step = 0; step < 200; step++)
                files.Add(AddFile($"file {round} {step}", random.Next(0, 20) == 0 ? random.Next(60_000) : 0));
            for (int step = 0; step < 150 * (round % 4); step++)
                if (files.Count > 0)
                    Remove(files, random.Next(files.Count));
            Store.Commit();
            if (round % 3 == 0)
                Store.CheckpointIfNeeded(0);
            if (round % 10 == 9)
                _metadata.Reopen(Tight);
        }

        List<string> rows = Rows();
        _metadata.Reopen();
        Assert.Equal(rows, Rows());
        Store.Dispose();
        Assert.Empty(DamagedPages(File.ReadAllBytes(_metadata.Path)));
        Assert.True(MetadataStore.IsWhole(_metadata.Path, TemporaryMetadata.Volume));
    }

    [Fact]
    public void No_flipped_bit_of_a_page_ever_gives_a_wrong_answer()
    {
        List<string> rows = FillAndClose();
        byte[] whole = File.ReadAllBytes(_metadata.Path);
        Assert.InRange(whole.Length / MetadataPage.Size, 20, 100);
        int refused = 0;
        var random = new Random(1);
        for (int page = 0; page < whole.Length / MetadataPage.Size; page++)
        {
            for (int attempt = 0; attempt < 16; attempt++)
            {
                int bit = attempt < 8 ? random.Next(MetadataPage.Size * 8) : random.Next(108 * 8);
                refused += AssertRightOrRefused(whole, page * MetadataPage.Size * 8 + bit, rows) ? 1 : 0;
            }
        }

        // The first page is read at once, the others by what lies in them.
        Assert.InRange(refused, 16 * (whole.Length / MetadataPage.Size) / 2, int.MaxValue);
    }

    [Fact]
    public void No_flipped_bit_of_the_head_of_the_file_ever_gives_a_wrong_answer()
    {
        List<string> rows = FillAndClose();
        byte[] whole = File.ReadAllBytes(_metadata.Path);
        for (int bit = 0; bit < 100 * 8; bit++)
            Assert.True(AssertRightOrRefused(whole, bit, rows), $"bit {bit} was not noticed");
    }

    [Fact]
    public void Pages_in_each_others_place_are_refused()
    {
        List<string> rows = FillAndClose();
        byte[] whole = File.ReadAllBytes(_metadata.Path);
        int count = whole.Length / MetadataPage.Size;
        for (int page = 2; page < count; page++)
        {
            byte[] changed = [.. whole];
            Span<byte> one = changed.AsSpan((page - 1) * MetadataPage.Size, MetadataPage.Size);
            Span<byte> other = changed.AsSpan(page * MetadataPage.Size, MetadataPage.Size);
            byte[] kept = one.ToArray();
            other.CopyTo(one);
            kept.CopyTo(other);
            File.WriteAllBytes(_metadata.Path, changed);
            AssertRightOrRefused(rows);
            Assert.Equal([page, page + 1], DamagedPages(changed));
        }
    }

    [Fact]
    public void Metadata_of_another_volume_are_refused()
    {
        FillAndClose();
        var settings = new MetadataSettings { Sealed = VolumeId.Create() };
        MetadataException failure = Assert.Throws<MetadataException>(() => Open(settings));
        Assert.Equal(MetadataFailure.Damaged, failure.Kind);
        Assert.Contains("page 1 is another volume's", failure.Message);
    }

    [Fact]
    public void Metadata_without_checksums_are_refused_where_there_must_be_some()
    {
        string path = Path.Combine(_metadata.Folder, "plain.sqlite");
        MetadataStore.Create(path, TemporaryMetadata.Directory_(1, 1), volume: null);
        using (MetadataStore plain = MetadataStore.Open(path, new MetadataSettings(), NullLogger.Instance))
            Assert.False(plain.IsSealed);
        var settings = new MetadataSettings { Sealed = TemporaryMetadata.Volume };
        Assert.Equal(MetadataFailure.Damaged, Assert.Throws<MetadataException>(
            () => MetadataStore.Open(path, settings, NullLogger.Instance)).Kind);
    }

    [Fact]
    public void A_file_cut_short_is_refused()
    {
        List<string> rows = FillAndClose();
        byte[] whole = File.ReadAllBytes(_metadata.Path);
        for (int pages = 0; pages < whole.Length / MetadataPage.Size; pages += 3)
        {
            File.WriteAllBytes(_metadata.Path, whole[..(pages * MetadataPage.Size + (pages & 1) * 100)]);
            Assert.True(AssertRightOrRefused(rows));
        }
    }

    [Fact]
    public void A_part_of_a_page_is_verified_too()
    {
        FillAndClose();
        byte[] whole = File.ReadAllBytes(_metadata.Path);
        Assert.Equal(Sqlite3.Ok, ReadPart());
        whole[MetadataPage.Size * 7 + 4000] ^= 1;
        File.WriteAllBytes(_metadata.Path, whole);
        Assert.Equal(Sqlite3.Corrupt, ReadPart());
    }

    [Fact]
    public void What_is_read_back_from_an_open_transaction_is_not_taken_for_damage()
    {
        // Far more than the cache: pages go into the log before the commit, and are changed and overwritten there.
        List<InodeNumber> files = [];
        for (int index = 0; index < 3000; index++)
            files.Add(AddFile($"file {index}", index % 50 == 0 ? 5000 : 0));
        for (int round = 0; round < 3; round++)
            foreach (InodeNumber file in files)
                Store.Inodes.Update(TemporaryMetadata.RegularFile(file, round));
        List<string> rows = Rows();
        Store.Commit();
        Assert.Equal(rows, Rows());
        foreach (InodeNumber file in files)
            Store.Inodes.Update(TemporaryMetadata.RegularFile(file, 7));
        _metadata.Reopen(Tight);
        Assert.Equal(rows, Rows());
    }

    [Fact]
    public void A_damaged_frame_of_the_log_is_refused_and_never_moved_into_the_file()
    {
        for (int index = 0; index < 3000; index++)
            AddFile($"file {index}", 0);
        Store.Commit();
        List<string> rows = Rows();
        using (FileStream log = new(_metadata.Path + "-wal", FileMode.Open, FileAccess.ReadWrite,
            FileShare.ReadWrite))
        {
            // One bit in the page of every frame.
            for (long offset = 32 + 24 + 3000; offset < log.Length; offset += 24 + MetadataPage.Size)
            {
                log.Position = offset;
                int value = log.ReadByte();
                log.Position = offset;
                log.WriteByte((byte)(value ^ 0x10));
            }
        }

        MetadataException failure = Assert.Throws<MetadataException>(Rows);
        Assert.Equal(MetadataFailure.Damaged, failure.Kind);
        Assert.Contains("of the log does not fit its checksum", failure.Message);
        Assert.NotEmpty(rows);
        Assert.Throws<MetadataException>(() => Store.CheckpointIfNeeded(0));
        Assert.Throws<MetadataException>(() => Store.Database.Checkpoint(truncate: false));
        Assert.Empty(DamagedPages(ReadShared(_metadata.Path)));
    }

    [Fact]
    public void Metadata_from_before_there_were_checksums_can_be_given_some()
    {
        string path = Path.Combine(_metadata.Folder, "old.sqlite");
        MetadataStore.Create(path, TemporaryMetadata.Directory_(1, 1), volume: null);
        List<string> rows;
        using (MetadataStore old = MetadataStore.Open(path, new MetadataSettings(), NullLogger.Instance))
        {
            for (int index = 0; index < 500; index++)
                AddFile(old, $"file {index}", index % 50 == 0 ? 20_000 : 0);
            old.Commit();
            rows = Rows(old);
        }

        Assert.NotEmpty(DamagedPages(File.ReadAllBytes(path)));
        MetadataStore.AddChecksums(path, TemporaryMetadata.Volume);
        Assert.Empty(DamagedPages(File.ReadAllBytes(path)));
        Assert.True(MetadataStore.IsWhole(path, TemporaryMetadata.Volume));
        using MetadataStore now = MetadataStore.Open(path,
            new MetadataSettings { Sealed = TemporaryMetadata.Volume }, NullLogger.Instance);
        Assert.Equal(rows, Rows(now));
        AddFile(now, "another", 9000);
        now.Commit();
    }

    // Of a page that SQLite would read in part: as newer versions do with long rows.
    private unsafe int ReadPart()
    {
        Assert.Equal(Sqlite3.Ok, Sqlite3.Open(_metadata.Path, Sqlite3.OpenReadWrite, out nint database));
        try
        {
            Assert.Equal(Sqlite3.Ok, Sqlite3.Execute(database, "SELECT count(*) FROM inode"));
            SqliteFile* file = Sqlite3.FileOf(database);
            byte* buffer = stackalloc byte[4092];
            return file->Methods->Read(file, buffer, 4092, MetadataPage.Size * 7);
        }
        finally
        {
            Sqlite3.Close(database);
        }
    }

    private List<string> FillAndClose()
    {
        for (int index = 0; index < 400; index++)
            AddFile($"file number {index} of those in the tree", index % 40 == 0 ? 9000 : 0);
        Store.Commit();
        List<string> rows = Rows();
        Store.Dispose();
        return rows;
    }

    private InodeNumber AddFile(string name, int inlineBytes) => AddFile(Store, name, inlineBytes);

    private static InodeNumber AddFile(MetadataStore store, string name, int inlineBytes)
    {
        InodeNumber number = store.Inodes.Allocate();
        store.Inodes.Insert(TemporaryMetadata.RegularFile(number, inlineBytes));
        store.Entries.Insert(InodeNumber.Root, Encoding.UTF8.GetBytes(name), number, InodeMode.RegularFile);
        if (inlineBytes == 0)
            return number;
        byte[] bytes = new byte[inlineBytes];
        new Random(inlineBytes).NextBytes(bytes);
        long row = store.Inline.Insert(bytes);
        store.Extents.Replace(number, 0, inlineBytes,
            [new Extent(0, inlineBytes, ExtentKind.Inline, InlineTable.Reference(row, 0))]);
        return number;
    }

    private void Remove(List<InodeNumber> files, int index)
    {
        using (Statement statement = Store.Database.PrepareOnce(
            $"DELETE FROM entry WHERE parent = 1 AND target >> 4 = {files[index].Value}"))
            statement.Execute();
        Store.Extents.Replace(files[index], 0, 1 << 20, []);
        using (Statement statement = Store.Database.PrepareOnce(
            $"DELETE FROM inode WHERE number = {files[index].Value}"))
            statement.Execute();
        Store.Inline.DeleteUnreferenced();
        files.RemoveAt(index);
    }

    private bool AssertRightOrRefused(byte[] whole, int bit, List<string> rows)
    {
        byte[] changed = [.. whole];
        changed[bit / 8] ^= (byte)(1 << (bit % 8));
        File.WriteAllBytes(_metadata.Path, changed);
        return AssertRightOrRefused(rows);
    }

    // Whether it was refused.
    private bool AssertRightOrRefused(List<string> rows)
    {
        File.Delete(_metadata.Path + "-wal");
        try
        {
            var settings = new MetadataSettings { Sealed = TemporaryMetadata.Volume, ReadOnly = true };
            using MetadataStore store = Open(settings);
            Assert.Equal(rows, Rows(store));
            return false;
        }
        catch (MetadataException failure)
        {
            Assert.Equal(MetadataFailure.Damaged, failure.Kind);
            return true;
        }
    }

    private MetadataStore Open(MetadataSettings settings) =>
        MetadataStore.Open(_metadata.Path, settings, NullLogger.Instance);

    private List<string> Rows() => Rows(Store);

    private static List<string> Rows(MetadataStore store)
    {
        List<string> lines = [];
        foreach (string table in (string[])["inode", "entry", "extent", "inline_data"])
        {
            using Statement statement = store.Database.PrepareOnce($"SELECT * FROM {table}");
            using Statement.Rows rows = statement.Query();
            while (rows.Next())
                lines.Add($"{table} {Describe(rows)}");
        }

        return lines;
    }

    private static string Describe(Statement.Rows rows)
    {
        var line = new StringBuilder();
        for (int column = 0; column < rows.ColumnCount; column++)
            line.Append(Convert.ToHexString(rows.Bytes(column))).Append(' ');
        return line.ToString();
    }

    private static List<int> DamagedPages(byte[] file) =>
        [.. Enumerable.Range(1, file.Length / MetadataPage.Size).Where(number => !MetadataPage.IsWhole(
            file.AsSpan((number - 1) * MetadataPage.Size, MetadataPage.Size), number,
            MetadataPage.TagOf(TemporaryMetadata.Volume)))];

    private static byte[] ReadShared(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
