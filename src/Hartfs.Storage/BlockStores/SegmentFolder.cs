using System.Collections.Concurrent;
using Hartfs.Storage.BlockStores.Interop;
using Microsoft.Win32.SafeHandles;

namespace Hartfs.Storage.BlockStores;

/// <summary>The folder that segments are files in: names ⇄ paths.</summary>
internal sealed class SegmentFolder(string root)
{
    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    // Folders whose own names are durable.
    private readonly ConcurrentDictionary<string, bool> _durableFolders = new(StringComparer.Ordinal);

    /// <summary>The folder's full path.</summary>
    public string Root => _root;

    /// <summary>The path of a segment's file.</summary>
    /// <exception cref="ArgumentException">It is no name of a segment: it would leave the folder.</exception>
    public string PathOf(string segment)
    {
        foreach (Range part in segment.AsSpan().Split('/'))
        {
            if (segment.AsSpan(part) is "" or "." or "..")
                throw new ArgumentException($"'{segment}' is no name of a segment", nameof(segment));
        }

        return Path.Combine(_root, segment);
    }

    /// <summary>The segment of a file's path.</summary>
    public string NameOf(string path) => path[_root.Length..].Replace(Path.DirectorySeparatorChar, '/').TrimStart('/');

    /// <summary>Opens a segment's file; with <see cref="FileMode.OpenOrCreate"/> its folders are made too.</summary>
    /// <exception cref="IOException">Also where .NET reports a lack of permission in another way.</exception>
    public SafeFileHandle Open(string segment, FileMode mode, FileAccess access)
    {
        string path = PathOf(segment);
        try
        {
            if (mode == FileMode.OpenOrCreate)
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return File.OpenHandle(path, mode, access, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new IOException(failure.Message, failure);
        }
    }

    /// <summary>Removes a segment's file; no error when there is none.</summary>
    public void Delete(string segment)
    {
        try
        {
            File.Delete(PathOf(segment));
        }
        catch (DirectoryNotFoundException)
        {
            // Not there, as asked.
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new IOException(failure.Message, failure);
        }
    }

    /// <summary>Makes a segment's name durable, and the names of the folders above it up to the root.</summary>
    public void FlushNames(string segment)
    {
        List<string> fresh = [];
        string? path = Path.GetDirectoryName(PathOf(segment));
        while (path is not null && path.Length >= _root.Length)
        {
            Folder.Flush(path);
            if (_durableFolders.ContainsKey(path))
                break;
            fresh.Add(path);
            path = Path.GetDirectoryName(path);
        }

        // Only when every folder above has been flushed. Folders are never removed: once durable, always durable.
        foreach (string folder in fresh)
            _durableFolders[folder] = true;
    }
}
