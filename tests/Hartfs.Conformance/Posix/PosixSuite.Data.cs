using Xunit;

namespace Hartfs.Conformance.Posix;

public abstract partial class PosixSuite
{
    [Fact]
    public void What_two_mappings_and_a_reader_see_is_one_file()
    {
        PosixPath path = NewFile("a", new byte[1 << 20]);
        using Descriptor one = Sys.Open(path, Sys.O_RDWR);
        using Descriptor other = Sys.Open(path, Sys.O_RDWR);
        byte[] noise = Noise(1 << 20, 3);
        using (SharedMapping left = one.Map(1 << 20))
        using (SharedMapping right = other.Map(1 << 20))
        {
            noise.AsSpan(0, 1 << 19).CopyTo(left.Bytes);
            noise.AsSpan(1 << 19).CopyTo(right.Bytes[(1 << 19)..]);
            Assert.True(noise.AsSpan().SequenceEqual(left.Bytes));
            left.Sync();
            right.Sync();
            Assert.Equal(noise, other.Read(0, 1 << 20));
            other.Write(5, "written"u8);
            Assert.Equal("written"u8.ToArray(), left.Bytes.Slice(5, 7).ToArray());
        }

        "written"u8.CopyTo(noise.AsSpan(5));
        Assert.Equal(noise, ReadFile(path));
    }

    [Fact]
    public void Truncating_up_adds_zeros_and_down_takes_bytes_away()
    {
        byte[] content = Noise(10_000, 4);
        PosixPath path = NewFile("a", content);
        using Descriptor file = Sys.Open(path, Sys.O_RDWR);
        file.Truncate(5001);
        file.Truncate(20_000);
        byte[] expected = new byte[20_000];
        content.AsSpan(0, 5001).CopyTo(expected);
        Assert.Equal(expected, ReadFile(path));
        Sys.Truncate(path, 0);
        Assert.Empty(ReadFile(path));
        Assert.Equal(Errno.EINVAL, Sys.Error(() => file.Truncate(-1)));
    }

    [Fact]
    public void Huge_files_are_sparse_and_have_an_end()
    {
        PosixPath path = NewFile("a", ""u8);
        using Descriptor file = Sys.Open(path, Sys.O_RDWR);
        long far = Math.Min(1L << 62, target.FileSizeMax - 100_000);
        byte[] content = Noise(10_000, 5);
        file.Write(far, content);
        file.Sync();
        Assert.Equal(far + content.Length, Sys.Stat(path).Size);
        Assert.Equal(content, file.Read(far, 20_000));
        Assert.Equal(new byte[4096], file.Read(far / 2, 4096));
        Assert.InRange(Sys.Stat(path).Blocks, 1, 1000);
        Assert.InRange(file.Seek(0, Sys.SEEK_DATA), far - 65536, far);
        Assert.Equal(far + content.Length, file.Seek(far, Sys.SEEK_HOLE));
        if (target.FileSizeMax < long.MaxValue) return;
        file.Truncate(long.MaxValue);
        Assert.Equal(long.MaxValue, Sys.Stat(path).Size);
        Assert.Equal(new byte[1], file.Read(long.MaxValue - 1, 1));
    }

    [Fact]
    public void Holes_and_data_can_be_told_apart()
    {
        PosixPath path = NewFile("a", ""u8);
        using Descriptor file = Sys.Open(path, Sys.O_RDWR);
        file.Write(1 << 20, Noise(65536, 6));
        file.Truncate(3 << 20);
        Assert.Equal(1 << 20, file.Seek(0, Sys.SEEK_DATA));
        Assert.Equal(0, file.Seek(0, Sys.SEEK_HOLE));
        Assert.Equal((1 << 20) + 65536, file.Seek(1 << 20, Sys.SEEK_HOLE));
        Assert.Equal(Errno.ENXIO, Sys.Error(() => file.Seek(2 << 20, Sys.SEEK_DATA)));
        Assert.Equal(Errno.ENXIO, Sys.Error(() => file.Seek(3 << 20, Sys.SEEK_HOLE)));
        file.Allocate(Sys.FALLOC_PUNCH_HOLE | Sys.FALLOC_KEEP_SIZE, 1 << 20, 65536);
        file.Sync();
        Assert.Equal(Errno.ENXIO, Sys.Error(() => file.Seek(0, Sys.SEEK_DATA)));
    }

