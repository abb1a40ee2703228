using Hartfs.Core.Integrity;

namespace Hartfs.Cli.Output;

/// <summary>What <c>hartfs scrub --json</c> prints.</summary>
/// <param name="Complete">Whether it came to its end.</param>
/// <param name="Blocks">Blocks verified by this run.</param>
/// <param name="Bytes">Their stored bytes.</param>
/// <param name="DamagedBlocks">Damaged blocks that it came by.</param>
/// <param name="MendedBlocks">Of them, those made whole again.</param>
/// <param name="DamageCount">Parts of files that cannot be read now.</param>
/// <param name="Damage">The first of them, by path and offset.</param>
/// <param name="Remarks">What else is wrong.</param>
/// <param name="OpenRemarks">How much of that is still wrong.</param>
internal sealed record ScrubResult(
    string Volume, bool Complete, long Blocks, long Bytes, long DamagedBlocks, long MendedBlocks, long DamageCount,
    IReadOnlyList<DamageReport> Damage, IReadOnlyList<string> Remarks, long OpenRemarks)
{
    public static ScrubResult From(string volume, ScrubReport report) => new(volume, report.IsComplete,
        report.BlockCount, report.Bytes, report.DamagedCount, report.HealedCount, report.Ranges.Count,
        DamageReport.From(report.Ranges), report.Remarks, report.OpenRemarkCount);

    public void Write(TextWriter output)
    {
        output.WriteLine($"{Volume}: {DamageText.Count(Blocks, "block", "blocks")}, {ByteSize.Format(Bytes)} read, "
            + (DamagedBlocks == 0 ? "no damage" : $"{DamageText.Count(DamagedBlocks, "block", "blocks")} damaged, "
                + $"{DamageText.Count(MendedBlocks)} of them mended"));
        foreach (string remark in Remarks)
            output.WriteLine("  " + remark);
        if (OpenRemarks > 0)
            output.WriteLine("Next: hartfs check --repair puts that right as far as it can.");
        if (DamageCount == 0)
            return;
        output.WriteLine("Cannot be read:");
        DamageText.Write(output, Damage, DamageCount);
        output.WriteLine("Next: hartfs repair --from DIR looks for the missing content in other folders.");
    }
}
