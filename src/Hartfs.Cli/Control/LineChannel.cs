using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hartfs.Cli.Control;

/// <summary>JSON objects over a socket, one to a line. One thread at a time.</summary>
internal sealed class LineChannel(Socket socket) : IDisposable
{
    private const byte NewLine = (byte)'\n';

    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    /// <summary>How long <see cref="TryReadLine"/> waits for bytes; 0: for ever.</summary>
    public int ReadTimeoutMs
    {
        get => socket.ReceiveTimeout;
        set => socket.ReceiveTimeout = value;
    }

    /// <summary>
    /// The next line without its end; false at the end of the stream. Throws <see cref="SocketException"/> after
    /// the time-out and <see cref="InvalidDataException"/> for a line above the limit.
    /// </summary>
    public bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        int scanned = _start;
        while (true)
        {
            int length = _buffer.AsSpan(scanned, _end - scanned).IndexOf(NewLine);
            if (length >= 0)
            {
                int lineEnd = scanned + length;
                line = _buffer.AsSpan(_start, lineEnd - _start);
                _start = lineEnd + 1;
                return true;
            }

            int kept = _end - _start;
            MakeRoom();
            scanned = _start + kept;
            int received = socket.Receive(_buffer.AsSpan(_end));
            if (received == 0)
            {
                line = default;
                return false;
            }

            _end += received;
        }
    }

    /// <summary>Whether the other end sends nothing any more. Does not wait.</summary>
    public bool IsEndedByPeer => socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;

    /// <summary>Tells the other end that nothing more is sent from here.</summary>
    public void EndSending() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Sends an object as one line.</summary>
    public void Write<T>(T value, JsonTypeInfo<T> type)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(value, type);
        Array.Resize(ref json, json.Length + 1);
        json[^1] = NewLine;
        for (int sent = 0; sent < json.Length;)
            sent += socket.Send(json.AsSpan(sent));
    }

    public void Dispose() => socket.Dispose();

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end < _buffer.Length)
            return;
        if (_buffer.Length >= ControlProtocol.LineBytesMax)
            throw new InvalidDataException($"a line is longer than {ControlProtocol.LineBytesMax} bytes");
        Array.Resize(ref _buffer, _buffer.Length * 2);
    }
}
