using System.Diagnostics;
using Hartfs.Fuse.Protocol;

namespace Hartfs.Fuse;

/// <summary>What one reader thread is doing and has done; written by that thread, read by the watch.</summary>
internal sealed class FuseActivity
{
    private readonly long[] _counts = new long[FuseOpcodes.Count];
    private long _startedAt;
    private FuseOpcode _opcode;
    private ulong _nodeId;
    private long _reportedAt;

    /// <summary>Requests taken so far.</summary>
    public long Total { get; private set; }

    /// <summary>Marks the start of a request.</summary>
    public void Begin(FuseOpcode opcode, ulong nodeId)
    {
        _counts[(uint)opcode < FuseOpcodes.Count ? (int)opcode : 0]++;
        Total++;
        _opcode = opcode;
        _nodeId = nodeId;
        Volatile.Write(ref _startedAt, Stopwatch.GetTimestamp());
    }

    /// <summary>Whether a request is being served.</summary>
    public bool IsBusy => Volatile.Read(ref _startedAt) != 0;

    /// <summary>Marks its end.</summary>
    public void End() => Volatile.Write(ref _startedAt, 0);

    /// <summary>Requests of one kind.</summary>
    public long Count(int opcode) => Volatile.Read(ref _counts[opcode]);

    /// <summary>Whether the current request is older than a limit; true once per request.</summary>
    public bool IsSlow(TimeSpan limit, out long seconds, out FuseOpcode opcode, out ulong nodeId)
    {
        long startedAt = Volatile.Read(ref _startedAt);
        (opcode, nodeId) = (_opcode, _nodeId);
        seconds = 0;
        if (startedAt == 0 || startedAt == _reportedAt)
            return false;
        TimeSpan age = Stopwatch.GetElapsedTime(startedAt);
        seconds = (long)age.TotalSeconds;
        if (age < limit)
            return false;
        _reportedAt = startedAt;
        return true;
    }
}
