using Hartfs.Fuse.Protocol;

namespace Hartfs.Fuse;

/// <summary>What one reader thread owns: its buffers and its record.</summary>
internal sealed class FuseReader : IDisposable
{
    /// <summary>Bytes before the payload of a WRITE: the message's and the request's header.</summary>
    private const int WriteHeadBytes = 80;

    private readonly NativeBuffer _message = new(
        InitNegotiation.TransferBytesMax + InitNegotiation.MessageOverheadBytes, WriteHeadBytes);

    /// <param name="isExtra">Started because all others were busy: ends when it is no longer needed.</param>
    public FuseReader(bool isExtra) => IsExtra = isExtra;

    public bool IsExtra { get; }

    public FuseReply Reply { get; } = new(InitNegotiation.TransferBytesMax);

    public FuseActivity Activity { get; } = new();

    /// <summary>Where messages are read to; the payload of a WRITE lies on a page boundary.</summary>
    public Span<byte> Message => _message.Bytes;

    public void Dispose()
    {
        _message.Dispose();
        Reply.Dispose();
    }
}
