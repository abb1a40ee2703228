using Hartfs.Format;
using Hartfs.Metadata.Snapshots;

namespace Hartfs.Core.Files;

/// <summary>An inode in memory: the newest attributes, and for a file in use its unwritten data.</summary>
/// <remarks>Everything but <see cref="Data"/>'s insides is guarded by the tree lock.</remarks>
internal sealed class Node(in InodeRecord record)
{
    /// <summary>The attributes; newer than the metadata while <see cref="IsDirty"/>.</summary>
    public InodeRecord Record = record;

    public InodeNumber Number => Record.Number;

    /// <summary>The record must be written before the next commit.</summary>
    public bool IsDirty { get; set; }

    /// <summary>The metadata has no row of it yet.</summary>
    public bool IsNew { get; set; }

    /// <summary>Its names and references were gone, and its content is deleted.</summary>
    public bool IsReaped { get; set; }

    /// <summary>Unwritten data and cached extents; made at the first read or write.</summary>
    public FileData? Data { get; set; }
}

/// <summary>The data side of a regular file in use.</summary>
/// <remarks>
/// Lock order: <see cref="DrainLock"/> → <see cref="Lock"/> → tree lock. Whoever changes extents other than by
/// writing (truncate, punch, copy) holds the drain lock, so that no drain is half-way through.
/// </remarks>
internal sealed class FileData
{
    /// <summary>Held while a drain, or another change of the extents, is going on.</summary>
    public Lock DrainLock { get; } = new();

    /// <summary>
    /// Guards every field below; held for memory copies and extent look-ups, never while bytes are stored.
    /// </summary>
    public Lock Lock { get; } = new();

    /// <summary>What was written and is not in packs.</summary>
    public DirtyRanges Dirty { get; } = new();

    /// <summary>What a drain has taken and not yet named by extents; read before the extents, behind Dirty.</summary>
    public DirtyRanges Draining { get; } = new();

    public ExtentWindow Window { get; } = new();

    /// <summary>For a file seen in a snapshot, where its extents come from; null for a live one.</summary>
    public SnapshotReader? Past { get; init; }

    /// <summary>The file is in the drain queue.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Where the last read ended.</summary>
    public long ReadEnd { get; set; }

    /// <summary>Reads in a row that went on where the one before ended.</summary>
    public int ReadStreak { get; set; }

    /// <summary>Up to where blocks were asked for ahead.</summary>
    public long PrefetchedTo { get; set; }
}
