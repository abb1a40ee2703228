using System.Net.Sockets;
using System.Text.Json;
using Hartfs.Cli.Output;
using Hartfs.Core;

namespace Hartfs.Cli.Control;

/// <summary>The other end of <see cref="ControlServer"/>, in a command.</summary>
internal sealed class ControlClient : IDisposable
{
    private const int AnswerTimeoutMs = 30_000;

    private const string EndedEarly =
        "the process behind the mount ended before it answered. Next: look into its log, then mount again.";

    private readonly LineChannel _channel;

    private ControlClient(Socket socket) => _channel = new LineChannel(socket);

    /// <summary>Reaches the mount of a volume; null when the volume is not mounted.</summary>
    public static ControlClient? TryConnect(string volume)
    {
        try
        {
            return ControlSocket.TryConnect(volume) is { } socket ? new ControlClient(socket) : null;
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            bool isDenied = failure is SocketException { SocketErrorCode: SocketError.AccessDenied };
            throw new CommandFailure(isDenied ? ExitCode.NotPermitted : ExitCode.NoAnswer,
                $"cannot reach the mount of {volume}: {failure.Message}."
                + (isDenied ? " Next: run this as the user who mounted it, or as root." : ""), failure);
        }
    }

    /// <summary>Asks and waits. Throws <see cref="CommandFailure"/> with the mount's words when it refuses.</summary>
    /// <param name="mayTakeLong">Wait as long as the other end lives: it may have much to write out.</param>
    public ControlResponse Ask(ControlRequest request, bool mayTakeLong = false) =>
        TryAsk(request, mayTakeLong) ?? throw new CommandFailure(ExitCode.NoAnswer, EndedEarly);

    /// <summary>Asks for work that takes long: shows its progress; a cancellation ends it in order.</summary>
    public ControlResponse Ask(
        ControlRequest request, IProgress<MaintenanceProgress> progress, CancellationToken cancel,
        Action<ControlResponse>? part = null)
    {
        ControlResponse? response = null;
        CancellationTokenRegistration registration = default;
        try
        {
            do
            {
                response = response is null
                    ? Ask(request, mayTakeLong: true)
                    : TryRead() ?? throw new CommandFailure(ExitCode.NoAnswer, EndedEarly);
                if (response.Progress is { } step)
                {
                    progress.Report(step);
                    part?.Invoke(response);
                }

                if (registration == default)
                    registration = cancel.Register(TryEndSending);
            }
            while (response.Progress is not null);
            return response;
        }
        finally
        {
            registration.Dispose();
        }
    }

    /// <summary>As <see cref="Ask(ControlRequest, bool)"/>; null when the other end closes without an answer.</summary>
    public ControlResponse? TryAsk(ControlRequest request, bool mayTakeLong)
    {
        try
        {
            _channel.ReadTimeoutMs = mayTakeLong ? 0 : AnswerTimeoutMs;
            _channel.Write(request, JsonText.Default.ControlRequest);
            return TryRead();
        }
        catch (SocketException failure) when (IsEnd(failure))
        {
            return null;
        }
        catch (SocketException failure)
        {
            throw NoAnswer(failure);
        }
    }

    public void Dispose() => _channel.Dispose();

    private ControlResponse? TryRead()
    {
        try
        {
            if (!_channel.TryReadLine(out ReadOnlySpan<byte> line))
                return null;
            ControlResponse response = JsonSerializer.Deserialize(line, JsonText.Default.ControlResponse)
                ?? throw new JsonException("an empty answer");
            return response.Ok
                ? response
                : throw new CommandFailure(response.Code ?? ExitCode.Failure, response.Error ?? "the mount refused.");
        }
        catch (SocketException failure) when (IsEnd(failure))
        {
            return null;
        }
        catch (Exception failure) when (failure is SocketException or JsonException or InvalidDataException)
        {
            throw NoAnswer(failure);
        }
    }

    private void TryEndSending()
    {
        try
        {
            _channel.EndSending();
        }
        catch (SocketException)
        {
            // It has ended already.
        }
    }

    private static bool IsEnd(SocketException failure) =>
        failure.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown;

    private static CommandFailure NoAnswer(Exception failure) => new(ExitCode.NoAnswer,
        $"the process behind the mount does not answer: {failure.Message}. Next: look into its log.", failure);
}
