namespace Hartfs.Core;

/// <summary>How far long work on a volume has come.</summary>
/// <param name="Stage">What is being done, in a few words.</param>
/// <param name="Done">Of <paramref name="Total"/>; bytes where <paramref name="IsBytes"/>, else steps.</param>
/// <param name="Total">0: not known.</param>
/// <param name="IsBytes">Whether the figures are bytes.</param>
/// <param name="FindingCount">Problems found so far.</param>
public readonly record struct MaintenanceProgress(
    string Stage, long Done, long Total, bool IsBytes, long FindingCount);
