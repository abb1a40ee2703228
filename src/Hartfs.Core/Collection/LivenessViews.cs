using Hartfs.Metadata.Snapshots;
using Hartfs.Metadata.Tables;

namespace Hartfs.Core.Collection;

/// <summary>Who may see a row: the snapshots, oldest first, and behind them the live tree.</summary>
internal sealed class LivenessViews
{
    private readonly long[] _epochs;

    /// <param name="snapshots">By ascending epoch.</param>
    /// <param name="liveEpoch">The epoch at whose end the live tree is looked at.</param>
    public LivenessViews(IReadOnlyList<SnapshotEpoch> snapshots, long liveEpoch)
    {
        Snapshots = snapshots;
        _epochs = [.. snapshots.Select(snapshot => snapshot.Epoch), liveEpoch];
    }

    public IReadOnlyList<SnapshotEpoch> Snapshots { get; }

    /// <summary>Snapshots and the live tree.</summary>
    public int Count => _epochs.Length;

    /// <summary>The only view that sees a reference, or <see cref="LiveSegments.Shared"/>; false: none does.</summary>
    public bool TryGetOwner(in GlyphReference reference, out long owner)
    {
        int first = FirstAtOrBehind(reference.Born);
        int end = reference.Died == long.MaxValue ? _epochs.Length : FirstAtOrBehind(reference.Died);
        // Live, and newer than the epoch that is looked at.
        bool isNew = first == _epochs.Length && reference.Died == long.MaxValue;
        owner = end - first == 1 ? first : LiveSegments.Shared;
        return end > first || isNew;
    }

    private int FirstAtOrBehind(long epoch)
    {
        int index = Array.BinarySearch(_epochs, epoch);
        if (index < 0)
            return ~index;
        while (index > 0 && _epochs[index - 1] == epoch)
            index--;
        return index;
    }
}
