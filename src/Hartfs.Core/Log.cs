using Hartfs.Format;
using Microsoft.Extensions.Logging;

namespace Hartfs.Core;

/// <summary>
/// What Core says, ids from 3000. Error: a user's I/O failed or the volume stopped. Warning: look at it.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(3001, LogLevel.Error,
        "A block of {Length} plain bytes could not be stored; it is kept and tried again")]
    public static partial void BlockNotStored(ILogger logger, int length, Exception failure);

    [LoggerMessage(3002, LogLevel.Warning, "A block's directory cannot be read; its chunks are not used as duplicates")]
    public static partial void DirectoryUnreadable(ILogger logger, Exception failure);

    [LoggerMessage(3003, LogLevel.Error, "No region holds glyph {Glyph}: the metadata is damaged. Run hartfs check")]
    public static partial void GlyphUnknown(ILogger logger, Glyph glyph);

    [LoggerMessage(3004, LogLevel.Error, "Stored bytes are damaged; the read was refused. Run hartfs check")]
    public static partial void BlockCorrupt(ILogger logger, Exception failure);

    [LoggerMessage(3005, LogLevel.Error, "Pack {Pack} cannot be read at byte {Offset}")]
    public static partial void BlockUnreadable(ILogger logger, PackId pack, long offset, Exception failure);

    [LoggerMessage(3006, LogLevel.Error, "The backing disk is full: what is not durable yet waits for room")]
    public static partial void CommitOutOfSpace(ILogger logger, Exception failure);

    [LoggerMessage(3019, LogLevel.Warning,
        "The backing disk is nearly full: {Bytes} bytes kept for this are given up, so that deleting works")]
    public static partial void BallastGivenUp(ILogger logger, long bytes);

    [LoggerMessage(3007, LogLevel.Critical,
        "A commit failed: the volume takes no more changes. Unmount it, see to the disk, mount again")]
    public static partial void VolumeStopped(ILogger logger, Exception failure);

    [LoggerMessage(3008, LogLevel.Error, "The commit by age failed: {Error}")]
    public static partial void BackgroundCommitFailed(ILogger logger, FsError error);

    [LoggerMessage(3009, LogLevel.Error, "Background work failed; it is tried again")]
    public static partial void BackgroundWorkFailed(ILogger logger, Exception failure);

    [LoggerMessage(3010, LogLevel.Information, "Opened {Directory}")]
    public static partial void VolumeOpened(ILogger logger, string directory);

    [LoggerMessage(3011, LogLevel.Information, "Recovered {Directory}: {Report}")]
    public static partial void VolumeRecovered(ILogger logger, string directory, string report);

    [LoggerMessage(3012, LogLevel.Warning,
        "One copy of the superblock of {Directory} is damaged ({Fault}); {Outcome}")]
    public static partial void SuperblockDamaged(ILogger logger, string directory, string fault, string outcome);

    [LoggerMessage(3013, LogLevel.Error,
        "Closing {Directory}: the last commit failed with {Error}; changes since the one before are lost")]
    public static partial void LastCommitFailed(ILogger logger, string directory, FsError error);

    [LoggerMessage(3014, LogLevel.Warning, "The fingerprint index could not be completed; duplicates may be missed")]
    public static partial void IndexIncomplete(ILogger logger, Exception failure);

    [LoggerMessage(3080, LogLevel.Error,
        "{Path} (inode {Inode}) cannot be read at byte {FileOffset}: {Error} in pack {Pack} at byte {Offset}. Write " +
        "the file again, or look for its content elsewhere: hartfs repair --from")]
    public static partial void FileDamaged(ILogger logger, string path, InodeNumber inode, long fileOffset,
        FsError error, PackId pack, long offset);

    [LoggerMessage(3051, LogLevel.Error, "The block at byte {Offset} of pack {Pack} is damaged: {Fault}")]
    public static partial void BlockDamaged(ILogger logger, PackId pack, long offset, string fault);

    [LoggerMessage(3052, LogLevel.Warning,
        "The block at byte {Offset} of pack {Pack} was damaged ({Fault}); what it holds is stored anew")]
    public static partial void BlockMended(ILogger logger, PackId pack, long offset, string fault);

    [LoggerMessage(3053, LogLevel.Information,
        "A chunk of {Length} bytes, missing since the block at byte {Offset} of pack {Pack} was damaged, is back")]
    public static partial void ChunkHealed(ILogger logger, int length, PackId pack, long offset);

    [LoggerMessage(3054, LogLevel.Warning,
        "What is missing of the block at byte {Offset} of pack {Pack} could not be stored")]
    public static partial void NotHealed(ILogger logger, PackId pack, long offset, Exception failure);

    [LoggerMessage(3055, LogLevel.Error, "Pack {Pack} cannot be read")]
    public static partial void PackUnreadable(ILogger logger, PackId pack, Exception failure);

    [LoggerMessage(3056, LogLevel.Warning, "The header of pack {Pack} is damaged; its blocks are read without it")]
    public static partial void PackHeaderBad(ILogger logger, PackId pack);

    [LoggerMessage(3030, LogLevel.Information, "Snapshot {Name}: changes waited for {Milliseconds:F1} ms")]
    public static partial void SnapshotMade(ILogger logger, string name, double milliseconds);

    [LoggerMessage(3080, LogLevel.Warning,
        "Pack {Pack} was not collected: something in it cannot be read. Run hartfs check")]
    public static partial void PackNotCollected(ILogger logger, PackId pack, Exception failure);

    [LoggerMessage(3081, LogLevel.Warning, "Pack {Pack}, which nothing refers to, could not be deleted yet")]
    public static partial void PackNotDeleted(ILogger logger, PackId pack, Exception failure);

    [LoggerMessage(3082, LogLevel.Warning, "A collection ended early with {Error}; the next one goes on")]
    public static partial void CollectionFailed(ILogger logger, FsError error, Exception failure);

    [LoggerMessage(3083, LogLevel.Information,
        "Collected: {Freed} bytes of {Packs} packs freed, {Moved} bytes moved, {Rows} old versions pruned")]
    public static partial void Collected(ILogger logger, long freed, long packs, long moved, long rows);

    [LoggerMessage(3057, LogLevel.Information, "Scrubbed {Part}: {Blocks} blocks, {Damaged} damaged")]
    public static partial void Scrubbed(ILogger logger, string part, long blocks, long damaged);

    [LoggerMessage(3058, LogLevel.Warning, "A copy of the metadata or a scrub failed; it is tried again later")]
    public static partial void UpkeepFailed(ILogger logger, Exception failure);

    [LoggerMessage(3059, LogLevel.Information, "Copied the metadata: {Bytes} bytes as {Stored} in {Seconds:0.00} s")]
    public static partial void MetadataCopied(ILogger logger, long bytes, long stored, double seconds);

    [LoggerMessage(3060, LogLevel.Information, "The metadata changed too much while it was copied; later again")]
    public static partial void CopyOvertaken(ILogger logger);

    [LoggerMessage(3061, LogLevel.Warning, "A copy of the metadata cannot be used; an older one is tried")]
    public static partial void CopyUnusable(ILogger logger, Exception failure);

    [LoggerMessage(3062, LogLevel.Warning, "{Path} could not be looked through: {Reason}")]
    public static partial void SourceUnreadable(ILogger logger, string path, string reason);

    [LoggerMessage(3063, LogLevel.Warning, "No parity was computed for pack {Pack}: {Reason}")]
    public static partial void ParityNotWritten(ILogger logger, PackId pack, string reason);
}
