namespace Hartfs.Cli.Mounting;

/// <summary>What to mount, where and how.</summary>
/// <param name="Volume">Full path of the volume's directory.</param>
/// <param name="MountPoint">Full path.</param>
/// <param name="OptionTexts">The options as given, for <c>status</c>.</param>
/// <param name="IsTraced">Print every request.</param>
internal sealed record MountPlan(
    string Volume, string MountPoint, MountOptionList Options, IReadOnlyList<string> OptionTexts, bool IsTraced)
{
    /// <summary>The snapshot to mount; null: the live tree.</summary>
    public string? Snapshot { get; init; }
}
