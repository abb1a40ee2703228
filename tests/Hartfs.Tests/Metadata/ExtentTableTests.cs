using Hartfs.Format;
using Hartfs.Metadata.Tables;
using Xunit;

namespace Hartfs.Tests.Metadata;

public sealed class ExtentTableTests : IDisposable
{
    private readonly TemporaryMetadata _metadata = new();
    private readonly InodeNumber _file;

    public ExtentTableTests() => _file = _metadata.AddFile();

    private ExtentTable Extents => _metadata.Store.Extents;

    public void Dispose() => _metadata.Dispose();

    [Fact]
    public void A_file_that_is_one_extent_has_no_extent_row()
    {
        Assert.Equal(10, Extents.Replace(_file, 0, 10, [Data(0, 10, 100)]));
        Assert.Equal(5, Extents.Replace(_file, 10, 5, [Data(10, 5, 110)]));
        Assert.Equal(0, Rows());
        Assert.Equal([Data(0, 15, 100)], Load());
        Assert.Equal(15, _metadata.Store.State.DataBytes);
    }

    [Fact]
    public void A_second_extent_moves_the_content_into_rows_and_its_end_moves_it_back()
    {
        Extents.Replace(_file, 0, 10, [Data(0, 10, 100)]);
        Extents.Replace(_file, 20, 10, [Data(20, 10, 500)]);
        Assert.Equal(2, Rows());
        Assert.Equal([Data(0, 10, 100), Data(20, 10, 500)], Load());
        Assert.Equal(-10, Extents.Truncate(_file, 12));
        Assert.Equal([Data(0, 10, 100)], Load());
        Extents.Replace(_file, 9, 1, [Data(9, 1, 109)]);
        Assert.Equal(0, Rows());
        Assert.Equal([Data(0, 10, 100)], Load());
    }

    [Fact]
    public void Replacing_the_middle_splits_by_addition()
    {
        Extents.Replace(_file, 0, 100, [Data(0, 100, 1000)]);
        Assert.Equal(0, Extents.Replace(_file, 40, 20, [Data(40, 20, 5000)]));
        Assert.Equal([Data(0, 40, 1000), Data(40, 20, 5000), Data(60, 40, 1060)], Load());
        Assert.Equal(0, Extents.Replace(_file, 40, 20, [Data(40, 20, 1040)]));
        Assert.Equal([Data(0, 100, 1000)], Load());
    }

    [Fact]
    public void Punching_makes_holes_and_counts_them()
    {
        Extents.Replace(_file, 0, 100, [Data(0, 50, 1000), new Extent(50, 50, ExtentKind.Fill, 0x0102)]);
        Assert.Equal(50, _metadata.Store.State.DataBytes);
        Assert.Equal(-40, Extents.Replace(_file, 30, 40, []));
        Assert.Equal([Data(0, 30, 1000), new Extent(70, 30, ExtentKind.Fill, 0x0102)], Load());
        Assert.Equal(30, _metadata.Store.State.DataBytes);
        Assert.Equal(-60, Extents.DeleteAll(_file));
        Assert.Equal(0, _metadata.Store.State.DataBytes);
        Assert.Empty(Load());
    }

    [Fact]
    public void Loading_begins_with_the_extent_that_holds_the_offset_and_stops_at_the_limit()
    {
        Extents.Replace(_file, 0, 100, [Data(0, 10, 100), Data(20, 10, 200), Data(30, 10, 300), Data(90, 10, 900)]);
        var result = new List<Extent>();
        Assert.Equal(2, Extents.Load(_file, 25, result, 2));
        Assert.Equal([Data(20, 10, 200), Data(30, 10, 300)], result);
        result.Clear();
        Assert.Equal(1, Extents.Load(_file, 40, result, 9));
        Assert.Equal([Data(90, 10, 900)], result);
        Assert.Equal(0, Extents.Load(_file, 100, result, 9));
    }

    [Fact]
    public void A_copy_shares_data_and_keeps_the_phase_of_fills()
    {
        InodeNumber clone = _metadata.AddFile();
        var fill = new Extent(10, 20, ExtentKind.Fill, 0x0807060504030201);
        Extents.Replace(_file, 0, 30, [Data(0, 10, 100), fill]);
        Extents.Replace(clone, 0, 200, [Data(0, 200, 9000)]);
        Assert.Equal(-6, Extents.Copy(_file, 4, clone, 7, 32));
        var result = new List<Extent>();
        Extents.Load(clone, 0, result, 99);
        Assert.Equal(
            [Data(0, 7, 9000), Data(7, 6, 104), new Extent(13, 20, ExtentKind.Fill, 0x0504030201080706),
                Data(39, 161, 9039)],
            result);
    }

    [Fact]
    public void Ranges_reach_to_the_end_of_the_largest_file()
    {
        Extents.Replace(_file, long.MaxValue - 10, 10, [Data(long.MaxValue - 10, 10, 77)]);
        Assert.Equal([Data(long.MaxValue - 10, 10, 77)], Load());
        Assert.Equal(-5, Extents.Truncate(_file, long.MaxValue - 5));
        Assert.Equal(0, Extents.Truncate(_file, long.MaxValue));
        Assert.Equal(-5, Extents.Truncate(_file, 0));
        Assert.Empty(Load());
    }

    [Fact]
    public void A_long_range_of_many_rows_is_replaced_whole()
    {
        const int Count = 5000;
        for (int index = 0; index < Count; index++)
            Extents.Replace(_file, index * 10L, 10, [Data(index * 10L, 10, 1_000_000 - (index * 100))]);
        Assert.Equal(Count, Rows());
        Assert.Equal(0, Extents.Replace(_file, 5, (Count * 10) - 10, [Data(5, (Count * 10) - 10, 7_000_000)]));
        Assert.Equal(3, Rows());
        Assert.Equal(Count * 10, _metadata.Store.State.DataBytes);
    }

    private static Extent Data(long offset, long length, long glyph) => new(offset, length, ExtentKind.Data, glyph);

    private List<Extent> Load()
    {
        var result = new List<Extent>();
        Extents.Load(_file, 0, result, int.MaxValue);
        return result;
    }

    private long Rows() => _metadata.Store.Database.QueryInt64("SELECT count(*) FROM extent");
}
