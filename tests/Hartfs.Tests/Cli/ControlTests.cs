using System.Net.Sockets;
using System.Text;
using Hartfs.Cli;
using Hartfs.Cli.Control;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hartfs.Tests.Cli;

public sealed class ControlTests : IDisposable
{
    private readonly string _volume = Directory.CreateTempSubdirectory("hartfs-control-").FullName;

    public void Dispose() => Directory.Delete(_volume, recursive: true);

    [Fact]
    public void A_request_is_answered()
    {
        using ControlServer server = Start(_volume);
        using ControlClient client = ControlClient.TryConnect(_volume)!;
        MountStatus status = client.Ask(new ControlRequest(1, ControlVerbs.Status)).Status!;
        Assert.Equal(77, status.ProcessId);
        Assert.Equal(["ro"], status.Options);
        Assert.Equal(DateTimeOffset.UnixEpoch, status.Since);
    }

    [Fact]
    public void Several_requests_over_one_connection_are_answered_in_order()
    {
        using ControlServer server = Start(_volume);
        using ControlClient client = ControlClient.TryConnect(_volume)!;
        for (int i = 0; i < 100; i++)
            Assert.NotNull(client.Ask(new ControlRequest(1, ControlVerbs.Status)).Status);
    }

    [Fact]
    public void A_refusal_carries_its_exit_code_and_words()
    {
        using ControlServer server = Start(_volume);
        using ControlClient client = ControlClient.TryConnect(_volume)!;
        CommandFailure failure = Assert.Throws<CommandFailure>(
            () => client.Ask(new ControlRequest(1, ControlVerbs.Unmount)));
        Assert.Equal(ExitCode.StillInUse, failure.Code);
        Assert.Equal("busy", failure.Message);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"version\":1}")]
    [InlineData("{\"version\":2,\"verb\":\"status\"}")]
    [InlineData("{\"version\":\"one\",\"verb\":\"status\"}")]
    [InlineData("{\"version\":1,\"verb\":5}")]
    [InlineData("{\"version\":1,\"verb\":\"bug\"}")]
    [InlineData("\u0000\u0001\ud83d\ude00")]
    public void Whatever_a_client_sends_gets_an_error_and_the_connection_lives_on(string line)
    {
        using ControlServer server = Start(_volume);
        using Socket socket = ControlSocket.TryConnect(_volume)!;
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
        socket.Send(Encoding.UTF8.GetBytes(line + "\n"));
        Assert.Contains("\"ok\":false", reader.ReadLine(), StringComparison.Ordinal);
        socket.Send("{\"version\":1,\"verb\":\"status\"}\n"u8);
        Assert.Contains("\"ok\":true", reader.ReadLine(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_endless_line_costs_its_sender_the_connection_and_nobody_else()
    {
        using ControlServer server = Start(_volume);
        using Socket socket = ControlSocket.TryConnect(_volume)!;
        byte[] piece = new byte[1 << 16];
        piece.AsSpan().Fill((byte)'x');
        Assert.ThrowsAny<SocketException>(() =>
        {
            for (int i = 0; i < 1000; i++)
                socket.Send(piece);
        });
        using ControlClient client = ControlClient.TryConnect(_volume)!;
        Assert.NotNull(client.Ask(new ControlRequest(1, ControlVerbs.Status)).Status);
    }

    [Fact]
    public void A_client_that_leaves_in_the_middle_of_a_line_disturbs_nobody()
    {
        using ControlServer server = Start(_volume);
        for (int i = 0; i < 50; i++)
        {
            using Socket socket = ControlSocket.TryConnect(_volume)!;
            socket.Send("{\"version\":1,"u8);
        }

        using ControlClient client = ControlClient.TryConnect(_volume)!;
        Assert.NotNull(client.TryAsk(new ControlRequest(1, ControlVerbs.Status), mayTakeLong: false)?.Status
            ?? Retry());

        // Connections that end are given back a moment later; sixteen at a time are served.
        MountStatus Retry()
        {
            while (true)
            {
                using ControlClient again = ControlClient.TryConnect(_volume)!;
                if (again.TryAsk(new ControlRequest(1, ControlVerbs.Status), false)?.Status is { } status)
                    return status;
                Thread.Yield();
            }
        }
    }

    [Fact]
    public void A_socket_left_behind_means_not_mounted_and_is_replaced()
    {
        string path = Path.Combine(_volume, ControlSocket.FileName);
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path));
            File.Move(path, path + ".kept");
        }

        File.Move(path + ".kept", path);
        Assert.True(File.Exists(path));
        Assert.Null(ControlClient.TryConnect(_volume));
        using ControlServer server = Start(_volume);
        using ControlClient? client = ControlClient.TryConnect(_volume);
        Assert.NotNull(client);
    }

    [Fact]
    public void A_volume_without_a_socket_is_not_mounted() => Assert.Null(ControlClient.TryConnect(_volume));

    [Fact]
    public void The_socket_is_its_owners_alone_and_goes_with_the_server()
    {
        string path = Path.Combine(_volume, ControlSocket.FileName);
        using (Start(_volume))
        {
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        Assert.False(File.Exists(path));
    }

    [Fact]
    public void A_path_longer_than_a_socket_address_works()
    {
        string volume = Path.Combine(_volume, new string('a', 100), new string('b', 100));
        Directory.CreateDirectory(volume);
        using ControlServer server = Start(volume);
        using ControlClient client = ControlClient.TryConnect(volume)!;
        Assert.NotNull(client.Ask(new ControlRequest(1, ControlVerbs.Status)).Status);
    }

    private static ControlServer Start(string volume) => ControlServer.Start(volume, Answer, NullLogger.Instance);

    private static ControlResponse Answer(ControlRequest request, ControlExchange exchange) => request.Verb switch
    {
        ControlVerbs.Status => new ControlResponse
        {
            Ok = true,
            Status = new MountStatus(77, "/v", "/m", DateTimeOffset.UnixEpoch, ["ro"], "0.1.0"),
        },
        ControlVerbs.Unmount => throw new CommandFailure(ExitCode.StillInUse, "busy"),
        _ => throw new InvalidOperationException("a bug"),
    };
}
