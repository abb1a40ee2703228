using Hartfs.Format;
using Microsoft.Extensions.Logging;

namespace Hartfs.Storage;

/// <summary>Messages of the content plane: 1000 to 1999; packs 1000 to 1099.</summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Warning,
        "The directory of the block at byte {Offset} of pack {Pack} is damaged; its data is whole.")]
    public static partial void DirectoryDamaged(ILogger logger, PackId pack, long offset);

    [LoggerMessage(1001, LogLevel.Warning,
        "Pack {Pack} has {Length} bytes where {CommittedLength} were committed; it is left as it is.")]
    public static partial void PackLengthDiffers(ILogger logger, PackId pack, long length, long committedLength);

    [LoggerMessage(1002, LogLevel.Warning, "Pack {Pack} does not begin with its own header; it is left as it is.")]
    public static partial void PackHeaderDamaged(ILogger logger, PackId pack);

    [LoggerMessage(1003, LogLevel.Warning, "Pack {Pack} cannot be sealed: block at byte {Offset}: {Damage}.")]
    public static partial void PackNotSealed(ILogger logger, PackId pack, long offset, string damage);

    [LoggerMessage(1004, LogLevel.Warning, "The trailer of pack {Pack} could not be written; it stays readable.")]
    public static partial void TrailerNotWritten(ILogger logger, PackId pack, Exception failure);

    [LoggerMessage(1005, LogLevel.Warning, "An append to pack {Pack} failed; no more blocks go there.")]
    public static partial void PackGivenUp(ILogger logger, PackId pack);

    [LoggerMessage(1006, LogLevel.Error, "Pack {Pack} could not be flushed; nothing more is stored until reopening.")]
    public static partial void FlushFailed(ILogger logger, PackId pack, Exception failure);
}
