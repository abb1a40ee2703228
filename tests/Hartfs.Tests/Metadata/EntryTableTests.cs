using System.Text;
using Hartfs.Format;
using Hartfs.Metadata.Tables;
using Xunit;

namespace Hartfs.Tests.Metadata;

public sealed class EntryTableTests : IDisposable
{
    private static readonly InodeNumber Target = new(42);
    private readonly TemporaryMetadata _metadata = new();

    private EntryTable Entries => _metadata.Store.Entries;

    public void Dispose() => _metadata.Dispose();

    [Fact]
    public void A_name_is_found_byte_for_byte_with_its_inode_and_type()
    {
        Entries.Insert(InodeNumber.Root, "Read Me"u8, Target, InodeMode.Fifo | 0x1FF);
        Assert.True(Entries.TryFind(InodeNumber.Root, "Read Me"u8, out Entry entry));
        Assert.Equal((Target, InodeMode.Fifo), (entry.Inode, entry.Type));
        Assert.False(Entries.TryFind(InodeNumber.Root, "read me"u8, out _));
        Assert.False(Entries.TryFind(Target, "Read Me"u8, out _));
    }

    [Theory]
    [InlineData("straße", "STRAßE")]
    [InlineData("Ελλάδα", "ΕΛΛΆΔΑ")]
    [InlineData("файл", "ФАЙЛ")]
    [InlineData("ɐ", "Ɐ")]
    public void A_folded_look_up_finds_other_spellings(string stored, string asked)
    {
        Entries.Insert(InodeNumber.Root, Encoding.UTF8.GetBytes(stored), Target, InodeMode.RegularFile);
        byte[] spelling = new byte[Limits.NameBytesMax];
        Assert.True(Entries.TryFindFolded(
            InodeNumber.Root, Encoding.UTF8.GetBytes(asked), spelling, out int length, out Entry entry));
        Assert.Equal(stored, Encoding.UTF8.GetString(spelling, 0, length));
        Assert.Equal(Target, entry.Inode);
    }

    [Fact]
    public void A_folded_look_up_prefers_the_exact_spelling()
    {
        foreach (string name in (string[])["abc", "ABC", "Abc"])
            Entries.Insert(InodeNumber.Root, Encoding.UTF8.GetBytes(name), new(name[1]), InodeMode.RegularFile);
        byte[] spelling = new byte[Limits.NameBytesMax];
        Assert.True(Entries.TryFindFolded(InodeNumber.Root, "Abc"u8, spelling, out _, out _));
        Assert.Equal("Abc", Encoding.UTF8.GetString(spelling, 0, 3));
        Assert.True(Entries.TryFindFolded(InodeNumber.Root, "aBC"u8, spelling, out _, out _));
        Assert.Equal("abc", Encoding.UTF8.GetString(spelling, 0, 3));
    }

    [Fact]
    public void Any_bytes_make_a_name_up_to_the_longest()
    {
        byte[] longest = [.. Enumerable.Range(0, 255).Select(index => (byte)(index == '/' ? 'x' : index + 1))];
        longest[254] = 0xFF;
        byte[][] names = [[0xFF], [0xC3], [1], longest, [.. Enumerable.Repeat((byte)0xC9, 127)]];
        foreach (byte[] name in names)
            Entries.Insert(InodeNumber.Root, name, Target, InodeMode.RegularFile);
        foreach (byte[] name in names)
            Assert.True(Entries.TryFind(InodeNumber.Root, name, out _));
    }

    [Fact]
    public void The_longest_name_of_growing_code_points_folds_within_its_buffer()
    {
        byte[] name = Encoding.UTF8.GetBytes(new string('ɐ', 127));
        Entries.Insert(InodeNumber.Root, name, Target, InodeMode.RegularFile);
        Assert.True(Entries.TryFind(InodeNumber.Root, name, out _));
    }

    [Fact]
    public void Removed_names_are_gone_and_replaced_ones_keep_their_place()
    {
        long cookie = Entries.Insert(InodeNumber.Root, "a"u8, Target, InodeMode.RegularFile);
        Assert.True(Entries.Replace(InodeNumber.Root, "a"u8, new InodeNumber(7), InodeMode.Directory));
        Assert.True(Entries.TryFind(InodeNumber.Root, "a"u8, out Entry entry));
        Assert.Equal(new Entry(new InodeNumber(7), InodeMode.Directory, cookie), entry);
        Assert.False(Entries.IsEmpty(InodeNumber.Root));
        Assert.True(Entries.Remove(InodeNumber.Root, "a"u8));
        Assert.False(Entries.Remove(InodeNumber.Root, "a"u8));
        Assert.False(Entries.Replace(InodeNumber.Root, "a"u8, Target, InodeMode.RegularFile));
        Assert.True(Entries.IsEmpty(InodeNumber.Root));
    }

