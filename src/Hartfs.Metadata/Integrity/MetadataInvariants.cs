using System.Globalization;
using System.Text;
using Hartfs.Metadata.Sqlite;
using Hartfs.Metadata.Tables;

namespace Hartfs.Metadata.Integrity;

/// <summary>What must hold of the metadata between two operations.</summary>
/// <param name="Name">A stable name, for reports and scripts.</param>
/// <param name="Statement">One sentence that says what holds.</param>
/// <param name="Sql">A query that must return no rows; its columns identify what violates it.</param>
public sealed record Invariant(string Name, string Statement, string Sql);

/// <summary>A row that an invariant's query returned.</summary>
/// <param name="Invariant">The invariant's name.</param>
/// <param name="Detail">The row: column = value, and so on.</param>
public readonly record struct Violation(string Invariant, string Detail);

/// <summary>Verifies the structure of the metadata. Reads every row: for <c>check</c> and for tests.</summary>
public static partial class MetadataInvariants
{
    private const string CookiesName = "name-at-its-hash";

    /// <summary>Looks for violations in the live and past rows, the changes not yet committed included.</summary>
    /// <param name="violationsMax">Violations reported for each invariant at most.</param>
    public static IReadOnlyList<Violation> Check(MetadataStore store, int violationsMax = 10) =>
        Check(store, static _ => true, violationsMax);

    /// <summary>As above, of the invariants that a predicate picks by name.</summary>
    public static IReadOnlyList<Violation> Check(MetadataStore store, Predicate<string> isWanted, int violationsMax)
    {
        if (store.State.IsChanged)
            store.State.Save();
        var violations = new List<Violation>();
        foreach (Invariant invariant in All.Where(invariant => isWanted(invariant.Name)))
            Query(store.Database, invariant, violationsMax, violations);
        if (isWanted(CookiesName))
            CheckCookies(store.Database, violationsMax, violations);
        return violations;
    }

    private static void Query(Database database, Invariant invariant, int violationsMax, List<Violation> violations)
    {
        using Statement statement = database.PrepareOnce(invariant.Sql);
        using Statement.Rows rows = statement.Query();
        for (int count = 0; count < violationsMax && rows.Next(); count++)
            violations.Add(new Violation(invariant.Name, Describe(rows)));
    }

    private static string Describe(in Statement.Rows rows)
    {
        var text = new StringBuilder();
        for (int column = 0; column < rows.ColumnCount; column++)
            text.Append(CultureInfo.InvariantCulture,
                $"{(column == 0 ? "" : ", ")}{rows.ColumnName(column)} = {rows.Text(column)}");
        return text.ToString();
    }

    // SQL cannot fold names.
    private static void CheckCookies(Database database, int violationsMax, List<Violation> violations)
    {
        using Statement statement = database.PrepareOnce(
            "SELECT parent, cookie, name FROM entry UNION ALL SELECT parent, cookie, name FROM entry_past");
        using Statement.Rows rows = statement.Query();
        for (int count = 0; count < violationsMax && rows.Next();)
        {
            ReadOnlySpan<byte> name = rows.Bytes(2);
            long first = name.Length is > 0 and <= Format.Limits.NameBytesMax ? NameCookie.First(name) : 0;
            if (first != 0 && rows.Int64(1) >= first && rows.Int64(1) < first + NameCookie.SequenceCount)
                continue;
            violations.Add(new Violation(CookiesName, $"parent = {rows.Int64(0)}, cookie = {rows.Int64(1)}"));
            count++;
        }
    }
}
