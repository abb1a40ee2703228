using System.Buffers;
using Hartfs.Storage.BlockStores;

namespace Hartfs.Storage.Index;

/// <summary>Verifying the runs.</summary>
public sealed partial class FingerprintIndex
{
    private const int PagesPerRead = 64;

    /// <summary>Reads every page of every run in a store. Returns the runs that are not whole, and why.</summary>
    /// <remarks>A run that is being written, or was given up by a crash, has no footer and does not count.</remarks>
    public static IEnumerable<(string Run, string Fault)> FindFaults(IBlockStore store, CancellationToken cancel)
    {
        foreach (SegmentInfo run in store.List(Folder))
        {
            cancel.ThrowIfCancellationRequested();
            if (NumberOf(run.Name) >= 0 && FindFault(store, run, cancel) is { } fault)
                yield return (run.Name, fault);
        }
    }

    private static string? FindFault(IBlockStore store, SegmentInfo run, CancellationToken cancel)
    {
        long pages = run.Length / IndexPage.Bytes;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PagesPerRead * IndexPage.Bytes);
        try
        {
            Span<byte> footer = buffer.AsSpan(0, IndexPage.Bytes);
            if (pages == 0 || run.Length % IndexPage.Bytes != 0
                || !TryRead(store, run.Name, (pages - 1) * IndexPage.Bytes, footer) || !IndexRunFooter.HasMagic(footer))
                return null;
            if (IndexRunFooter.Read(footer, pages) is null)
                return "its footer is damaged";
            for (long page = 0; page < pages; page += PagesPerRead)
            {
                cancel.ThrowIfCancellationRequested();
                int count = (int)long.Min(PagesPerRead, pages - page);
                Span<byte> part = buffer.AsSpan(0, count * IndexPage.Bytes);
                if (!TryRead(store, run.Name, page * IndexPage.Bytes, part))
                    return null;
                for (int index = 0; index < count; index++)
                {
                    if (!IndexPage.IsIntact(part.Slice(index * IndexPage.Bytes, IndexPage.Bytes), page + index))
                        return $"page {page + index} is damaged";
                }
            }

            return null;
        }
        catch (IOException failure) when (failure is not (FileNotFoundException or DirectoryNotFoundException))
        {
            return failure.Message;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // False: a merge has taken its place meanwhile.
    private static bool TryRead(IBlockStore store, string segment, long offset, Span<byte> buffer)
    {
        try
        {
            for (int done = 0; done < buffer.Length;)
            {
                int count = store.ReadAt(segment, offset + done, buffer[done..]);
                if (count == 0)
                    return false;
                done += count;
            }

            return true;
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }
}
