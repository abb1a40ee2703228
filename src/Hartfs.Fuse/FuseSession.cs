using Hartfs.Format;
using Hartfs.Fuse.Interop;
using Hartfs.Fuse.Protocol;
using Microsoft.Extensions.Logging;

namespace Hartfs.Fuse;

/// <summary>
/// The life of one connection: threads that read, serve and answer, one request at a time each, until the mount is
/// gone. Requests are served on the thread that read them; when all threads are held up in slow calls, more are
/// started, up to a limit, so that a mount never stands still behind one fsync.
/// </summary>
internal sealed class FuseSession
{
    private const int ReadersMax = 32;

    private static readonly TimeSpan SlowRequestAge = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FullWatchInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StandstillTime = TimeSpan.FromMilliseconds(2);

    private readonly FuseDevice _device;
    private readonly FuseDispatcher _dispatcher;
    private readonly FuseKernelCache _kernelCache;
    private readonly int _readerCount;
    private readonly ILogger _logger;
    private readonly Latch _ready = new();
    private readonly Latch _ended = new();
    private readonly Latch _watchSignal = new();

    // guards: _readers, _retiredCounts
    private readonly Lock _lock = new();
    private readonly List<FuseReader> _readers = [];
    private readonly long[] _retiredCounts = new long[FuseOpcodes.Count];

    private int _idleReaders;
    private int _waitingReaders;
    private int _watchAlarmed;
    private volatile bool _closing;

    /// <param name="readerCount">Threads to start with; these stay until the end.</param>
    public FuseSession(FuseDevice device, FuseDispatcher dispatcher, FuseKernelCache kernelCache, int readerCount,
        ILogger logger)
    {
        _device = device;
        _dispatcher = dispatcher;
        _kernelCache = kernelCache;
        _readerCount = readerCount;
        _logger = logger;
    }

    /// <summary>Whether the connection is over and everything is closed.</summary>
    public bool HasEnded => _ended.IsSet;

    /// <summary>Called once, on the last reader thread, when the connection is over.</summary>
    public Action? Ended { get; set; }

    /// <summary>Requests taken so far, by operation; operations never asked for are left out.</summary>
    public IReadOnlyDictionary<string, long> RequestCounts
    {
        get
        {
            var counts = new Dictionary<string, long>();
            lock (_lock)
            {
                for (int opcode = 0; opcode < FuseOpcodes.Count; opcode++)
                {
                    long count = _retiredCounts[opcode];
                    foreach (FuseReader reader in _readers)
                        count += reader.Activity.Count(opcode);
                    if (count > 0)
                        counts[((FuseOpcode)opcode).ToString()] = count;
                }
            }
            return counts;
        }
    }

    /// <summary>Starts the threads. The device must be mounted.</summary>
    public void Start()
    {
        for (int i = 0; i < _readerCount; i++)
            AddReader(isExtra: false);
        StartThread("hartfs-fuse-watch", Watch);
        _kernelCache.Start();
    }

    /// <summary>Waits until INIT is answered.</summary>
    /// <returns>None, or why there is no connection; ENOTCONN when it ended or the time ran out.</returns>
    public Errno WaitUntilReady(TimeSpan timeout)
    {
        bool signalled = _ready.Wait(timeout);
        if (_dispatcher.InitError != Errno.None)
            return _dispatcher.InitError;
        return signalled && !_closing ? Errno.None : Errno.ENOTCONN;
    }

    /// <summary>
    /// Makes the kernel write back a range, on a request thread. That thread does not count as one while it waits:
    /// the writes need others, however many wait like it.
    /// </summary>
    /// <param name="length">Bytes; 0: to the end.</param>
    public void WriteBack(InodeNumber inode, long offset, long length)
    {
        Interlocked.Increment(ref _waitingReaders);
        try
        {
            _kernelCache.WriteBack(inode, offset, length);
        }
        finally
        {
            Interlocked.Decrement(ref _waitingReaders);
        }
    }

    /// <summary>Waits until the requests that were taken by now are served, whatever comes after them.</summary>
    public void WaitForRequestsUnderWay()
    {
        // Between the device's answer and the record of it lie microseconds.
        Thread.Sleep(1);
        List<(FuseReader Reader, long Total)> busy;
        lock (_lock)
            busy = [.. _readers.Where(reader => reader.Activity.IsBusy)
                .Select(reader => (reader, reader.Activity.Total))];
        foreach ((FuseReader reader, long total) in busy)
            while (!_closing && reader.Activity.IsBusy && reader.Activity.Total == total)
                _ended.Wait(StandstillTime);
    }

    /// <summary>Waits until the connection is over.</summary>
    public bool WaitForEnd(TimeSpan timeout) => _ended.Wait(timeout);

