namespace Hartfs.Core.Collection;

/// <summary>When a mounted volume collects by itself, and with how much memory any collection works.</summary>
public sealed record CollectionSettings
{
    /// <summary>Whether the volume collects by itself.</summary>
    public bool IsAutomatic { get; init; } = true;

    /// <summary>Share of a pack that has to be dead before what lives in it is moved, 0 to 1.</summary>
    public double DeadShareMin { get; init; } = 0.5;

    /// <summary>Bytes that files must have given up before it is worth looking.</summary>
    public long ReleasedBytesMin { get; init; } = 256 << 20;

    /// <summary>Time from the end of one look to the next at least.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Time without writes that is waited for.</summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long it is waited for; then it begins beside the writes.</summary>
    public TimeSpan IdlePatience { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Bytes of packs that one automatic collection takes on.</summary>
    public long BytesPerRunMax { get; init; } = 2L << 30;

    /// <summary>Memory of the references that are sorted; what is more is spilled to disk.</summary>
    public long SortBytesMax { get; init; } = 64 << 20;
}
