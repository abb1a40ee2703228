using System.Text;

namespace Hartfs.Fuse.Mounting;

/// <summary>A line of /proc/self/mountinfo.</summary>
/// <param name="Device">Major and minor number: "0:57".</param>
/// <param name="MountPoint">Full path, as the kernel sees it from here.</param>
/// <param name="Type">Filesystem type with subtype: "fuse.hartfs".</param>
/// <param name="Source">What was mounted.</param>
internal sealed record MountEntry(string Device, string MountPoint, string Type, string Source)
{
    public bool IsFuse => Type == "fuse" || Type.StartsWith("fuse.", StringComparison.Ordinal);
}

/// <summary>What is mounted where, read without touching any mount.</summary>
internal static class MountTable
{
    public const string HartfsType = "fuse.hartfs";

    /// <summary>All mounts, later ones cover earlier ones at the same place.</summary>
    public static IReadOnlyList<MountEntry> Read() => Parse(File.ReadAllText("/proc/self/mountinfo"));

    /// <summary>The mount that is seen at a path, which must be a mount point itself.</summary>
    public static MountEntry? FindTop(string mountPoint) =>
        Read().LastOrDefault(entry => entry.MountPoint == mountPoint);

    /// <summary>Whether a device is mounted anywhere.</summary>
    public static bool HasDevice(string device) => Read().Any(entry => entry.Device == device);

    /// <summary>
    /// Takes the table apart. Fields: id, parent, device, root, mount point, options, any number of tags, "-",
    /// type, source, options (man 5 proc_pid_mountinfo).
    /// </summary>
    public static IReadOnlyList<MountEntry> Parse(string table)
    {
        var entries = new List<MountEntry>();
        foreach (string line in table.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (dash < 6 || fields.Length < dash + 3)
                continue;
            entries.Add(new MountEntry(
                fields[2], Unescape(fields[4]), Unescape(fields[dash + 1]), Unescape(fields[dash + 2])));
        }
        return entries;
    }

    /// <summary>The kernel writes blank, tab, newline and backslash as \ooo.</summary>
    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
            return field;
        byte[] bytes = Encoding.UTF8.GetBytes(field);
        int length = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            bool octal = bytes[i] == '\\' && i + 3 < bytes.Length && bytes[(i + 1)..(i + 4)].All(digit =>
                digit is >= (byte)'0' and <= (byte)'7');
            bytes[length++] = octal
                ? (byte)(((bytes[i + 1] - '0') * 64) + ((bytes[i + 2] - '0') * 8) + (bytes[i + 3] - '0')) : bytes[i];
            if (octal)
                i += 3;
        }
        return Encoding.UTF8.GetString(bytes, 0, length);
    }
}