    [Theory]
    [InlineData(0, 1000, 5000, 6000, false)]
    [InlineData(Sys.FALLOC_KEEP_SIZE, 1000, 5000, 4000, false)]
    [InlineData(Sys.FALLOC_PUNCH_HOLE | Sys.FALLOC_KEEP_SIZE, 1001, 2002, 4000, true)]
    [InlineData(Sys.FALLOC_PUNCH_HOLE | Sys.FALLOC_KEEP_SIZE, 3000, 5000, 4000, true)]
    [InlineData(Sys.FALLOC_ZERO_RANGE, 1001, 9000, 10_001, true)]
    [InlineData(Sys.FALLOC_ZERO_RANGE | Sys.FALLOC_KEEP_SIZE, 1001, 9000, 4000, true)]
    public void Fallocate_changes_what_it_should(int mode, long offset, long length, long size, bool zeroes)
    {
        byte[] content = Noise(4000, 7);
        PosixPath path = NewFile("a", content);
        using (Descriptor file = Sys.Open(path, Sys.O_RDWR)) file.Allocate(mode, offset, length);
        byte[] expected = new byte[size];
        content.CopyTo(expected, 0);
        if (zeroes) expected.AsSpan((int)offset, (int)(Math.Min(offset + length, size) - offset)).Clear();
        Assert.Equal(expected, ReadFile(path));
    }

    [Fact]
    public void Copy_file_range_copies_within_and_between_files()
    {
        byte[] content = Noise(2_000_000, 8);
        PosixPath path = NewFile("a", content);
        using Descriptor source = Sys.Open(path, Sys.O_RDWR);
        using Descriptor copy = Sys.Open(At("b"), Sys.O_CREAT | Sys.O_RDWR);
        for (long done = 0; done < content.Length;)
        {
            long copied = source.CopyTo(done, copy, done, content.Length - done);
            Assert.True(copied > 0);
            done += copied;
        }

        Assert.Equal(content, ReadFile(At("b")));
        Assert.Equal(7777, source.CopyTo(123, source, 1_500_001, 7777));
        content.AsSpan(123, 7777).CopyTo(content.AsSpan(1_500_001));
        Assert.Equal(content, ReadFile(path));
        Assert.Equal(0, source.CopyTo(content.Length, copy, 0, 10));
        Assert.Equal(Errno.EINVAL, Sys.Error(() => source.CopyTo(0, source, 10, 100)));
        copy.Write(0, "changed"u8);
        Assert.Equal(content, ReadFile(path));
    }

    [Fact]
    public void A_read_ends_at_the_end_of_the_file()
    {
        PosixPath path = NewFile("a", "0123456789"u8);
        using Descriptor file = Sys.Open(path, Sys.O_RDONLY);
        Assert.Equal("89"u8.ToArray(), file.Read(8, 100));
        Assert.Empty(file.Read(10, 100));
        Assert.Empty(file.Read(1000, 100));
    }

    [Fact]
    public void Writes_survive_closing_and_reading_through_another_name()
    {
        byte[] content = Noise(5_000_000, 9);
        PosixPath path = NewFile("a", content);
        Sys.Rename(path, At("b"));
        Sys.Link(At("b"), At("c"));
        Assert.Equal(content, ReadFile(At("c")));
    }

    [Fact]
    public void Locks_of_open_files_exclude_each_other()
    {
        PosixPath path = NewFile("a", new byte[100]);
        using Descriptor one = Sys.Open(path, Sys.O_RDWR);
        using Descriptor other = Sys.Open(path, Sys.O_RDWR);
        Assert.True(one.TryFlock(exclusive: true));
        Assert.False(other.TryFlock(exclusive: false));
        one.Unflock();
        Assert.True(other.TryFlock(exclusive: false));
        Assert.True(one.TryFlock(exclusive: false));

        Assert.True(one.TryLockRange(exclusive: true, 10, 10));
        Assert.False(other.TryLockRange(exclusive: false, 15, 1));
        Assert.True(other.TryLockRange(exclusive: true, 20, 10));
        Assert.True(other.WouldBlock(exclusive: true, 10, 1));
        Assert.False(other.WouldBlock(exclusive: true, 0, 10));
        one.UnlockRange(10, 10);
        Assert.True(other.TryLockRange(exclusive: true, 15, 1));
        Targets.CommandLine.Shell("! flock -xn a true && flock -sn a true", _directory.ToString());
    }
}
