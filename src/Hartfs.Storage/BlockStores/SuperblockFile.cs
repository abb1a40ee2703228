using Hartfs.Format;

namespace Hartfs.Storage.BlockStores;

/// <summary>The two copies of a volume's superblock: <c>superblock</c> and <c>superblock.copy</c>.</summary>
public static class SuperblockFile
{
    /// <summary>Name of the first copy in the volume's directory.</summary>
    public const string Name = "superblock";

    /// <summary>Name of the second copy.</summary>
    public const string CopyName = "superblock.copy";

    /// <summary>Writes both copies, one after the other, each replaced as a whole; durable on return.</summary>
    public static void Save(string directory, Superblock superblock)
    {
        byte[] bytes = superblock.ToBytes();
        DurableFile.Replace(Path.Combine(directory, Name), bytes);
        DurableFile.Replace(Path.Combine(directory, CopyName), bytes);
    }

    /// <summary>
    /// Reads both copies and takes the newer one that can be used. Without any, the fault is the first copy's, but
    /// that "not a superblock" gives way to what the second copy says.
    /// </summary>
    /// <exception cref="IOException">A copy is there but cannot be read.</exception>
    public static SuperblockLoad Load(string directory)
    {
        SuperblockReading first = Read(Path.Combine(directory, Name));
        SuperblockReading second = Read(Path.Combine(directory, CopyName));
        if (first.Superblock is { } one && second.Superblock is { } other)
            return new SuperblockLoad(other.Generation > one.Generation ? second : first, null);
        if (first.Superblock is not null)
            return new SuperblockLoad(first, $"{CopyName}: {second.Reason}");
        // A newer format is not outvoted by an old copy: it would be written to as if it were old.
        if (second.Superblock is not null
            && first.Fault is SuperblockFault.Damaged or SuperblockFault.NotASuperblock)
        {
            return new SuperblockLoad(second, $"{Name}: {first.Reason}");
        }

        return new SuperblockLoad(first.Fault == SuperblockFault.NotASuperblock ? second : first, null);
    }

    private static SuperblockReading Read(string path)
    {
        Span<byte> bytes = stackalloc byte[Superblock.Size + 1];
        try
        {
            using FileStream file = File.OpenRead(path);
            int count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return Superblock.Read(bytes[..count]);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return new SuperblockReading(SuperblockFault.NotASuperblock, "there is no such file");
        }
    }
}

/// <summary>The outcome of reading both copies.</summary>
/// <param name="Reading">The superblock, or why there is none.</param>
/// <param name="OtherCopyFault">What is wrong with the copy that was not taken; null when both can be used.</param>
public readonly record struct SuperblockLoad(SuperblockReading Reading, string? OtherCopyFault);
