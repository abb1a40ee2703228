using System.Globalization;
using Hartfs.Storage.BlockStores;

namespace Hartfs.Core.Collection;

/// <summary>
/// A segment for what memory does not hold, deleted on disposal. Its name was free: what another left behind, because
/// it could not be deleted, is never taken for its own.
/// </summary>
internal sealed class ScratchSegment : IDisposable
{
    /// <summary>The names of all of them begin with this; none outlives its process.</summary>
    public const string Folder = "scratch/";

    private static long _lastNumber;

    private readonly IBlockStore _store;
    private readonly string? _temporaryFolder;

    /// <param name="store">Null: in a folder for temporary files, which a volume opened for reading needs.</param>
    /// <exception cref="IOException">There is no place for it.</exception>
    public ScratchSegment(IBlockStore? store)
    {
        if (store is null)
        {
            _temporaryFolder = MakeFolder();
            store = new LocalBlockStore(_temporaryFolder);
        }

        _store = store;
        do
            Name = Folder + Interlocked.Increment(ref _lastNumber).ToString(CultureInfo.InvariantCulture);
        while (store.TryGetLength(Name, out _));
    }

    public string Name { get; }

    /// <summary>Bytes appended.</summary>
    public long Length { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _store.Append(Name, bytes);
        Length += bytes.Length;
    }

    /// <exception cref="IOException">It does not hold so many bytes.</exception>
    public void ReadExactly(long offset, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int read = _store.ReadAt(Name, offset, bytes);
            if (read == 0)
                throw new IOException($"{Name} ends at byte {offset}, within what was written to it");
            offset += read;
            bytes = bytes[read..];
        }
    }

    public void Dispose()
    {
        try
        {
            _store.Delete(Name);
            if (_temporaryFolder is null)
                return;
            _store.Dispose();
            Directory.Delete(_temporaryFolder, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Nobody reads it again: it goes when the volume is opened next, or with other temporary files.
        }
    }

    private static string MakeFolder()
    {
        try
        {
            return Directory.CreateTempSubdirectory("hartfs-").FullName;
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new IOException(failure.Message, failure);
        }
    }
}
