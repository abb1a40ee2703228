namespace Hartfs.CrashTests.Disk;

/// <summary>What was asked of a <see cref="SimulatedDisk"/>.</summary>
internal enum DiskEventKind
{
    Create,
    Write,
    Truncate,

    /// <summary>What was asked of the file before <see cref="DiskEvent.Begin"/> is durable.</summary>
    Synchronize,

    /// <summary>Names made or deleted in the file's folder before <see cref="DiskEvent.Begin"/> are durable.</summary>
    SynchronizeNames,

    /// <summary>A synchronization failed: what it would have covered is never durable.</summary>
    FailToSynchronize,

    Delete,

    /// <summary>The disk itself changes bytes that it has kept; nobody asked for it.</summary>
    Damage,
}

/// <summary>One request.</summary>
/// <param name="Kind">What it was.</param>
/// <param name="File">The file; a name that is deleted and made again is another file.</param>
/// <param name="Offset">Of a write, where; of a truncation, the new length.</param>
/// <param name="Bytes">Of a write.</param>
/// <param name="Begin">Of a synchronization: how many requests the disk had when it began.</param>
/// <param name="IsDurable">Of a deletion: whether it is durable at once.</param>
internal sealed record DiskEvent(
    DiskEventKind Kind, DiskFile File, long Offset = 0, byte[]? Bytes = null, int Begin = 0, bool IsDurable = false)
{
    /// <summary>Of a creation or deletion: the name, which a renamed file does not have from the beginning.</summary>
    public string Name { get; init; } = File.Name;

    /// <summary>Where that name is.</summary>
    public string Folder => Name[..(Name.LastIndexOf('/') + 1)];

    public override string ToString() => Kind switch
    {
        DiskEventKind.Write => $"write {File.Name} {Offset}+{Bytes!.Length}",
        DiskEventKind.Truncate => $"truncate {File.Name} to {Offset}",
        DiskEventKind.Synchronize => $"synchronize {File.Name}",
        DiskEventKind.SynchronizeNames => $"synchronize the folder of {File.Name}",
        DiskEventKind.FailToSynchronize => $"fail to synchronize {File.Name}",
        DiskEventKind.Delete => $"delete {Name}",
        DiskEventKind.Damage => $"damage {File.Name} {Offset}+{Bytes!.Length}",
        _ => $"create {Name}",
    };
}

/// <summary>A file of a <see cref="SimulatedDisk"/>.</summary>
/// <param name="name">Relative to the volume's directory, "/"-separated.</param>
/// <param name="initial">What it held when the disk was switched on.</param>
internal sealed class DiskFile(string name, byte[] initial)
{
    public string Name => name;

    public bool IsFolder { get; init; }

    /// <summary>Whether the name has been made durable; guarded by the disk.</summary>
    public bool IsNameDurable { get; set; }

    /// <summary>Durable from the beginning.</summary>
    public byte[] Initial => initial;

    /// <summary>What the running system sees.</summary>
    public ByteBuffer Current { get; } = new(initial);
}
