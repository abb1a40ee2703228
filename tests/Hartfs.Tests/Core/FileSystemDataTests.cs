using Hartfs.Core;
using Hartfs.Format;
using Xunit;

namespace Hartfs.Tests.Core;

public sealed class FileSystemDataTests : VolumeTest
{
    [Fact]
    public void A_file_may_end_at_the_last_offset_and_not_behind_it()
    {
        InodeNumber file = MakeFile("a");
        Ok(Fs.Write(file, long.MaxValue - 3, "end"u8, false, true));
        Assert.Equal(long.MaxValue, Attributes(file).Size);
        Assert.Equal(FsError.FileTooLarge, Fs.Write(file, long.MaxValue - 2, "end"u8, false, true));
        Assert.Equal(FsError.FileTooLarge, Fs.Allocate(file, AllocateMode.Extend, long.MaxValue, 1));
        Ok(Temp.Volume.Commit());
        Temp.Reopen();
        file = Find("a");
        byte[] end = new byte[10];
        Ok(Fs.Read(file, long.MaxValue - 5, end, out int count));
        Assert.Equal([0, 0, .. "end"u8], end[..count]);
        Assert.InRange(Attributes(file).AllocatedBytes, 3, 1 << 20);
    }

    [Fact]
    public void Offsets_below_zero_are_refused()
    {
        InodeNumber file = MakeFile("a", "x"u8);
        Assert.Equal(FsError.InvalidArgument, Fs.Read(file, -1, new byte[1], out _));
        Assert.Equal(FsError.InvalidArgument, Fs.Write(file, -1, new byte[1], false, true));
        Assert.Equal(FsError.InvalidArgument, Fs.Allocate(file, AllocateMode.Extend, -1, 1));
        Assert.Equal(FsError.InvalidArgument, Fs.CopyRange(file, -1, file, 0, 1, out _));
        AttributeChange change = new() { Fields = AttributeFields.Size, Size = -1 };
        Assert.Equal(FsError.InvalidArgument, Fs.SetAttributes(file, change, out _));
        Assert.Equal("x"u8.ToArray(), ReadAll(file));
    }

    [Fact]
    public void Bytes_behind_the_end_are_zeros_when_the_file_grows_again()
    {
        byte[] content = Noise(100_000, 1);
        InodeNumber file = MakeFile("a", content);
        foreach (bool commit in new[] { false, true })
        {
            Ok(Fs.Write(file, 0, content, false, true));
            if (commit) Ok(Temp.Volume.Commit());
            Truncate(file, 33_333);
            if (commit) Ok(Temp.Volume.Commit());
            Truncate(file, 100_000);
            byte[] expected = new byte[100_000];
            content.AsSpan(0, 33_333).CopyTo(expected);
            Assert.Equal(expected, ReadAll(file));
        }
    }

    [Fact]
    public void Truncating_inside_a_shared_chunk_keeps_the_other_sharer_whole()
    {
        byte[] content = Noise(300_000, 2);
        InodeNumber one = MakeFile("one", content);
        Ok(Temp.Volume.Commit());
        InodeNumber other = MakeFile("other", content);
        Ok(Temp.Volume.Commit());
        Assert.True(Temp.Volume.GetStatistics().UniqueBytes < 400_000, "the second copy was found");
        Truncate(one, 12_345);
        Ok(Fs.Write(one, 5000, Noise(100, 3), false, true));
        Ok(Temp.Volume.Commit());
        Assert.Equal(content, ReadAll(other));
        Temp.Reopen();
        Assert.Equal(content, ReadAll(Find("other")));
    }

