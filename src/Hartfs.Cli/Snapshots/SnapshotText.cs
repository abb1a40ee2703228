using System.Globalization;
using Hartfs.Cli.Output;

namespace Hartfs.Cli.Snapshots;

/// <summary>Answers for people.</summary>
internal static class SnapshotText
{
    /// <summary>A table of snapshots, oldest first.</summary>
    public static void WriteList(TextWriter output, IReadOnlyList<SnapshotReport> snapshots)
    {
        if (snapshots.Count == 0)
        {
            output.WriteLine("There are no snapshots.");
            return;
        }

        int columns = Math.Max(4, snapshots.Max(each => each.Name.Length));
        output.WriteLine($"{"NAME".PadRight(columns)}  {"CREATED",-19}  {"SIZE",9}  {"INODES",9}  {"ONLY HERE",9}  "
            + "IF DELETED");
        foreach (SnapshotReport each in snapshots)
        {
            string notes = string.Join(", ", Notes(each));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{each.Name.PadRight(columns)}  {Time(each.Created)}  {ByteSize.Format(each.LogicalBytes),9}  ")
                + string.Create(CultureInfo.InvariantCulture, $"{each.InodeCount,9:#,0}  {Size(each.UniqueBytes),9}  ")
                + $"{Size(each.FreedBytes),10}  {notes}".TrimEnd());
        }
    }

    /// <summary>One line for each change: + added, - removed, M changed, R renamed.</summary>
    public static void WriteChange(TextWriter output, ChangeReport change)
    {
        string slash = change.IsDirectory && !change.Path.EndsWith('/') ? "/" : "";
        output.WriteLine(change.Kind switch
        {
            "added" => $"+ {change.Path}{slash}",
            "removed" => $"- {change.Path}{slash}",
            "renamed" => $"R {change.Path}{slash} -> {change.NewPath}{slash}",
            _ => $"M {change.Path}{slash}",
        });
    }

    /// <summary>A table of versions, oldest first.</summary>
    public static void WriteVersions(TextWriter output, IReadOnlyList<FileVersionReport> versions)
    {
        output.WriteLine($"{"MODIFIED",-19}  {"SIZE",9}  SNAPSHOTS");
        foreach (FileVersionReport each in versions)
        {
            string where = each.First is null ? "now"
                : each.Last is null ? $"{each.First} … now"
                : each.First == each.Last ? each.First
                : $"{each.First} … {each.Last} ({each.SnapshotCount.ToString(CultureInfo.InvariantCulture)})";
            output.WriteLine($"{Time(each.Modified)}  {ByteSize.Format(each.Size),9}  {where}");
        }
    }

    /// <summary>What was cloned or restored.</summary>
    public static void WriteClone(TextWriter output, CloneReport clone)
    {
        output.WriteLine($"{clone.Target}: {Count(clone.Files, "file", "files")}, "
            + $"{Count(clone.Directories, "directory", "directories")}, "
            + (clone.Others == 0 ? "" : $"{Count(clone.Others, "link or device", "links and devices")}, ")
            + $"{ByteSize.Format(clone.Bytes)}; "
            + "no data was copied.");
    }

    /// <summary>A policy, and what it keeps and deletes.</summary>
    public static void WritePolicy(TextWriter output, SnapshotAnswer answer, bool isPlan)
    {
        PolicyReport policy = answer.Policy ?? new PolicyReport(0, 0, 0, 0);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"hourly {policy.Hourly}, daily {policy.Daily}, weekly {policy.Weekly}, monthly {policy.Monthly}"));
        if (answer.IsDue == true)
            output.WriteLine("make    a snapshot of now");
        foreach (SnapshotReport each in answer.Deleted ?? [])
            output.WriteLine($"{(isPlan ? "delete" : "deleted"),-7} {each.Name}");
        foreach (SnapshotReport each in answer.Snapshots ?? [])
            output.WriteLine($"{(each.Rule == "made now" ? "made" : "keep"),-7} {each.Name}"
                + (each.Rule is { Length: > 0 } rule && rule != "made now" ? $" ({rule})" : ""));
    }

    private static string Size(long? bytes) => bytes is { } known ? ByteSize.Format(known) : "-";

    private static string Count(long count, string one, string many) =>
        count.ToString("#,0", CultureInfo.InvariantCulture) + " " + (count == 1 ? one : many);

    private static IEnumerable<string> Notes(SnapshotReport snapshot)
    {
        if (snapshot.Held)
            yield return "held";
        if (snapshot.Kind != "named")
            yield return snapshot.Kind;
    }

    private static string Time(DateTimeOffset time) =>
        time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
