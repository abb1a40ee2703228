using Hartfs.Format;

namespace Hartfs.Storage;

/// <summary>Stored bytes are not what was written: checksum, length or structure differ.</summary>
public sealed class CorruptDataException : Exception
{
    public CorruptDataException(PackId pack, long offset, string message)
        : base($"pack {pack} at byte {offset}: {message}") =>
        (Pack, Offset, Reason) = (pack, offset, message);

    /// <summary>The damaged pack.</summary>
    public PackId Pack { get; }

    /// <summary>What is wrong, without the place.</summary>
    public string Reason { get; }

    /// <summary>Bytes from the start of the pack to the damaged block.</summary>
    public long Offset { get; }
}
