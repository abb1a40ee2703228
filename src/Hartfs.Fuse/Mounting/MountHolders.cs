namespace Hartfs.Fuse.Mounting;

/// <summary>Finds who keeps a mount busy, from /proc alone: the mount itself is not touched.</summary>
internal static class MountHolders
{
    private const int ListedMax = 5;

    /// <summary>Processes with their numbers, for a message; says so when none is visible.</summary>
    public static string Describe(string mountPoint)
    {
        List<string> holders = [.. Find(mountPoint)];
        if (holders.Count == 0)
            return "a process that is not visible from here";
        string listed = string.Join(", ", holders.Take(ListedMax));
        return holders.Count > ListedMax ? $"{listed} and {holders.Count - ListedMax} more" : listed;
    }

    /// <summary>Processes with their numbers.</summary>
    public static IReadOnlyList<string> List(string mountPoint) => [.. Find(mountPoint)];

    private static IEnumerable<string> Find(string mountPoint)
    {
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            string number = Path.GetFileName(process);
            if (number.All(char.IsAsciiDigit) && Links(process).Any(link => IsInside(link, mountPoint)))
                yield return $"{Name(process)} ({number})";
        }
    }

    private static IEnumerable<string> Links(string process)
    {
        string[] descriptors = [];
        try
        {
            descriptors = Directory.GetFiles(Path.Combine(process, "fd"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another user's, or gone meanwhile.
        }
        string[] places = [Path.Combine(process, "cwd"), Path.Combine(process, "root"), Path.Combine(process, "exe")];
        return places.Concat(descriptors);
    }

    private static bool IsInside(string link, string mountPoint)
    {
        try
        {
            string? target = new FileInfo(link).LinkTarget;
            return target is not null && (target + "/").StartsWith(mountPoint + "/", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Name(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "comm")).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "?";
        }
    }
}
