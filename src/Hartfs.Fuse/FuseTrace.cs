using System.Globalization;
using System.Text;
using Hartfs.Fuse.Protocol;
using Microsoft.Extensions.Logging;

namespace Hartfs.Fuse;

/// <summary>The text of <c>-d</c>: a line per request and reply. Without <c>-d</c> there is no such object.</summary>
internal sealed class FuseTrace(ILogger logger)
{
    private const int NameBytesMax = 300;

    /// <summary>Tells of a request.</summary>
    public void Request(ReadOnlySpan<byte> message) => Log.Trace(logger, Describe(message));

    /// <summary>Tells of its answer.</summary>
    /// <param name="length">Bytes behind the reply's header.</param>
    public void Reply(in FuseInHeader request, Errno error, int length) =>
        Log.Trace(logger, error == Errno.None
            ? string.Create(CultureInfo.InvariantCulture, $"  {request.Unique} {request.Opcode}: ok, {length} bytes")
            : string.Create(CultureInfo.InvariantCulture, $"  {request.Unique} {request.Opcode}: {error}"));

    /// <summary>One line that names a request with its arguments. Never throws, whatever the bytes.</summary>
    public static string Describe(ReadOnlySpan<byte> message)
    {
        if (!FuseRequest.TryParse(message, out FuseRequest request))
            return string.Create(CultureInfo.InvariantCulture, $"malformed message of {message.Length} bytes");
        FuseInHeader header = request.Header;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{header.Unique} {header.Opcode} node={header.NodeId}");
        text.Append(CultureInfo.InvariantCulture, $" uid={header.Uid} gid={header.Gid} pid={header.Pid}");
        Arguments(ref request, text);
        return text.ToString();
    }

    private static void Arguments(ref FuseRequest request, StringBuilder text)
    {
        switch (request.Header.Opcode)
        {
            case FuseOpcode.Lookup or FuseOpcode.Unlink or FuseOpcode.RmDir or FuseOpcode.RemoveXattr:
                Names(ref request, text, 1);
                break;
            case FuseOpcode.SymLink:
                Names(ref request, text, 2);
                break;
            case FuseOpcode.Rename when request.TryTake(out FuseRenameIn body):
                Field(text, "to", body.NewDirectory);
                Names(ref request, text, 2);
                break;
            case FuseOpcode.Rename2 when request.TryTake(out FuseRename2In body):
                Field(text, "to", body.NewDirectory);
                Field(text, "flags", body.Flags);
                Names(ref request, text, 2);
                break;
            case FuseOpcode.Link when request.TryTake(out FuseLinkIn body):
                Field(text, "inode", body.OldNodeId);
                Names(ref request, text, 1);
                break;
            case FuseOpcode.MkNod when request.TryTake(out FuseMkNodIn body):
                Mode(text, body.Mode, body.Umask);
                Field(text, "device", body.Device);
                Names(ref request, text, 1);
                break;
            case FuseOpcode.MkDir when request.TryTake(out FuseMkDirIn body):
                Mode(text, body.Mode, body.Umask);
                Names(ref request, text, 1);
                break;
            case FuseOpcode.Create or FuseOpcode.TmpFile when request.TryTake(out FuseCreateIn body):
                Mode(text, body.Mode, body.Umask);
                Names(ref request, text, 1);
                break;
            default:
                Numbers(ref request, text);
                break;
        }
    }

    private static void Numbers(ref FuseRequest request, StringBuilder text)
    {
        switch (request.Header.Opcode)
        {
            case FuseOpcode.Read or FuseOpcode.ReadDir or FuseOpcode.ReadDirPlus
                when request.TryTake(out FuseReadIn body):
                Range(text, body.Offset, body.Size);
                break;
            case FuseOpcode.Write when request.TryTake(out FuseWriteIn body):
                Range(text, body.Offset, body.Size);
                Field(text, "flags", body.WriteFlags);
                break;
            case FuseOpcode.SetAttr when request.TryTake(out FuseSetAttrIn body):
                text.Append(CultureInfo.InvariantCulture, $" [{body.Valid}]");
                Field(text, "size", body.Size);
                break;
            case FuseOpcode.FAllocate when request.TryTake(out FuseFAllocateIn body):
                Range(text, body.Offset, body.Length);
                Field(text, "mode", body.Mode);
                break;
            case FuseOpcode.LSeek when request.TryTake(out FuseLSeekIn body):
                Field(text, "offset", body.Offset);
                Field(text, "whence", body.Whence);
                break;
            case FuseOpcode.CopyFileRange or FuseOpcode.CopyFileRange64
                when request.TryTake(out FuseCopyFileRangeIn body):
                Range(text, body.SourceOffset, body.Length);
                Field(text, "to", body.TargetNodeId);
                Field(text, "at", body.TargetOffset);
                break;
            case FuseOpcode.GetXattr or FuseOpcode.ListXattr when request.TryTake(out FuseGetXattrIn body):
                Field(text, "size", body.Size);
                Names(ref request, text, 1);
                break;
            case FuseOpcode.Forget when request.TryTake(out FuseForgetIn body):
                Field(text, "count", body.LookupCount);
                break;
            case FuseOpcode.BatchForget when request.TryTake(out FuseBatchForgetIn body):
                Field(text, "inodes", body.Count);
                break;
            case FuseOpcode.Interrupt when request.TryTake(out FuseInterruptIn body):
                Field(text, "request", body.Unique);
                break;
            case FuseOpcode.Init when request.TryTake(out FuseInitIn body):
                text.Append(CultureInfo.InvariantCulture, $" protocol={body.Major}.{body.Minor}");
                text.Append(CultureInfo.InvariantCulture, $" flags={body.Flags:x}:{body.Flags2:x}");
                break;
            default:
                break;
        }
    }

    private static void Field(StringBuilder text, string name, ulong value) =>
        text.Append(CultureInfo.InvariantCulture, $" {name}={value}");

    private static void Range(StringBuilder text, ulong offset, ulong length) =>
        text.Append(CultureInfo.InvariantCulture, $" offset={offset} length={length}");

    private static void Mode(StringBuilder text, uint mode, uint umask) =>
        text.Append(CultureInfo.InvariantCulture, $" mode={mode:x}h umask={umask:x}h");

    private static void Names(ref FuseRequest request, StringBuilder text, int count)
    {
        for (int i = 0; i < count && request.TryTakeName(out ReadOnlySpan<byte> name); i++)
        {
            text.Append(" \"");
            foreach (byte value in name[..Math.Min(name.Length, NameBytesMax)])
                Append(text, value);
            text.Append('"');
        }
    }

    private static void Append(StringBuilder text, byte value)
    {
        if (value is >= 0x20 and < 0x7f and not (byte)'"' and not (byte)'\\')
            text.Append((char)value);
        else
            text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
    }
}
