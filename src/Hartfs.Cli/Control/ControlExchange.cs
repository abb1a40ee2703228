using System.Diagnostics;
using System.Net.Sockets;
using Hartfs.Cli.Output;
using Hartfs.Core;

namespace Hartfs.Cli.Control;

/// <summary>
/// The server's side of a request that takes long: lines with progress go to the client now and then, and the work is
/// cancelled when the client ends its side of the connection. One thread.
/// </summary>
internal sealed class ControlExchange(LineChannel channel) : IProgress<MaintenanceProgress>, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _cancellation = new();
    private CancellationTokenRegistration _registration;
    private long _reportedAt;

    /// <summary>Cancelled when nobody waits for the answer any more.</summary>
    public CancellationToken Cancellation => _cancellation.Token;

    /// <summary>Cancels the work with something else, too.</summary>
    public void CancelWith(CancellationToken token) =>
        _registration = token.UnsafeRegister(
            static source => ((CancellationTokenSource)source!).Cancel(), _cancellation);

    public void Report(MaintenanceProgress value)
    {
        if (_reportedAt != 0 && Stopwatch.GetElapsedTime(_reportedAt) < Interval)
            return;
        _reportedAt = Stopwatch.GetTimestamp();
        try
        {
            if (channel.IsEndedByPeer)
                _cancellation.Cancel();
            else
                channel.Write(new ControlResponse { Ok = true, Progress = value }, JsonText.Default.ControlResponse);
        }
        catch (SocketException)
        {
            _cancellation.Cancel();
        }
    }

    /// <summary>Sends a part of the answer.</summary>
    public void Send(ControlResponse part)
    {
        try
        {
            channel.Write(part, JsonText.Default.ControlResponse);
        }
        catch (SocketException)
        {
            _cancellation.Cancel();
        }
    }

    public void Dispose()
    {
        _registration.Dispose();
        _cancellation.Dispose();
    }
}
