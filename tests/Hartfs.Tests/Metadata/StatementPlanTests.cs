using Hartfs.Metadata.Sqlite;
using Xunit;

namespace Hartfs.Tests.Metadata;

public sealed class StatementPlanTests
{
    // What reads a whole table or index on purpose: lists for mount, drain and maintenance.
    private static readonly string[] Scans =
    [
        "SCAN inode USING INDEX inode_orphan",
        "SCAN pack",
        "SCAN damage",
        "SCAN snapshot",
        "SCAN inline_data",
        "SCAN snapshot USING INDEX snapshot_epoch",
        "SCAN extent USING INDEX extent_inline",
        "SCAN extent_past USING INDEX extent_past_inline",
    ];

    [Fact]
    public void Every_statement_finds_its_rows_by_a_key_and_sorts_nothing()
    {
        using var metadata = new TemporaryMetadata();
        metadata.Store.BeginEpoch();
        metadata.Store.ReadEpoch(1);
        Assert.True(metadata.Store.Database.Statements.Count > 50);
        foreach (Statement statement in metadata.Store.Database.Statements)
        {
            using Statement plan = metadata.Store.Database.PrepareOnce("EXPLAIN QUERY PLAN " + statement.Sql);
            using Statement.Rows steps = plan.Query();
            while (steps.Next())
            {
                // Versions of the library differ in these words.
                string step = steps.Text(3).Replace("COVERING ", "", StringComparison.Ordinal)
                    .Replace("SCAN TABLE ", "SCAN ", StringComparison.Ordinal);
                // A sub-query's own rows are found by steps of their own.
                if (step.StartsWith("SCAN (subquery", StringComparison.Ordinal) ||
                    step.StartsWith("SCAN SUBQUERY", StringComparison.Ordinal))
                    continue;
                Assert.False(step.StartsWith("SCAN", StringComparison.Ordinal) && !Scans.Contains(step),
                    $"{step}: {statement.Sql}");
                Assert.False(step.Contains("TEMP B-TREE", StringComparison.Ordinal), $"{step}: {statement.Sql}");
            }
        }
    }
}
