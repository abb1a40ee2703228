using System.Buffers.Binary;
using Hartfs.Format;
using Hartfs.Metadata.Integrity;
using Hartfs.Metadata.Tables;
using Xunit;

namespace Hartfs.Tests.Metadata;

/// <summary>Random changes of extents against an array that says for every byte of the file what it is.</summary>
public sealed class ExtentModelTests
{
    private const int FileBytes = 600;
    private const int Rounds = 1500;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_replacements_copies_and_truncations_agree_with_a_byte_array(int seed)
    {
        using var metadata = new TemporaryMetadata();
        var random = new Random(seed);
        var files = new ModelFile[3];
        for (int index = 0; index < files.Length; index++)
            files[index] = new ModelFile(metadata.AddFile(), new long[FileBytes]);
        long nextGlyph = 1000;
        for (int round = 0; round < Rounds; round++)
        {
            ModelFile file = files[random.Next(files.Length)];
            int offset = random.Next(FileBytes - 1);
            int length = random.Next(1, Math.Min(FileBytes - offset, random.Next(2) == 0 ? 20 : FileBytes) + 1);
            long difference = random.Next(20) switch
            {
                0 => Truncate(metadata, file, offset),
                1 => DeleteAll(metadata, file),
                < 5 => Copy(metadata, files[random.Next(files.Length)], file, offset, length, random),
                _ => Replace(metadata, file, offset, length, random, ref nextGlyph),
            };
            file.Allocated += difference;
            Compare(metadata, file, $"seed {seed}, round {round}");
            if (random.Next(50) == 0)
                metadata.Store.BeginEpoch();
            if (random.Next(100) == 0)
                metadata.Store.Commit();
        }
        Assert.Equal(files.Sum(file => file.Bytes.Count(value => value != 0 && !IsFill(value))),
            metadata.Store.State.DataBytes);
        Assert.DoesNotContain(MetadataInvariants.Check(metadata.Store),
            violation => violation.Invariant is "extent-form" or "extent-overlap" or "data-bytes" or "epochs");
    }

    private static long Truncate(TemporaryMetadata metadata, ModelFile file, int size)
    {
        file.Bytes.AsSpan(size).Clear();
        return metadata.Store.Extents.Truncate(file.Inode, size);
    }

    private static long DeleteAll(TemporaryMetadata metadata, ModelFile file)
    {
        file.Bytes.AsSpan().Clear();
        return metadata.Store.Extents.DeleteAll(file.Inode);
    }

    private static long Copy(TemporaryMetadata metadata, ModelFile source, ModelFile target, int offset, int length,
        Random random)
    {
        int sourceOffset = random.Next(FileBytes - length + 1);
        if (source == target && Math.Abs(sourceOffset - offset) < length)
            return 0;
        long[] copied = source.Bytes.AsSpan(sourceOffset, length).ToArray();
        copied.CopyTo(target.Bytes, offset);
        return metadata.Store.Extents.Copy(source.Inode, sourceOffset, target.Inode, offset, length);
    }

    private static long Replace(TemporaryMetadata metadata, ModelFile file, int offset, int length, Random random,
        ref long nextGlyph)
    {
        var extents = new List<Extent>();
        file.Bytes.AsSpan(offset, length).Clear();
        for (int position = offset; position < offset + length;)
        {
            int run = random.Next(1, offset + length - position + 1);
            long reference = nextGlyph;
            var extent = random.Next(6) switch
            {
                0 => default,
                1 => new Extent(position, run, ExtentKind.Fill, random.NextInt64()),
                2 => new Extent(position, run, ExtentKind.Inline, InlineTable.Reference(reference, 7)),
                _ => new Extent(position, run, ExtentKind.Data, reference),
            };
            // Sometimes the next glyph adjoins, so that runs merge.
            nextGlyph += run + random.Next(3);
            if (extent.Length != 0)
                extents.Add(extent);
            for (int index = 0; index < extent.Length; index++)
                file.Bytes[position + index] = ByteAt(extent, position + index);
            position += run;
        }
        return metadata.Store.Extents.Replace(
            file.Inode, offset, length, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(extents));
    }

    private static void Compare(TemporaryMetadata metadata, ModelFile file, string where)
    {
        var loaded = new List<Extent>();
        // A small limit, so that loading goes on several times.
        long from = 0;
        for (int count = 5; count == 5; from = loaded.Count == 0 ? 0 : loaded[^1].End)
            count = metadata.Store.Extents.Load(file.Inode, from, loaded, 5);
        long[] bytes = new long[FileBytes];
        long end = 0;
        long allocated = 0;
        foreach (Extent extent in loaded)
        {
            Assert.True(extent.Offset >= end && extent.Length > 0, where);
            for (long position = extent.Offset; position < extent.End; position++)
                bytes[position] = ByteAt(extent, position);
            end = extent.End;
            allocated += extent.Length;
        }
        Assert.True(bytes.AsSpan().SequenceEqual(file.Bytes), where);
        Assert.True(file.Allocated == allocated, where);
    }

    // A number that tells apart every byte of data, and every byte value of a fill.
    private static long ByteAt(in Extent extent, long position)
    {
        if (extent.Kind != ExtentKind.Fill)
            return (extent.Slice(position, position + 1).Reference << 2) + (int)extent.Kind + 1;
        Span<byte> pattern = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(pattern, extent.Reference);
        return -1 - pattern[(int)(position & 7)];
    }

    private static bool IsFill(long value) => value < 0;

    private sealed record ModelFile(InodeNumber Inode, long[] Bytes)
    {
        public long Allocated { get; set; }
    }
}
