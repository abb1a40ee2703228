namespace Hartfs.CrashTests.Runs;

/// <summary>What was tried.</summary>
/// <param name="Cuts">Power cuts.</param>
/// <param name="Recoveries">
/// Volumes opened after one: of two cuts that leave the same on one disk the second is judged by the first's outcome.
/// </param>
/// <param name="Deletions">Packs deleted, each looked for in the durable metadata before.</param>
/// <param name="Damages">Places damaged by the disk, and all mended.</param>
internal record struct CrashCount(int Cuts, int Recoveries, int Deletions, int Damages)
{
    public static CrashCount operator +(CrashCount left, CrashCount right) =>
        new(left.Cuts + right.Cuts, left.Recoveries + right.Recoveries, left.Deletions + right.Deletions,
            left.Damages + right.Damages);
}
