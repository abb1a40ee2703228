using System.Text;
using Hartfs.Core.Files;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Metadata.Tables;

namespace Hartfs.Core.Integrity;

/// <summary>
/// From inodes back to paths, for logs and reports. Looks through all names in steps, the lock held for a step only:
/// what is renamed meanwhile may be missed, and is then called by its inode number.
/// </summary>
internal sealed class PathSearch(MetadataStore metadata, Lock treeLock, NodeTable? nodes = null)
{
    private const int StepRows = 4096;
    private const int DepthMax = 4096;

    /// <summary>A path of an inode.</summary>
    public string Find(InodeNumber inode)
    {
        Dictionary<long, List<string>> paths = FindAll(new HashSet<long> { inode.Value }, CancellationToken.None);
        return paths[inode.Value][0];
    }

    /// <summary>
    /// Every path of some inodes, one at least each: of those without a live name the one they had in snapshots, or
    /// their number.
    /// </summary>
    public Dictionary<long, List<string>> FindAll(IReadOnlySet<long> inodes, CancellationToken cancel)
    {
        var paths = new Dictionary<long, List<string>>();
        if (inodes.Contains(InodeNumber.Root.Value))
            paths[InodeNumber.Root.Value] = ["/"];
        var directories = new Dictionary<long, string?>();
        Collect(inodes, paths, directories, isPast: false, cancel);
        var lost = new HashSet<long>(inodes.Where(inode => !paths.ContainsKey(inode)));
        if (lost.Count > 0)
            Collect(lost, paths, directories, isPast: true, cancel);
        foreach (long inode in inodes)
            paths.TryAdd(inode, [$"inode {inode}"]);
        return paths;
    }

    private void Collect(IReadOnlySet<long> inodes, Dictionary<long, List<string>> paths,
        Dictionary<long, string?> directories, bool isPast, CancellationToken cancel)
    {
        var found = new List<FoundName>();
        NamePosition position = default;
        bool isMore;
        do
        {
            cancel.ThrowIfCancellationRequested();
            found.Clear();
            lock (treeLock)
                isMore = metadata.Names.Next(ref position, isPast, StepRows, inodes, found);
            foreach (FoundName name in found)
            {
                if (PathOf(name.Parent, directories) is not { } directory)
                    continue;
                string path = $"{directory}/{Text(name.Name)}" + (isPast ? " (in snapshots)" : "");
                if (!paths.TryGetValue(name.Inode.Value, out List<string>? known))
                    paths.Add(name.Inode.Value, known = []);
                if (!known.Contains(path))
                    known.Add(path);
            }
        }
        while (isMore);
    }

    private string? PathOf(InodeNumber directory, Dictionary<long, string?> known)
    {
        var names = new Stack<string>();
        known[InodeNumber.Root.Value] = "";
        InodeNumber at = directory;
        string? begin;
        while (!known.TryGetValue(at.Value, out begin))
        {
            if (names.Count > DepthMax || Climb(ref at) is not { } name)
                return known[directory.Value] = null;
            names.Push(name);
        }

        return known[directory.Value] = begin is null ? null : begin + string.Concat(names.Select(each => "/" + each));
    }

    private string? Climb(ref InodeNumber directory)
    {
        lock (treeLock)
        {
            InodeRecord record;
            bool exists = nodes is not null
                ? nodes.TryGetRecord(directory, out record)
                : metadata.Inodes.TryGet(directory, out record);
            if (!exists || metadata.Names.FindDirectory(record.Parent, directory) is not { } name)
                return null;
            directory = record.Parent;
            return Text(name);
        }
    }

    // One line of text whatever the bytes are.
    private static string Text(byte[] name) =>
        string.Create(Encoding.UTF8.GetCharCount(name), name, static (text, bytes) =>
        {
            Encoding.UTF8.GetChars(bytes, text);
            foreach (ref char letter in text)
                if (char.IsControl(letter))
                    letter = '?';
        });
}
