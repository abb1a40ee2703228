using Hartfs.Format;

namespace Hartfs.Cli.Copying;

/// <summary>Counts what a copy has ahead of it, so that a progress bar knows its end.</summary>
internal static class TreeCount
{
    /// <summary>Counts an item with all below it; stops early, without a word, when cancelled or in trouble.</summary>
    public static void Run(ITreeDirectory parent, byte[] name, CopyTotal total, CancellationToken cancellation)
    {
        var open = new Stack<(ITreeDirectory Directory, Queue<byte[]> Names)>();
        open.Push((parent, new Queue<byte[]>([name])));
        try
        {
            while (open.Count > 0 && !cancellation.IsCancellationRequested)
            {
                (ITreeDirectory directory, Queue<byte[]> names) = open.Peek();
                if (!names.TryDequeue(out byte[]? next))
                {
                    open.Pop();
                    directory.Dispose();
                }
                else if (directory.Find(next) is { } attributes)
                {
                    total.Add(InodeMode.IsRegularFile(attributes.Mode) ? attributes.Size : 0);
                    if (InodeMode.IsDirectory(attributes.Mode))
                    {
                        var childNames = new Queue<byte[]>();
                        ITreeDirectory child = directory.OpenDirectory(next);
                        open.Push((child, childNames));
                        foreach (byte[] childName in child.ListNames())
                            childNames.Enqueue(childName);
                    }
                }
            }
        }
        catch (TreeException)
        {
            // The copy meets the same trouble and reports it.
        }
        finally
        {
            while (open.TryPop(out (ITreeDirectory Directory, Queue<byte[]> Names) level))
                level.Directory.Dispose();
        }
    }
}
