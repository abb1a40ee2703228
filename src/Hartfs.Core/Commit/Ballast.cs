using Hartfs.Storage.BlockStores;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core.Commit;

/// <summary>
/// Room on the backing disk that is kept while the volume is open and given up when something else has filled the
/// disk: then deleting, committing and unmounting still work (I8). It stays behind at closing where the disk is
/// nearly full, so that the next opening has it.
/// </summary>
/// <param name="store">Where it lies, as the segment <c>ballast</c>.</param>
/// <param name="bytes">Its size; 0: none is kept.</param>
internal sealed class Ballast(IBlockStore store, long bytes, ILogger logger)
{
    private const string Segment = "ballast";

    // Free room, in sizes of the ballast, above which it is taken, and not needed while the volume is closed.
    private const int RoomyFactor = 4;

    // Bytes of the metadata's log while there is no ballast: what a commit needs is used again and again.
    private const long ShortLogBytes = 1 << 20;

    private long _heldBytes;

    /// <summary>Bytes held at the moment.</summary>
    public long HeldBytes => Volatile.Read(ref _heldBytes);

    /// <summary>To what length the metadata's log may grow; the settings hold as well.</summary>
    public long LogBytesMax => bytes > 0 && HeldBytes == 0 ? ShortLogBytes : long.MaxValue;

    /// <summary>Takes over what an earlier opening left, or takes room where there is plenty.</summary>
    public void Take()
    {
        if (bytes == 0 || HeldBytes > 0)
            return;
        if (store.TryGetLength(Segment, out _) ||
            (store.FreeBytes >= bytes * RoomyFactor && store.TryReserve(Segment, bytes)))
            Volatile.Write(ref _heldBytes, bytes);
    }

    /// <summary>Gives the room up when there is less left than it holds.</summary>
    public void GiveUpWhenShort()
    {
        if (HeldBytes > 0 && store.FreeBytes < bytes)
            GiveUp();
    }

    /// <summary>Gives the room up. False: there was none.</summary>
    public bool GiveUp()
    {
        if (HeldBytes == 0)
            return false;
        store.Delete(Segment);
        Volatile.Write(ref _heldBytes, 0);
        Log.BallastGivenUp(logger, bytes);
        return true;
    }

    /// <summary>The volume is being closed.</summary>
    public void Close()
    {
        if (HeldBytes > 0 && store.FreeBytes >= bytes * RoomyFactor)
            store.Delete(Segment);
    }
}
