using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hartfs.Conformance.Targets;

namespace Hartfs.Conformance.Snapshots;

/// <summary>
/// The control socket of a mounted volume, as native-notes/architecture.md describes it: what takes a process each
/// through the program is asked here a hundred times.
/// </summary>
internal sealed class ControlLine : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;

    public ControlLine(MountedVolume volume)
    {
        string path = Path.Combine(volume.VolumePath, "control.sock");
        // The mount answers a moment before its socket does.
        for (int attempt = 0; attempt < 500 && !File.Exists(path); attempt++) Thread.Sleep(20);
        _socket.Connect(new UnixDomainSocketEndPoint(path));
        _stream = new NetworkStream(_socket);
        _reader = new StreamReader(_stream);
    }

    /// <summary>Asks about snapshots; a refusal is an exception with the mount's words.</summary>
    public JsonObject Snapshot(string action, params string[] names)
    {
        JsonObject request = new()
        {
            ["version"] = 1,
            ["verb"] = "snapshot",
            ["snapshot"] = new JsonObject
            {
                ["action"] = action,
                ["names"] = new JsonArray([.. names.Select(name => JsonValue.Create(name))]),
            },
        };
        _stream.Write(JsonSerializer.SerializeToUtf8Bytes(request));
        _stream.Write("\n"u8);
        while (true)
        {
            string line = _reader.ReadLine() ?? throw new IOException("the mount closed the connection");
            JsonObject answer = JsonNode.Parse(line)!.AsObject();
            if (answer["ok"]!.GetValue<bool>() is false)
                throw new InvalidOperationException(answer["error"]!.GetValue<string>());
            if (answer["progress"] is null) return answer["snapshot"]!.AsObject();
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _stream.Dispose();
        _socket.Dispose();
    }
}
