using System.Diagnostics.CodeAnalysis;
using Hartfs.Fuse.Operations;
using Hartfs.Fuse.Protocol;
using Microsoft.Extensions.Logging;

namespace Hartfs.Fuse;

/// <summary>
/// Takes one message and makes one reply. The only place that finishes replies and the only guard around the
/// operations: whatever an operation throws becomes EIO and a log entry, never a caller that waits for ever.
/// </summary>
[SuppressMessage("Design", "CA1031", Justification = "The guard: any exception must end in a reply.")]
internal sealed class FuseDispatcher
{
    private readonly FuseOperations _operations;
    private readonly ILogger _logger;
    private readonly FuseTrace? _trace;

    public FuseDispatcher(FuseOperations operations, ILogger logger, FuseTrace? trace)
    {
        _operations = operations;
        _logger = logger;
        _trace = trace;
    }

    /// <summary>What was agreed in INIT.</summary>
    public FuseConnection Connection => _operations.Connection;

    /// <summary>Why INIT was refused; None before and after a good one.</summary>
    public Errno InitError { get; private set; }

    /// <summary>Serves a message. Never throws.</summary>
    /// <param name="message">A whole message as read from the device.</param>
    /// <param name="activity">The calling thread's record.</param>
    /// <returns>The reply to send; empty when the message has none.</returns>
    public ReadOnlySpan<byte> Process(ReadOnlySpan<byte> message, FuseReply reply, FuseActivity activity)
    {
        reply.Clear();
        if (!FuseRequest.TryParse(message, out FuseRequest request))
        {
            Report(message, null);
            return FuseRequest.TryReadUnique(message, out ulong unique) ? reply.Finish(unique, Errno.EIO) : default;
        }
        activity.Begin(request.Header.Opcode, request.Header.NodeId);
        Errno error = Guard(message, ref request, reply);
        activity.End();
        if (!FuseOpcodes.ExpectsReply(request.Header.Opcode))
            return default;
        TraceReply(request.Header, error, reply.Length);
        return reply.Finish(request.Header.Unique, error);
    }

    private Errno Guard(ReadOnlySpan<byte> message, ref FuseRequest request, FuseReply reply)
    {
        try
        {
            _trace?.Request(message);
            return Dispatch(ref request, reply);
        }
        catch (Exception exception)
        {
            Report(message, exception);
            return Errno.EIO;
        }
    }

    // A log that fails must not cost the reply either.
    private void Report(ReadOnlySpan<byte> message, Exception? exception)
    {
        try
        {
            if (exception is null)
                Log.MalformedMessage(_logger, message.Length);
            else
                Log.RequestFailed(_logger, FuseTrace.Describe(message), exception);
        }
        catch (Exception)
        {
            // Nothing is left to tell it to.
        }
    }

    private void TraceReply(in FuseInHeader request, Errno error, int length)
    {
        if (_trace is null)
            return;
        try
        {
            _trace.Reply(request, error, length);
        }
        catch (Exception)
        {
            // As above.
        }
    }

    private Errno Dispatch(ref FuseRequest request, FuseReply reply)
    {
        FuseOperations operations = _operations;
        return request.Header.Opcode switch
        {
            FuseOpcode.Lookup => operations.Lookup(ref request, reply),
            FuseOpcode.Forget => operations.Forget(ref request),
            FuseOpcode.BatchForget => operations.BatchForget(ref request),
            FuseOpcode.GetAttr => operations.GetAttributes(ref request, reply),
            FuseOpcode.SetAttr => operations.SetAttributes(ref request, reply),
            FuseOpcode.StatX => operations.GetExtendedAttributes(ref request, reply),
            FuseOpcode.ReadLink => operations.ReadSymbolicLink(ref request, reply),
            FuseOpcode.SymLink => operations.MakeSymbolicLink(ref request, reply),
            FuseOpcode.MkNod => operations.MakeNode(ref request, reply),
            FuseOpcode.MkDir => operations.MakeDirectory(ref request, reply),
            FuseOpcode.Unlink => operations.Unlink(ref request),
            FuseOpcode.RmDir => operations.RemoveDirectory(ref request),
            FuseOpcode.Rename => operations.Rename(ref request),
            FuseOpcode.Rename2 => operations.Rename2(ref request),
            FuseOpcode.Link => operations.Link(ref request, reply),
            FuseOpcode.TmpFile => operations.CreateUnnamed(ref request, reply),
            FuseOpcode.Read => operations.Read(ref request, reply),
            FuseOpcode.Write => operations.Write(ref request, reply),
            FuseOpcode.FSync or FuseOpcode.FSyncDir => operations.Synchronize(ref request),
            FuseOpcode.FAllocate => operations.Allocate(ref request),
            FuseOpcode.LSeek => operations.Seek(ref request, reply),
            FuseOpcode.CopyFileRange or FuseOpcode.CopyFileRange64 => operations.CopyRange(ref request, reply),
            FuseOpcode.ReadDir or FuseOpcode.ReadDirPlus => operations.ReadDirectory(ref request, reply),
            FuseOpcode.StatFs => operations.StatFs(reply),
            FuseOpcode.GetXattr => operations.GetXattr(ref request, reply),
            FuseOpcode.ListXattr => operations.ListXattrs(ref request, reply),
            FuseOpcode.SetXattr => operations.SetXattr(ref request),
            FuseOpcode.RemoveXattr => operations.RemoveXattr(ref request),
            FuseOpcode.Init => Initialize(ref request, reply),
            FuseOpcode.IoCtl => Errno.ENOTTY,
            FuseOpcode.Release or FuseOpcode.ReleaseDir or FuseOpcode.Destroy or FuseOpcode.Interrupt or
                FuseOpcode.NotifyReply => Errno.None,
            // For the mount's life the kernel stops asking: opens and closes cost no message, files are made by
            // MKNOD, locks are kept by the kernel (native-notes/fuse.md, "Zero-message opens").
            _ => Errno.ENOSYS,
        };
    }

    private Errno Initialize(ref FuseRequest request, FuseReply reply)
    {
        Errno error = _operations.Init(ref request, reply);
        InitError = error;
        if (error != Errno.None)
            Log.ProtocolRefused(_logger, error);
        return error;
    }
}