    [Fact]
    public void A_listing_gives_every_name_once_in_the_order_of_positive_cookies_and_goes_on_anywhere()
    {
        var names = new HashSet<string>();
        for (int index = 0; index < 1000; index++)
        {
            string name = $"{(index % 2 == 0 ? "n" : "N")}{index / 2}";
            names.Add(name);
            Entries.Insert(InodeNumber.Root, Encoding.UTF8.GetBytes(name), Target, InodeMode.RegularFile);
        }
        long cookie = 0;
        while (true)
        {
            // One cursor per entry: each continues behind the last.
            using EntryCursor cursor = Entries.List(InodeNumber.Root, cookie);
            if (!cursor.MoveNext())
                break;
            Assert.True(cursor.Current.Cookie > Math.Max(cookie, 15));
            Assert.True(names.Remove(Encoding.UTF8.GetString(cursor.Name)));
            cookie = cursor.Current.Cookie;
        }
        Assert.Empty(names);
    }

    [Fact]
    public void Names_of_one_hash_stay_apart()
    {
        byte[][] names = [.. Enumerable.Range(0, 32).Select(Spelling)];
        foreach (byte[] name in names)
            Entries.Insert(InodeNumber.Root, name, Target, InodeMode.RegularFile);
        Entries.Remove(InodeNumber.Root, names[5]);
        Entries.Remove(InodeNumber.Root, names[0]);
        Entries.Insert(InodeNumber.Root, names[0], Target, InodeMode.RegularFile);
        Entries.Insert(InodeNumber.Root, names[5], Target, InodeMode.RegularFile);
        long first = NameCookie.First(names[0]);
        foreach (byte[] name in names)
        {
            Assert.True(Entries.TryFind(InodeNumber.Root, name, out Entry entry));
            Assert.InRange(entry.Cookie, first, first + 32);
        }

        static byte[] Spelling(int bits) =>
            [.. Enumerable.Range(0, 5).Select(bit => (byte)((bits >> bit & 1) == 0 ? 'x' : 'X'))];
    }

    [Fact]
    public void A_full_hash_refuses_a_name_without_harm_and_takes_one_into_a_gap()
    {
        long first = NameCookie.First("x"u8);
        _metadata.Store.Database.Execute(
            "WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 65535) " +
            $"INSERT INTO entry SELECT 1, {first} + i, 1, 40, CAST('x' || i AS BLOB) FROM n");
        Assert.False(Entries.HasRoom(InodeNumber.Root, "X"u8));
        Assert.True(Entries.HasRoom(InodeNumber.Root, "y"u8));
        Assert.Throws<InvalidOperationException>(
            () => Entries.Insert(InodeNumber.Root, "x"u8, Target, InodeMode.RegularFile));
        Assert.False(_metadata.Store.IsFailed);
        _metadata.Store.Database.Execute($"DELETE FROM entry WHERE cookie = {first} + 777");
        Assert.True(Entries.HasRoom(InodeNumber.Root, "X"u8));
        Assert.Equal(first + 777, Entries.Insert(InodeNumber.Root, "x"u8, Target, InodeMode.RegularFile));
    }

    [Fact]
    public void A_second_cursor_is_a_bug_that_harms_nothing()
    {
        using (EntryCursor cursor = Entries.List(InodeNumber.Root, 0))
            Assert.Throws<InvalidOperationException>(() => Entries.List(InodeNumber.Root, 0).Dispose());
        using (EntryCursor cursor = Entries.List(InodeNumber.Root, 0))
            Assert.False(cursor.MoveNext());
        Assert.False(_metadata.Store.IsFailed);
    }

    [Fact]
    public void The_places_of_names_are_part_of_the_format()
    {
        Assert.Equal(38636683984912, NameCookie.First("a"u8));
        Assert.Equal(125960859418640, NameCookie.First("Straße.txt"u8));
        Assert.Equal(119061290811408, NameCookie.First([0xFF, 0x61]));
        Assert.Equal(NameCookie.First("README.md"u8), NameCookie.First("readme.MD"u8));
    }
}
