using System.Globalization;
using Hartfs.Core;
using Hartfs.Core.Collection;

namespace Hartfs.Cli.Output;

/// <summary>
/// What <c>hartfs gc --json</c> prints. All bytes are bytes on disk; the packs are those found before anything was
/// done.
/// </summary>
internal sealed record GcReport
{
    public required string Volume { get; init; }

    /// <summary>Whether nothing was to be changed.</summary>
    public required bool DryRun { get; init; }

    /// <summary>Why it ended early; absent when it did not.</summary>
    public FsError? Error { get; init; }

    /// <summary>Packs in which nothing lives.</summary>
    public required GcPacks Dead { get; init; }

    /// <summary>Packs dead enough for what lives in them to be moved.</summary>
    public required GcPacks Sparse { get; init; }

    /// <summary>Packs left alone.</summary>
    public required GcPacks Kept { get; init; }

    /// <summary>What was expected to come back.</summary>
    public required long ReclaimableBytes { get; init; }

    /// <summary>Packs deleted.</summary>
    public long DeletedPacks { get; init; }

    /// <summary>Their bytes.</summary>
    public long FreedBytes { get; init; }

    /// <summary>Bytes written to keep what lived in them.</summary>
    public long MovedBytes { get; init; }

    /// <summary>Old versions of names and attributes that no snapshot needed.</summary>
    public long PrunedRows { get; init; }

    /// <summary>Packs left alone because something in them is damaged.</summary>
    public long DamagedPacks { get; init; }

    public static GcReport From(string volume, CollectionPlan plan) => new()
    {
        Volume = volume,
        DryRun = true,
        Dead = GcPacks.From(plan.Dead),
        Sparse = GcPacks.From(plan.Sparse),
        Kept = GcPacks.From(plan.Kept),
        ReclaimableBytes = plan.ReclaimableBytes,
    };

    public static GcReport From(string volume, CollectionResult result) => From(volume, result.Plan) with
    {
        DryRun = false,
        Error = result.Error == FsError.None ? null : result.Error,
        DeletedPacks = result.DeletedPacks,
        FreedBytes = result.FreedBytes,
        MovedBytes = result.MovedBytes,
        PrunedRows = result.PrunedRows,
        DamagedPacks = result.DamagedPacks,
    };

    public void Write(TextWriter output)
    {
        output.WriteLine($"  {"packs",-28}{"count",8}{"on disk",12}{"dead",12}");
        WriteRow(output, "nothing lives: deleted", Dead);
        WriteRow(output, "little lives: emptied", Sparse);
        WriteRow(output, "left alone", Kept);
        output.WriteLine();
        if (DryRun)
        {
            output.WriteLine($"{Volume}: {ByteSize.Format(ReclaimableBytes)} would come back, "
                + $"{ByteSize.Format(Sparse.Bytes - Sparse.DeadBytes)} would be moved");
            return;
        }

        WriteTotals(output);
    }

    /// <summary>What came of it, in a line.</summary>
    public void WriteTotals(TextWriter output)
    {
        output.WriteLine($"{Volume}: {ByteSize.Format(Math.Max(0, FreedBytes - MovedBytes))} came back; "
            + $"{Count(DeletedPacks)} packs deleted, {ByteSize.Format(MovedBytes)} moved, "
            + $"{Count(PrunedRows)} old versions pruned");
        if (DamagedPacks > 0)
            output.WriteLine($"{Count(DamagedPacks)} packs were left alone: something in them cannot be read. "
                + "Next: hartfs scrub.");
    }

    private static void WriteRow(TextWriter output, string name, GcPacks packs) => output.WriteLine(
        $"  {name,-28}{Count(packs.Count),8}{ByteSize.Format(packs.Bytes),12}{ByteSize.Format(packs.DeadBytes),12}");

    private static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);
}

/// <summary>Some packs together.</summary>
/// <param name="Count">How many.</param>
/// <param name="Bytes">Their length.</param>
/// <param name="DeadBytes">Of it, what nothing refers to.</param>
internal sealed record GcPacks(long Count, long Bytes, long DeadBytes)
{
    public static GcPacks From(PackGroup group) => new(group.Count, group.Bytes, group.DeadBytes);
}
