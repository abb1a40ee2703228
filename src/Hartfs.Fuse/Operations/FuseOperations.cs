using Hartfs.Core;
using Hartfs.Format;
using Hartfs.Fuse.Protocol;

namespace Hartfs.Fuse.Operations;

/// <summary>
/// Requests in, calls of <see cref="IFileSystem"/> out. Nothing is decided here: each operation takes its message
/// apart, makes one call and writes the reply's body. The dispatcher sends it.
/// </summary>
internal sealed partial class FuseOperations
{
    /// <summary>A message that is shorter than its operation needs.</summary>
    private const Errno Malformed = Errno.EINVAL;

    private readonly IFileSystem _fileSystem;
    private readonly bool _writebackWanted;

    /// <param name="writebackCache">Whether to ask for the kernel's write-back cache.</param>
    public FuseOperations(IFileSystem fileSystem, bool writebackCache)
    {
        _fileSystem = fileSystem;
        _writebackWanted = writebackCache;
    }

    /// <summary>What was agreed in INIT; <see cref="FuseConnection.None"/> before.</summary>
    public FuseConnection Connection { get; private set; } = FuseConnection.None;

    /// <summary>
    /// Makes the kernel write back a range of an inode's dirty pages (a length of 0: to the end) and waits for it.
    /// </summary>
    public Action<InodeNumber, long, long>? WriteBack { get; set; }

    /// <summary>Told of every look-up handed out and given back.</summary>
    public FuseLookupLimit? LookupLimit { get; set; }

    /// <summary>Answers INIT.</summary>
    public Errno Init(ref FuseRequest request, FuseReply reply)
    {
        Errno error = InitNegotiation.Answer(ref request, _writebackWanted, reply, out FuseConnection? connection);
        if (connection is not null)
            Connection = connection;
        return error;
    }

    /// <summary>FORGET: one inode.</summary>
    public Errno Forget(ref FuseRequest request)
    {
        if (!request.TryTake(out FuseForgetIn body))
            return Malformed;
        Forget(request.Header.NodeId, body.LookupCount);
        return Errno.None;
    }

    /// <summary>BATCH_FORGET: many inodes. A short list is served as far as it goes.</summary>
    public Errno BatchForget(ref FuseRequest request)
    {
        if (!request.TryTake(out FuseBatchForgetIn body))
            return Malformed;
        for (uint i = 0; i < body.Count; i++)
        {
            if (!request.TryTake(out FuseForgetOne one))
                return Malformed;
            Forget(one.NodeId, one.LookupCount);
        }
        return Errno.None;
    }

    /// <summary>STATFS.</summary>
    public Errno StatFs(FuseReply reply)
    {
        FsError error = _fileSystem.GetSpace(out SpaceReport space);
        if (error != FsError.None)
            return ErrnoMap.ToErrno(error);
        reply.Add(new FuseStatFsOut
        {
            Blocks = (ulong)space.TotalBlocks,
            FreeBlocks = (ulong)space.FreeBlocks,
            AvailableBlocks = (ulong)space.FreeBlocks,
            Files = (ulong)(space.InodeCount + space.FreeInodes),
            FreeFiles = (ulong)space.FreeInodes,
            BlockSize = (uint)space.BlockSize,
            FragmentSize = (uint)space.BlockSize,
            NameLength = Limits.NameBytesMax,
        });
        return Errno.None;
    }

    private static InodeNumber Node(ulong nodeId) => new((long)nodeId);

    private static InodeNumber Node(in FuseRequest request) => new((long)request.Header.NodeId);

    private static Credentials Caller(in FuseRequest request) => new(request.Header.Uid, request.Header.Gid);

    private void Forget(ulong nodeId, ulong lookupCount)
    {
        LookupLimit?.Remove(lookupCount);
        _fileSystem.Forget(Node(nodeId), (long)lookupCount);
    }

    private Errno ReplyEntry(FsError error, in InodeRecord inode, FuseReply reply)
    {
        if (error != FsError.None)
            return ErrnoMap.ToErrno(error);
        LookupLimit?.Add((ulong)inode.Number.Value);
        reply.Add(AttributeCodec.ToEntry(inode));
        return Errno.None;
    }
}
