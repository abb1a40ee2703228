using Hartfs.Core.Integrity;

namespace Hartfs.Cli.Output;

/// <summary>What a pass found, as <c>hartfs check --json</c> prints it.</summary>
/// <param name="FindingCount">All findings; the first are listed.</param>
/// <param name="Repaired">Whether they are gone now.</param>
/// <param name="CanRepair">What <c>--repair</c> does; absent when it does nothing.</param>
internal sealed record CheckPassResult(int Pass, string Name, long FindingCount, IReadOnlyList<string> Findings,
    bool Repaired, string? CanRepair);

/// <summary>What <c>hartfs check --json</c> prints.</summary>
/// <param name="StoppedAt">The pass to go on with; absent when the check came to its end.</param>
/// <param name="DamagedBlocks">Blocks known to be damaged from reads and scrubs; no finding of the check.</param>
internal sealed record CheckOutcome(string Volume, bool Complete, string? StoppedAt, long OpenFindings,
    IReadOnlyList<CheckPassResult> Passes, long DamagedBlocks)
{
    public static CheckOutcome From(string volume, CheckReport report) => new(volume, report.IsComplete,
        CheckPass.All.FirstOrDefault(pass => pass.Id == report.StoppedAt)?.Name, report.OpenCount,
        [.. report.Results.Select(result => new CheckPassResult(result.Pass.Id, result.Pass.Name, result.FindingCount,
            result.Findings, result.IsRepaired, result.Pass.Repair.Length > 0 ? result.Pass.Repair : null))],
        report.KnownDamagedBlocks);

    // For what --repair cannot put right.
    private static string? Advice(int pass) => pass switch
    {
        CheckPass.PagesId or CheckPass.ReferencesId or CheckPass.CodexId =>
            "unmount it; hartfs recover --force rebuilds the metadata from their newest copy and the packs",
        CheckPass.PacksId or CheckPass.BlocksId =>
            "hartfs scrub finds out what cannot be read, hartfs repair --from DIR puts it back",
        CheckPass.NamesId or CheckPass.ExtentsId or CheckPass.AttributesId or CheckPass.CountsId =>
            "unmount it, and have the volume's directory checked with --repair",
        _ => null,
    };

    public void Write(TextWriter output, bool isRepair)
    {
        foreach (CheckPassResult pass in Passes)
        {
            output.WriteLine($"{pass.Pass,3} {pass.Name,-15} " + (pass.FindingCount == 0
                ? "sound"
                : DamageText.Count(pass.FindingCount) + (pass.Repaired ? " found and repaired" : " found")));
            foreach (string finding in pass.Findings)
                output.WriteLine("      " + finding);
            if (pass.FindingCount > pass.Findings.Count)
                output.WriteLine($"      and {DamageText.Count(pass.FindingCount - pass.Findings.Count)} more");
            if (pass.FindingCount > 0 && !pass.Repaired && !isRepair && pass.CanRepair is { } repair)
                output.WriteLine($"      --repair: {repair}");
            else if (pass.FindingCount > 0 && !pass.Repaired && Advice(pass.Pass) is { } advice)
                output.WriteLine($"      Next: {advice}");
        }

        if (DamagedBlocks > 0)
        {
            output.WriteLine($"{DamageText.Count(DamagedBlocks, "block is", "blocks are")} known to be damaged: "
                + "hartfs repair lists the files.");
        }

        if (OpenFindings > 0 && isRepair)
            output.WriteLine("What is left: native-notes/operations.md says for each pass what can be done.");
    }
}