    [Theory]
    [InlineData(AllocateMode.Extend, 1000, 5000, 6000, false)]
    [InlineData(AllocateMode.KeepSize, 1000, 5000, 4000, false)]
    [InlineData(AllocateMode.PunchHole, 1001, 2002, 4000, true)]
    [InlineData(AllocateMode.PunchHole, 3000, 5000, 4000, true)]
    [InlineData(AllocateMode.ZeroRange, 1001, 9000, 10_001, true)]
    [InlineData(AllocateMode.ZeroRangeKeepSize, 1001, 9000, 4000, true)]
    public void Allocate_changes_what_it_should_in_dirty_and_in_stored_data(AllocateMode mode, long offset, long length,
        long size, bool zeroes)
    {
        byte[] content = Noise(4000, 4);
        byte[] expected = new byte[size];
        content.CopyTo(expected, 0);
        if (zeroes) expected.AsSpan((int)offset, (int)(Math.Min(offset + length, size) - offset)).Clear();
        foreach (bool commit in new[] { false, true })
        {
            InodeNumber file = MakeFile($"a{commit}", content);
            if (commit) Ok(Temp.Volume.Commit());
            Ok(Fs.Allocate(file, mode, offset, length));
            Assert.Equal(expected, ReadAll(file));
        }
    }

    [Fact]
    public void Holes_zeros_and_patterns_store_nothing()
    {
        InodeNumber file = MakeFile("a", new byte[1 << 20]);
        byte[] pattern = new byte[1 << 20];
        for (int i = 0; i < pattern.Length; i++) pattern[i] = (byte)(i % 8 + 1);
        InodeNumber filled = MakeFile("b", pattern);
        AttributeChange grown = new() { Fields = AttributeFields.Size, Size = 1L << 50 };
        Ok(Fs.SetAttributes(file, grown, out _));
        Ok(Temp.Volume.Commit());
        Assert.Equal(0, Temp.Volume.GetStatistics().UniqueBytes);
        Assert.Equal(0, Attributes(file).AllocatedBytes);
        Assert.Equal(pattern, ReadAll(filled));
        Assert.Equal(FsError.NoMoreData, Fs.Seek(file, 0, data: true, out _));
    }

    [Fact]
    public void Seek_finds_the_edges_of_data_and_the_hole_at_the_end()
    {
        InodeNumber file = MakeFile("a");
        Ok(Fs.Write(file, 1 << 20, Noise(65536, 5), false, true));
        AttributeChange grown = new() { Fields = AttributeFields.Size, Size = 3 << 20 };
        Ok(Fs.SetAttributes(file, grown, out _));
        foreach (bool commit in new[] { false, true })
        {
            if (commit) Ok(Temp.Volume.Commit());
            Assert.Equal((FsError.None, 1L << 20), Seek(file, 0, data: true));
            Assert.Equal((FsError.None, 0L), Seek(file, 0, data: false));
            Assert.Equal((FsError.None, (1L << 20) + 65536), Seek(file, (1 << 20) + 5, data: false));
            Assert.Equal(FsError.NoMoreData, Seek(file, 2 << 20, data: true).Error);
            Assert.Equal(FsError.NoMoreData, Seek(file, 3 << 20, data: false).Error);
        }

        InodeNumber dense = MakeFile("b", Noise(1000, 6));
        Assert.Equal((FsError.None, 1000L), Seek(dense, 0, data: false));
    }

    [Fact]
    public void A_copied_range_shares_its_bytes_until_one_side_changes()
    {
        byte[] content = Noise(2_000_000, 7);
        InodeNumber source = MakeFile("a", content);
        InodeNumber target = MakeFile("b");
        Ok(Fs.CopyRange(source, 0, target, 0, long.MaxValue, out long copied));
        Assert.Equal(content.Length, copied);
        Ok(Temp.Volume.Commit());
        Assert.InRange(Temp.Volume.GetStatistics().UniqueBytes, content.Length, content.Length + 1000);
        Ok(Fs.Write(source, 100, "changed"u8, false, true));
        Assert.Equal(content, ReadAll(target));
        Ok(Fs.Unlink(InodeNumber.Root, Name("a")));
        Fs.Forget(source, 1);
        Ok(Temp.Volume.Commit());
        Temp.Reopen();
        Assert.Equal(content, ReadAll(Find("b")));
    }

