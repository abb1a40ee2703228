using System.Globalization;
using Hartfs.Core.Integrity;

namespace Hartfs.Cli.Output;

/// <summary>A part of a file that cannot be read, as <c>--json</c> prints it.</summary>
/// <param name="OnlyInSnapshots">Whether the live tree does without it.</param>
internal sealed record DamageReport(string Path, long Inode, long Offset, long Length, bool OnlyInSnapshots)
{
    /// <summary>Ranges that a report lists at most; all are counted.</summary>
    private const int ListedMax = 2000;

    public static IReadOnlyList<DamageReport> From(IReadOnlyList<DamagedRange> ranges) =>
        [.. ranges.Take(ListedMax).Select(range =>
            new DamageReport(range.Path, range.Inode.Value, range.Offset, range.Length, range.IsPast))];
}

/// <summary>Lists of damage for people.</summary>
internal static class DamageText
{
    /// <summary>Writes a line for each range, with its bytes counted from 0, the last one included.</summary>
    public static void Write(TextWriter output, IReadOnlyList<DamageReport> ranges, long count)
    {
        foreach (DamageReport range in ranges)
        {
            // A path that only snapshots know says so itself.
            string where = range.OnlyInSnapshots && !range.Path.EndsWith(')') ? " (in snapshots)" : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {range.Path}{where}: bytes {range.Offset} to {range.Offset + range.Length - 1} ")
                + $"({ByteSize.Format(range.Length)})");
        }

        if (count > ranges.Count)
            output.WriteLine($"  and {Count(count - ranges.Count)} more");
    }

    /// <summary>A number of things, with their name in the right form.</summary>
    public static string Count(long count, string one, string many) => $"{Count(count)} {(count == 1 ? one : many)}";

    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);
}
