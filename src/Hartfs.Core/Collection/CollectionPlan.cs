using Hartfs.Format;

namespace Hartfs.Core.Collection;

/// <summary>How a collection is to go about it.</summary>
public sealed record CollectionOptions
{
    /// <summary>Share of a pack that has to be dead before what lives in it is moved, 0 to 1.</summary>
    public double DeadShareMin { get; init; } = 0.1;

    /// <summary>Bytes of packs taken on at most; those with the greatest dead share come first.</summary>
    public long PackBytesMax { get; init; } = long.MaxValue;

    /// <summary>Only these packs, however little of them is dead; null: all that are dead enough.</summary>
    internal IReadOnlySet<PackId>? Packs { get; init; }

    /// <summary>Leave most of the time to others.</summary>
    public bool IsBackground { get; init; }
}

/// <summary>Some packs together.</summary>
/// <param name="Count">How many.</param>
/// <param name="Bytes">Their length on disk.</param>
/// <param name="DeadBytes">Of it, what nothing refers to, as stored.</param>
public readonly record struct PackGroup(long Count, long Bytes, long DeadBytes)
{
    internal PackGroup Plus(PackShare pack) => new(Count + 1, Bytes + pack.Length, DeadBytes + pack.DeadBytes);
}

/// <summary>What a snapshot costs.</summary>
/// <param name="Id">The snapshot.</param>
/// <param name="UniqueBytes">Bytes of file data, before compression, that only this snapshot holds.</param>
/// <param name="FreedBytes">Bytes on disk that come back when it alone is deleted.</param>
public readonly record struct SnapshotFigure(long Id, long UniqueBytes, long FreedBytes);

/// <summary>What a collection would do: found out without a change.</summary>
public sealed record CollectionPlan
{
    /// <summary>Packs in which nothing is referred to: deleted.</summary>
    public PackGroup Dead { get; init; }

    /// <summary>Packs dead enough for what lives in them to be moved: rewritten.</summary>
    public PackGroup Sparse { get; init; }

    /// <summary>All other packs: left alone.</summary>
    public PackGroup Kept { get; init; }

    /// <summary>Bytes on disk that come back.</summary>
    public long ReclaimableBytes => Dead.Bytes + Sparse.DeadBytes;

    /// <summary>Bytes on disk that nothing refers to, those in packs left alone included.</summary>
    public long DeadBytes => Dead.Bytes + Sparse.DeadBytes + Kept.DeadBytes;

    /// <summary>What each snapshot costs, oldest first.</summary>
    public IReadOnlyList<SnapshotFigure> Snapshots { get; init; } = [];

    /// <summary>The packs to go, wholly dead ones first, then by dead share.</summary>
    internal IReadOnlyList<PackShare> Candidates { get; init; } = [];
}

/// <summary>A pack and how much of it is dead.</summary>
/// <param name="Pack">The pack.</param>
/// <param name="Length">Bytes on disk.</param>
/// <param name="LiveBytes">Plain bytes that are referred to.</param>
/// <param name="DeadBytes">Stored bytes that nothing refers to; all of them when nothing lives.</param>
internal readonly record struct PackShare(PackId Pack, long Length, long LiveBytes, long DeadBytes)
{
    public bool IsDead => LiveBytes == 0;

    public double DeadShare => (double)DeadBytes / Length;
}

/// <summary>What a collection did.</summary>
public sealed record CollectionResult
{
    /// <summary>Why it ended early; what it had done by then stays done, and the next one goes on.</summary>
    public FsError Error { get; init; }

    /// <summary>What was found at its beginning.</summary>
    public CollectionPlan Plan { get; init; } = new();

    /// <summary>Versions of rows that no snapshot needed.</summary>
    public long PrunedRows { get; init; }

    /// <summary>Packs deleted.</summary>
    public long DeletedPacks { get; init; }

    /// <summary>Their bytes.</summary>
    public long FreedBytes { get; init; }

    /// <summary>Bytes written to keep what lived in them.</summary>
    public long MovedBytes { get; init; }

    /// <summary>Packs left alone because something in them is damaged.</summary>
    public long DamagedPacks { get; init; }
}
