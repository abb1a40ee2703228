using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Hartfs.Core.Mounting;
using Hartfs.Format;
using Hartfs.Fuse.Protocol;

namespace Hartfs.Fuse;

/// <summary>
/// Sends invalidations from a thread of its own: the kernel answers one only after it has the locks of the inode or
/// directory concerned, and a request under way may hold them.
/// </summary>
internal sealed class FuseKernelCache : IKernelCache
{
    /// <summary>Notices that wait. Above it the caller waits too, rather than memory growing.</summary>
    private const int QueueLengthMax = 65536;

    /// <summary>Inodes offered back in one notification.</summary>
    private const int PruneCountMax = 256;

    private static readonly int HeaderBytes = Unsafe.SizeOf<FuseOutHeader>();

    private readonly FuseDevice _device;
    private readonly Func<FuseConnection> _connection;

    // guards: itself and _stopped
    private readonly Queue<Notice> _queue = new();
    private readonly Thread _thread;
    private bool _stopped;

    public FuseKernelCache(FuseDevice device, Func<FuseConnection> connection)
    {
        _device = device;
        _connection = connection;
        _thread = new Thread(Deliver) { Name = "hartfs-fuse-notify", IsBackground = true };
    }

    public void InvalidateInode(InodeNumber inode) => Enqueue(new Notice(inode, null));

    public void InvalidateEntry(InodeNumber parent, ReadOnlySpan<byte> name) =>
        Enqueue(new Notice(parent, name.ToArray()));

    public void DropEntry(InodeNumber parent, ReadOnlySpan<byte> name) =>
        Enqueue(new Notice(parent, name.ToArray()) { IsDrop = true });

    /// <summary>
    /// Makes the kernel write back and drop a range of pages, and waits for it. For a request thread only where the
    /// kernel holds no page of the range locked, and while others can take the writes.
    /// </summary>
    /// <param name="length">Bytes; 0: to the end.</param>
    public void WriteBack(InodeNumber inode, long offset, long length)
    {
        Span<byte> buffer = stackalloc byte[64];
        _ = _device.Write(FormatInode(buffer, inode, offset, length));
    }

    /// <summary>Offers the oldest inodes back to the kernel until the limit is kept.</summary>
    public void Prune(FuseLookupLimit limit) => Enqueue(new Notice(default, null, limit));

    /// <summary>Starts delivering.</summary>
    public void Start() => _thread.Start();

    /// <summary>Drops what is still queued and waits for the thread. The connection must be over.</summary>
    public void Stop()
    {
        lock (_queue)
        {
            _stopped = true;
            _queue.Clear();
            Monitor.PulseAll(_queue);
        }
        if (_thread.IsAlive)
            _thread.Join();
    }

    /// <summary>Writes a notification that drops an inode's attributes and a range of its pages.</summary>
    /// <param name="length">Bytes; 0: to the end.</param>
    internal static ReadOnlySpan<byte> FormatInode(Span<byte> buffer, InodeNumber inode, long offset, long length)
    {
        var body = new FuseNotifyInvalidateInode { Inode = (ulong)inode.Value, Offset = offset, Length = length };
        MemoryMarshal.Write(buffer[HeaderBytes..], in body);
        return Finish(buffer, FuseConstants.NotifyInvalidateInode, Unsafe.SizeOf<FuseNotifyInvalidateInode>());
    }

    /// <summary>Writes a notification that drops a name.</summary>
    internal static ReadOnlySpan<byte> FormatEntry(
        Span<byte> buffer, InodeNumber parent, ReadOnlySpan<byte> name, bool expireOnly)
    {
        var body = new FuseNotifyInvalidateEntry
        {
            Parent = (ulong)parent.Value,
            NameLength = (uint)name.Length,
            Flags = expireOnly ? FuseConstants.ExpireOnly : 0,
        };
        MemoryMarshal.Write(buffer[HeaderBytes..], in body);
        int length = Unsafe.SizeOf<FuseNotifyInvalidateEntry>();
        name.CopyTo(buffer[(HeaderBytes + length)..]);
        buffer[HeaderBytes + length + name.Length] = 0;
        return Finish(buffer, FuseConstants.NotifyInvalidateEntry, length + name.Length + 1);
    }

    /// <summary>Writes a notification that offers inodes back.</summary>
    internal static ReadOnlySpan<byte> FormatPrune(Span<byte> buffer, ReadOnlySpan<ulong> nodeIds)
    {
        var body = new FuseNotifyPrune { Count = (uint)nodeIds.Length };
        MemoryMarshal.Write(buffer[HeaderBytes..], in body);
        int length = Unsafe.SizeOf<FuseNotifyPrune>();
        MemoryMarshal.AsBytes(nodeIds).CopyTo(buffer[(HeaderBytes + length)..]);
        return Finish(buffer, FuseConstants.NotifyPrune, length + (nodeIds.Length * sizeof(ulong)));
    }

    private static ReadOnlySpan<byte> Finish(Span<byte> buffer, int code, int bodyBytes)
    {
        var header = new FuseOutHeader { Length = (uint)(HeaderBytes + bodyBytes), Error = code };
        MemoryMarshal.Write(buffer, in header);
        return buffer[..(HeaderBytes + bodyBytes)];
    }

    private void Enqueue(in Notice notice)
    {
        lock (_queue)
        {
            while (_queue.Count >= QueueLengthMax && !_stopped)
                Monitor.Wait(_queue);
            if (_stopped)
                return;
            _queue.Enqueue(notice);
            Monitor.PulseAll(_queue);
        }
    }

    private void Deliver()
    {
        Span<byte> buffer = stackalloc byte[512];
        while (true)
        {
            Notice notice;
            lock (_queue)
            {
                while (_queue.Count == 0 && !_stopped)
                    Monitor.Wait(_queue);
                if (_stopped)
                    return;
                notice = _queue.Dequeue();
                Monitor.PulseAll(_queue);
            }
            if (notice.Limit is not null)
            {
                DeliverPrune(notice.Limit);
                continue;
            }
            bool expireOnly = !notice.IsDrop && _connection().Has(FuseInitFlags.HasExpireOnly);
            // ENOENT means "not cached", which is what was wanted; a dead connection is the readers' business.
            _ = _device.Write(notice.Name is null
                ? FormatInode(buffer, notice.Node, 0, 0)
                : FormatEntry(buffer, notice.Node, notice.Name, expireOnly));
        }
    }

    private void DeliverPrune(FuseLookupLimit limit)
    {
        Span<ulong> nodeIds = stackalloc ulong[PruneCountMax];
        Span<byte> buffer = stackalloc byte[HeaderBytes + Unsafe.SizeOf<FuseNotifyPrune>() + (PruneCountMax * 8)];
        int count;
        while ((count = limit.TakeOldest(nodeIds)) > 0)
        {
            // A kernel that does not know the code says so once, and is not bothered again.
            if (_device.Write(FormatPrune(buffer, nodeIds[..count])) != Errno.None)
                return;
        }
        limit.Rearm();
    }

    private readonly record struct Notice(InodeNumber Node, byte[]? Name, FuseLookupLimit? Limit = null)
    {
        public bool IsDrop { get; init; }
    }
}
