using System.Text;

namespace Hartfs.Cli.Mounting;

/// <summary>A Hartfs mount as the kernel lists it.</summary>
/// <param name="MountPoint">Full path.</param>
/// <param name="Volume">The source: the volume's directory.</param>
internal readonly record struct MountTableEntry(string MountPoint, string Volume);

/// <summary>The Hartfs mounts of this system, from /proc/self/mountinfo (proc_pid_mountinfo(5)).</summary>
internal static class MountTable
{
    private const string TypeName = "fuse.hartfs";

    /// <summary>All Hartfs mounts in the order they were made. Empty where there is no mountinfo.</summary>
    public static IReadOnlyList<MountTableEntry> List()
    {
        const string path = "/proc/self/mountinfo";
        return File.Exists(path) ? Parse(File.ReadLines(path, Encoding.UTF8)) : [];
    }

    /// <summary>The Hartfs entries among lines of mountinfo.</summary>
    public static IReadOnlyList<MountTableEntry> Parse(IEnumerable<string> lines)
    {
        var entries = new List<MountTableEntry>();
        foreach (string line in lines)
        {
            // 36 35 98:0 /root /mount/point rw,noatime [optional fields] - type source super,options
            string[] fields = line.Split(' ');
            int separator = Array.IndexOf(fields, "-");
            if (fields.Length > 4 && separator > 4 && separator + 2 < fields.Length
                && fields[separator + 1] == TypeName)
                entries.Add(new MountTableEntry(Unescape(fields[4]), Unescape(fields[separator + 2])));
        }

        return entries;
    }

    /// <summary>The topmost mount exactly at a path; null when there is none.</summary>
    public static MountTableEntry? At(string mountPoint) => Last(List(), entry => entry.MountPoint == mountPoint);

    /// <summary>The mount that holds a path: the longest mount point that is the path or above it.</summary>
    public static MountTableEntry? Containing(string path) =>
        Last([.. List().OrderBy(entry => entry.MountPoint.Length)], entry => IsWithin(path, entry.MountPoint));

    /// <summary>Where a volume is mounted; null when it is not.</summary>
    public static MountTableEntry? Of(string volume) => Last(List(), entry => entry.Volume == volume);

    private static MountTableEntry? Last(
        IReadOnlyList<MountTableEntry> entries, Func<MountTableEntry, bool> condition)
    {
        for (int i = entries.Count - 1; i >= 0; i--)
        {
            if (condition(entries[i]))
                return entries[i];
        }

        return null;
    }

    private static bool IsWithin(string path, string directory) =>
        path == directory || directory == "/"
        || (path.StartsWith(directory, StringComparison.Ordinal) && path[directory.Length] == '/');

    /// <summary>Undoes the kernel's escapes: space, tab, newline, backslash and '#' appear as \ooo.</summary>
    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
            return field;
        var bytes = new List<byte>(field.Length);
        byte[] source = Encoding.UTF8.GetBytes(field);
        for (int i = 0; i < source.Length; i++)
        {
            bool isEscape = source[i] == '\\' && i + 3 < source.Length
                && source.AsSpan(i + 1, 3).IndexOfAnyExceptInRange((byte)'0', (byte)'7') < 0;
            if (isEscape)
            {
                bytes.Add((byte)(((source[i + 1] - '0') << 6) | ((source[i + 2] - '0') << 3) | (source[i + 3] - '0')));
                i += 3;
            }
            else
            {
                bytes.Add(source[i]);
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
