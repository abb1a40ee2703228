using Hartfs.Core.Integrity;

namespace Hartfs.Cli.Output;

/// <summary>What <c>hartfs repair --json</c> prints.</summary>
/// <param name="Complete">Whether it came to its end.</param>
/// <param name="SourceFiles">Files looked through.</param>
/// <param name="UnreadableFiles">Of them, those that could not be read.</param>
/// <param name="RepairedBytes">Bytes put back.</param>
/// <param name="ZeroedBytes">Bytes that were given up.</param>
/// <param name="DamageCount">Parts of files that cannot be read now.</param>
/// <param name="Damage">The first of them, by path and offset.</param>
internal sealed record RepairResult(string Volume, bool Complete, long SourceFiles, long UnreadableFiles,
    long RepairedBytes, long ZeroedBytes, long DamageCount, IReadOnlyList<DamageReport> Damage)
{
    public static RepairResult From(string volume, RepairReport report) => new(volume, report.IsComplete,
        report.SourceFileCount, report.UnreadableCount, report.HealedBytes, report.ZeroedBytes, report.Ranges.Count,
        DamageReport.From(report.Ranges));

    public void Write(TextWriter output, RepairOptions options)
    {
        if (options.Sources.Count > 0 && (SourceFiles > 0 || DamageCount > 0))
        {
            output.WriteLine($"Looked through {DamageText.Count(SourceFiles, "file", "files")}: "
                + $"{ByteSize.Format(RepairedBytes)} put back.");
            if (UnreadableFiles > 0)
                output.WriteLine($"{DamageText.Count(UnreadableFiles)} files could not be read.");
        }

        if (options.ZeroDamaged)
            output.WriteLine($"{ByteSize.Format(ZeroedBytes)} became zeros.");
        if (DamageCount == 0)
        {
            output.WriteLine($"{Volume}: no damage is known. Next: hartfs scrub looks for it.");
            return;
        }

        output.WriteLine("Cannot be read:");
        DamageText.Write(output, Damage, DamageCount);
        output.WriteLine(Damage.All(range => range.OnlyInSnapshots)
            ? "Next: hartfs repair --from DIR looks for it in other folders; only snapshots hold it: it goes with them."
            : "Next: hartfs repair --from DIR looks for it in other folders; --zero-damaged gives it up.");
    }
}
