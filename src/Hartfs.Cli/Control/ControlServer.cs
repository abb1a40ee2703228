using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Text.Json;
using Hartfs.Cli.Output;
using Microsoft.Extensions.Logging;

namespace Hartfs.Cli.Control;

/// <summary>
/// Answers control requests of a mounted volume: one thread accepts, one serves each connection. Whatever a client
/// sends, the server and the mount go on.
/// </summary>
internal sealed class ControlServer : IDisposable
{
    private const int ConnectionsMax = 16;
    private const int IdleTimeoutMs = 60_000;
    private const int SendTimeoutMs = 10_000;

    private readonly Func<ControlRequest, ControlExchange, ControlResponse> _answer;
    private readonly ILogger _logger;
    private readonly string _path;
    private readonly Socket _listener;
    private int _connectionCount;
    private int _answeringCount;
    private volatile bool _isStopping;

    private ControlServer(
        string volume, Socket listener, Func<ControlRequest, ControlExchange, ControlResponse> answer, ILogger logger)
    {
        _path = Path.Combine(volume, ControlSocket.FileName);
        _listener = listener;
        _answer = answer;
        _logger = logger;
    }

    /// <summary>
    /// Starts answering for a volume that this process has locked. <paramref name="answer"/> is called on several
    /// threads. Throws <see cref="SocketException"/> or <see cref="IOException"/>.
    /// </summary>
    public static ControlServer Start(
        string volume, Func<ControlRequest, ControlExchange, ControlResponse> answer, ILogger logger)
    {
        var server = new ControlServer(volume, ControlSocket.Listen(volume), answer, logger);
        new Thread(server.Accept) { IsBackground = true, Name = "hartfs control" }.Start();
        return server;
    }

    /// <summary>Takes no more connections and removes the socket. Open connections end with the process.</summary>
    public void Stop()
    {
        if (_isStopping)
            return;
        _isStopping = true;
        File.Delete(_path);
        _listener.Dispose();
    }

    /// <summary>Lets answers that are under way leave, before the process ends; not longer than a time.</summary>
    public void WaitForAnswers(TimeSpan time) =>
        SpinWait.SpinUntil(() => Volatile.Read(ref _answeringCount) == 0, time);

    public void Dispose() => Stop();

    private void Accept()
    {
        while (!_isStopping)
        {
            try
            {
                Socket connection = _listener.Accept();
                if (Interlocked.Increment(ref _connectionCount) > ConnectionsMax)
                {
                    Release(connection);
                    continue;
                }

                new Thread(() => Serve(connection)) { IsBackground = true, Name = "hartfs control client" }.Start();
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                if (_isStopping)
                    return;
                if (failure is SocketException { SocketErrorCode: SocketError.ConnectionAborted })
                    continue;
                Log.ControlStopped(_logger, failure);
                return;
            }
        }
    }

    private void Serve(Socket connection)
    {
        try
        {
            connection.SendTimeout = SendTimeoutMs;
            using var channel = new LineChannel(connection) { ReadTimeoutMs = IdleTimeoutMs };
            if (!ControlSocket.IsPeerTrusted(connection))
            {
                channel.Write(ControlResponse.Failed(ExitCode.NotPermitted,
                    "only root and the user who mounted may control a mount."), JsonText.Default.ControlResponse);
                return;
            }

            while (channel.TryReadLine(out ReadOnlySpan<byte> line))
            {
                Interlocked.Increment(ref _answeringCount);
                try
                {
                    channel.Write(Answer(line, channel), JsonText.Default.ControlResponse);
                }
                finally
                {
                    Interlocked.Decrement(ref _answeringCount);
                }
            }
        }
        catch (Exception failure) when (
            failure is SocketException or IOException or InvalidDataException or ObjectDisposedException)
        {
            Log.ControlConnectionEnded(_logger, failure.Message);
        }
        finally
        {
            Release(connection);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "A request may fail in any way; the mount goes on.")]
    private ControlResponse Answer(ReadOnlySpan<byte> line, LineChannel channel)
    {
        ControlRequest? request;
        try
        {
            request = JsonSerializer.Deserialize(line, JsonText.Default.ControlRequest);
        }
        catch (JsonException failure)
        {
            return ControlResponse.Failed(ExitCode.Usage, $"not a request: {failure.Message}");
        }

        if (request is null || request.Verb is null)
            return ControlResponse.Failed(ExitCode.Usage, "not a request: no verb.");
        if (request.Version != ControlProtocol.Version)
        {
            return ControlResponse.Failed(ExitCode.Usage, $"this mount speaks version {ControlProtocol.Version} of "
                + $"the control protocol, the request is of version {request.Version}.");
        }

        try
        {
            using var exchange = new ControlExchange(channel);
            return _answer(request, exchange);
        }
        catch (Exception failure)
        {
            CommandFailure? known = CommandFailure.From(failure);
            if (known is null)
                Log.ControlRequestFailed(_logger, request.Verb, failure);
            return ControlResponse.Failed(known?.Code ?? ExitCode.Failure, known?.Message ?? failure.Message);
        }
    }

    private void Release(Socket connection)
    {
        connection.Dispose();
        Interlocked.Decrement(ref _connectionCount);
    }
}