    private static void StartThread(string name, ThreadStart body) =>
        new Thread(body) { Name = name, IsBackground = true }.Start();

    private bool AddReader(bool isExtra)
    {
        FuseReader reader;
        lock (_lock)
        {
            if (_closing || _readers.Count - Volatile.Read(ref _waitingReaders) >= ReadersMax)
                return false;
            reader = new FuseReader(isExtra);
            _readers.Add(reader);
        }
        try
        {
            StartThread("hartfs-fuse", () => Serve(reader));
            return true;
        }
        catch (OutOfMemoryException exception)
        {
            Log.ReaderNotStarted(_logger, exception);
            Retire(reader);
            return false;
        }
    }

    private void Serve(FuseReader reader)
    {
        // Memory reclaim started by our own allocations must not wait for pages that only we can write back.
        _ = LibC.TrySetIoFlusher();
        while (true)
        {
            int idle = Interlocked.Increment(ref _idleReaders);
            if (reader.IsExtra && idle > _readerCount)
            {
                Interlocked.Decrement(ref _idleReaders);
                break;
            }
            int length = _device.Read(reader.Message, out Errno error);
            if (Interlocked.Decrement(ref _idleReaders) == 0)
                AlarmWatch();
            if (length == 0)
            {
                Close(error);
                break;
            }
            ServeOne(reader, length);
        }
        Retire(reader);
    }

    private void ServeOne(FuseReader reader, int length)
    {
        ReadOnlySpan<byte> answer = _dispatcher.Process(reader.Message[..length], reader.Reply, reader.Activity);
        if (!answer.IsEmpty)
            Send(answer);
        if (!_ready.IsSet && (_dispatcher.InitError != Errno.None || _dispatcher.Connection != FuseConnection.None))
            _ready.Set();
    }

    private void Send(ReadOnlySpan<byte> answer)
    {
        Errno error = _device.Write(answer);
        // ENOENT: the caller was killed meanwhile. ENODEV and ECONNABORTED: the mount is gone; Read will say so.
        if (error is not (Errno.None or Errno.ENOENT or Errno.ENODEV or Errno.ECONNABORTED))
            Log.ReplyRefused(_logger, System.Runtime.InteropServices.MemoryMarshal.Read<FuseOutHeader>(answer).Unique,
                (int)error);
    }

    private void Close(Errno error)
    {
        if (error is not (Errno.None or Errno.ENODEV or Errno.ECONNABORTED))
            Log.DeviceFailed(_logger, (int)error);
        _closing = true;
        _ready.Set();
        _watchSignal.Set();
    }

    private void Retire(FuseReader reader)
    {
        bool last;
        lock (_lock)
        {
            _readers.Remove(reader);
            for (int opcode = 0; opcode < FuseOpcodes.Count; opcode++)
                _retiredCounts[opcode] += reader.Activity.Count(opcode);
            last = _closing && _readers.Count == 0;
        }
        reader.Dispose();
        if (!last)
            return;
        _kernelCache.Stop();
        _device.Dispose();
        Ended?.Invoke();
        _ended.Set();
    }

    private void AlarmWatch()
    {
        if (Volatile.Read(ref _watchAlarmed) == 0 && Interlocked.Exchange(ref _watchAlarmed, 1) == 0)
            _watchSignal.Set();
    }

    /// <summary>Starts readers when none is left to read, and reports requests that take very long.</summary>
    private void Watch()
    {
        while (!_closing)
        {
            if (_watchSignal.Wait(WatchInterval))
            {
                _watchSignal.Reset();
                do
                {
                    long before = CountRequests();
                    _ended.Wait(StandstillTime);
                    if (Volatile.Read(ref _idleReaders) == 0 && CountRequests() == before && !AddReader(isExtra: true))
                    {
                        // As many as there may be, and all of them stand still.
                        _ended.Wait(FullWatchInterval);
                        ReportSlowRequests();
                    }
                    Volatile.Write(ref _watchAlarmed, 0);
                }
                while (!_closing && Volatile.Read(ref _idleReaders) == 0);
            }
            ReportSlowRequests();
        }
    }

    private long CountRequests()
    {
        lock (_lock)
        {
            long total = 0;
            foreach (FuseReader reader in _readers)
                total += reader.Activity.Total;
            return total;
        }
    }

    private void ReportSlowRequests()
    {
        lock (_lock)
        {
            foreach (FuseReader reader in _readers)
            {
                if (reader.Activity.IsSlow(SlowRequestAge, out long seconds, out FuseOpcode opcode, out ulong nodeId))
                    Log.SlowRequest(_logger, seconds, opcode, nodeId);
            }
        }
    }
}
