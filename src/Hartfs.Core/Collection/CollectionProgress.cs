namespace Hartfs.Core.Collection;

/// <summary>What a collection is doing. The numbers are persisted nowhere.</summary>
public enum CollectionPhase
{
    /// <summary>Not begun, or waiting for another one to stop.</summary>
    Waiting,

    /// <summary>Deleting the versions of rows that no snapshot needs.</summary>
    Pruning,

    /// <summary>Finding out what is referred to.</summary>
    Looking,

    /// <summary>Finding it out again for the packs that are to go, now that nothing new can refer to them.</summary>
    Confirming,

    /// <summary>Moving live bytes and deleting packs.</summary>
    Moving,

    Done,
}

/// <summary>How far a collection is: written by the one that runs, read by anyone.</summary>
public sealed class CollectionProgress
{
    private long _rowsLookedAt;
    private long _bytesToMove;
    private long _bytesMoved;
    private long _freedBytes;

    public CollectionPhase Phase { get; internal set; }

    /// <summary>Rows of the metadata looked at.</summary>
    public long RowsLookedAt
    {
        get => Volatile.Read(ref _rowsLookedAt);
        internal set => Volatile.Write(ref _rowsLookedAt, value);
    }

    /// <summary>Bytes of the packs that are to go.</summary>
    public long BytesToMove
    {
        get => Volatile.Read(ref _bytesToMove);
        internal set => Volatile.Write(ref _bytesToMove, value);
    }

    /// <summary>Of them, bytes of the packs that nothing refers to any more.</summary>
    public long BytesMoved
    {
        get => Volatile.Read(ref _bytesMoved);
        internal set => Volatile.Write(ref _bytesMoved, value);
    }

    /// <summary>Bytes of the packs deleted.</summary>
    public long FreedBytes
    {
        get => Volatile.Read(ref _freedBytes);
        internal set => Volatile.Write(ref _freedBytes, value);
    }
}
