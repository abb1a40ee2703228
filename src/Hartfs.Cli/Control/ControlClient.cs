using System.Net.Sockets;
using System.Text.Json;
using Hartfs.Cli.Output;

namespace Hartfs.Cli.Control;

/// <summary>The other end of <see cref="ControlServer"/>, in a command.</summary>
internal sealed class ControlClient : IDisposable
{
    private const int AnswerTimeoutMs = 30_000;

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
        TryAsk(request, mayTakeLong) ?? throw new CommandFailure(ExitCode.NoAnswer,
            "the process behind the mount ended before it answered. Next: look into its log, then mount again.");

    /// <summary>As <see cref="Ask"/>; null when the other end closes without an answer.</summary>
    public ControlResponse? TryAsk(ControlRequest request, bool mayTakeLong)
    {
        try
        {
            _channel.ReadTimeoutMs = mayTakeLong ? 0 : AnswerTimeoutMs;
            _channel.Write(request, JsonText.Default.ControlRequest);
            if (!_channel.TryReadLine(out ReadOnlySpan<byte> line))
                return null;
            ControlResponse response = JsonSerializer.Deserialize(line, JsonText.Default.ControlResponse)
                ?? throw new JsonException("an empty answer");
            return response.Ok
                ? response
                : throw new CommandFailure(response.Code ?? ExitCode.Failure, response.Error ?? "the mount refused.");
        }
        catch (SocketException failure) when (
            failure.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            return null;
        }
        catch (Exception failure) when (failure is SocketException or JsonException or InvalidDataException)
        {
            throw new CommandFailure(ExitCode.NoAnswer,
                $"the process behind the mount does not answer: {failure.Message}. Next: look into its log.", failure);
        }
    }

    public void Dispose() => _channel.Dispose();
}