    [Fact]
    public void A_range_cannot_be_copied_onto_itself()
    {
        byte[] content = Noise(10_000, 8);
        InodeNumber file = MakeFile("a", content);
        Assert.Equal(FsError.InvalidArgument, Fs.CopyRange(file, 0, file, 999, 1000, out _));
        Assert.Equal(FsError.InvalidArgument, Fs.CopyRange(file, 999, file, 0, 1000, out _));
        Ok(Fs.CopyRange(file, 0, file, 1000, 1000, out long copied));
        Assert.Equal(1000, copied);
        content.AsSpan(0, 1000).CopyTo(content.AsSpan(1000));
        Assert.Equal(content, ReadAll(file));
        Ok(Fs.CopyRange(file, 10_000, file, 0, 10, out copied));
        Assert.Equal(0, copied);
    }

    [Fact]
    public void A_copied_range_carries_holes_over_what_was_there()
    {
        InodeNumber source = MakeFile("a");
        Ok(Fs.Write(source, 100_000, "end"u8, false, true));
        InodeNumber target = MakeFile("b", Noise(200_000, 9));
        Ok(Fs.CopyRange(source, 0, target, 50_001, 100_003, out long copied));
        Assert.Equal(100_003, copied);
        byte[] expected = Noise(200_000, 9);
        expected.AsSpan(50_001, 100_000).Clear();
        "end"u8.CopyTo(expected.AsSpan(150_001));
        Assert.Equal(expected, ReadAll(target));
    }

    [Fact]
    public void Data_operations_are_for_regular_files()
    {
        InodeNumber directory = MakeDirectory("d");
        Assert.Equal(FsError.IsADirectory, Fs.Read(directory, 0, new byte[1], out _));
        Assert.Equal(FsError.IsADirectory, Fs.Write(directory, 0, new byte[1], false, true));
        AttributeChange change = new() { Fields = AttributeFields.Size };
        Assert.Equal(FsError.IsADirectory, Fs.SetAttributes(directory, change, out _));
        Ok(Fs.Create(InodeNumber.Root, Name("fifo"), InodeMode.Fifo | Octal644, 0, 0, default, out InodeRecord fifo));
        Assert.Equal(FsError.InvalidArgument, Fs.Write(fifo.Number, 0, new byte[1], false, true));
    }

    [Fact]
    public void A_small_change_of_a_large_file_stores_a_small_amount()
    {
        InodeNumber file = MakeFile("a");
        for (int i = 0; i < 16; i++) Ok(Fs.Write(file, i << 20, Noise(1 << 20, 100 + i), false, true));
        Ok(Temp.Volume.Commit());
        long before = Temp.Volume.GetStatistics().UniqueBytes;
        for (int i = 0; i < 20; i++) Ok(Fs.Write(file, i * 777_777, Noise(4096, 200 + i), false, true));
        Ok(Temp.Volume.Commit());
        Temp.Reopen();
        Assert.InRange(Temp.Volume.GetStatistics().UniqueBytes - before, 0, 20 * 200_000);
    }

    [Fact]
    public void A_thousand_small_synchronized_writes_are_all_there_after_a_crash()
    {
        InodeNumber file = MakeFile("a");
        byte[] expected = new byte[1000 * 100];
        for (int i = 0; i < 1000; i++)
        {
            byte[] piece = Noise(100, i);
            piece.CopyTo(expected, i * 100);
            Ok(Fs.Write(file, i * 100, piece, false, true));
            if (i % 10 == 9) Ok(Fs.Synchronize(file));
        }

        Temp.Log.Expect("recover");
        Temp.Crash();
        Assert.Equal(expected, ReadAll(Find("a")));
        Temp.Reopen();
        Assert.Equal(expected, ReadAll(Find("a")));
    }

    private void Truncate(InodeNumber file, long size) =>
        Ok(Fs.SetAttributes(file, new AttributeChange { Fields = AttributeFields.Size, Size = size }, out _));

    private (FsError Error, long Position) Seek(InodeNumber file, long offset, bool data) =>
        (Fs.Seek(file, offset, data, out long position), position);
}
