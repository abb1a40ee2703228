namespace Hartfs.CrashTests.Disk;

/// <summary>How a disk fails.</summary>
internal enum DiskFaultKind
{
    /// <summary>What would make a file longer, or a new one, has no room; a part of it may still fit.</summary>
    NoSpace,
    ReadError,
    WriteError,

    /// <summary>
    /// A synchronization fails, and what it was to make durable never will be, whatever later ones say.
    /// </summary>
    FlushError,
}

/// <summary>A plan to fail.</summary>
/// <param name="Kind">How.</param>
/// <param name="At">At which request of the kind, from 1.</param>
/// <param name="IsLasting">From then on, until the plan is taken away; otherwise once.</param>
internal sealed record DiskFault(DiskFaultKind Kind, int At, bool IsLasting)
{
    /// <summary>Requests of the kind so far; guarded by the disk.</summary>
    public int Seen { get; set; }

    /// <summary>Whether it has happened.</summary>
    public bool HasStruck => Seen >= At;
}

/// <summary>A request failed as planned.</summary>
internal sealed class DiskFaultException(DiskFaultKind kind) : Exception($"{kind}, as planned")
{
    public DiskFaultKind Kind => kind;
}
