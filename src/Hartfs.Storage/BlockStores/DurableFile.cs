using Hartfs.Storage.BlockStores.Interop;
using Microsoft.Win32.SafeHandles;

namespace Hartfs.Storage.BlockStores;

/// <summary>The one sanctioned way to replace a small file: after any crash it is the old one or the new one.</summary>
public static class DurableFile
{
    private const string TemporarySuffix = ".new";

    /// <summary>
    /// Replaces a file, or creates it; durable on return. A temporary file of the same name with <c>.new</c> behind
    /// it may stay after a crash and is overwritten the next time. One writer at a time.
    /// </summary>
    /// <exception cref="IOException">It failed: the file is the old one, or after a crash may be the new.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> bytes)
    {
        string full = Path.GetFullPath(path);
        string temporary = full + TemporarySuffix;
        try
        {
            using (SafeFileHandle file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write))
            {
                RandomAccess.Write(file, bytes, 0);
                DiskFlush.Flush(file, temporary);
            }

            File.Move(temporary, full, overwrite: true);
        }
        catch (IOException)
        {
            TryDelete(temporary);
            throw;
        }

        Folder.Flush(Path.GetDirectoryName(full)!);
    }

    /// <summary>Gives a file another name in the same folder, durably; a file of that name is replaced.</summary>
    /// <exception cref="IOException">It failed: after a crash it may have either name.</exception>
    public static void Move(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        Folder.Flush(Path.GetDirectoryName(Path.GetFullPath(to))!);
    }

    /// <summary>Makes everything written to a file durable.</summary>
    /// <exception cref="IOException">It failed: nothing is known about the content.</exception>
    public static void Flush(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        DiskFlush.Flush(file, path);
    }

    /// <summary>Makes every name in a folder durable.</summary>
    /// <exception cref="IOException">It failed: nothing is known about the names.</exception>
    public static void FlushFolder(string path) => Folder.Flush(path);

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one worth reporting.
        }
    }
}
