using System.Globalization;
using Hartfs.Format;

namespace Hartfs.Core.Snapshots;

/// <summary>
/// How many snapshots the volume keeps by itself: of each of the last so many hours, days, weeks and months that have
/// one, the newest. All 0: it makes none. Times are UTC; weeks begin on Monday.
/// </summary>
public readonly record struct SnapshotPolicy(int Hourly, int Daily, int Weekly, int Monthly)
{
    /// <summary>The most that each number may be.</summary>
    public const int CountMax = 10_000;

    private const string NamePrefix = "auto-";

    private static readonly Func<DateTime, string>[] Periods =
    [
        time => time.ToString("yyyy-MM-dd HH", CultureInfo.InvariantCulture),
        time => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        time => $"{ISOWeek.GetYear(time)} {ISOWeek.GetWeekOfYear(time)}",
        time => time.ToString("yyyy-MM", CultureInfo.InvariantCulture),
    ];

    /// <summary>The first part of a scheduled snapshot's name.</summary>
    public static string Prefix => NamePrefix;

    /// <summary>Whether there is anything to do.</summary>
    public bool IsActive => Counts.Any(count => count > 0);

    private int[] Counts => [Hourly, Daily, Weekly, Monthly];

    /// <summary>What is to be done at a moment, given all snapshots, oldest first.</summary>
    public PolicyPlan Plan(IReadOnlyList<SnapshotRecord> snapshots, DateTimeOffset now)
    {
        List<SnapshotRecord> own = [.. snapshots.Where(each => each.Kind == SnapshotKind.Scheduled)];
        var kept = new HashSet<SnapshotId>();
        bool isDue = false;
        int[] counts = Counts;
        string[] reasons = ["hourly", "daily", "weekly", "monthly"];
        var why = new Dictionary<SnapshotId, string>();
        int finest = Array.FindIndex(counts, count => count > 0);
        if (finest >= 0)
        {
            string current = Periods[finest](now.UtcDateTime);
            isDue = !own.Any(each => Periods[finest](Time(each)) == current);
        }

        for (int rule = 0; rule < counts.Length; rule++)
        {
            // The snapshot that is about to be made takes a period of its own.
            int left = counts[rule];
            var seen = new HashSet<string>();
            if (isDue && left > 0)
            {
                seen.Add(Periods[rule](now.UtcDateTime));
                left--;
            }

            for (int index = own.Count - 1; index >= 0 && left > 0; index--)
            {
                if (!seen.Add(Periods[rule](Time(own[index]))))
                    continue;
                left--;
                if (kept.Add(own[index].Id))
                    why[own[index].Id] = reasons[rule];
            }
        }

        return new PolicyPlan(isDue,
            [.. own.Where(each => !kept.Contains(each.Id) && !each.IsHeld && finest >= 0)],
            [.. own.Where(each => kept.Contains(each.Id) || each.IsHeld || finest < 0)
                .Select(each => (each, each.IsHeld ? "held" : why.GetValueOrDefault(each.Id, "")))]);
    }

    private static DateTime Time(SnapshotRecord snapshot) => DateTime.UnixEpoch.AddTicks(snapshot.Created / 100);
}

/// <summary>What a policy does at a moment.</summary>
/// <param name="IsDue">Whether a snapshot is to be made.</param>
/// <param name="Deleted">Snapshots to delete.</param>
/// <param name="Kept">Scheduled snapshots that stay, each with the rule that keeps it.</param>
public sealed record PolicyPlan(
    bool IsDue, IReadOnlyList<SnapshotRecord> Deleted, IReadOnlyList<(SnapshotRecord Snapshot, string Rule)> Kept);
