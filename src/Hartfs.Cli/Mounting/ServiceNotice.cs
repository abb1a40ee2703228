using System.Net.Sockets;

namespace Hartfs.Cli.Mounting;

/// <summary>Tells systemd that a service of Type=notify is ready (sd_notify(3)); nothing elsewhere.</summary>
internal static class ServiceNotice
{
    public static void TellReady()
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } address)
            return;

        // An address that begins with '@' is in the abstract namespace: a NUL instead.
        string path = address[0] == '@' ? "\0" + address[1..] : address;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo("READY=1\n"u8, new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            // The service manager then ends the start by its own time-out and says so.
        }
    }
}
