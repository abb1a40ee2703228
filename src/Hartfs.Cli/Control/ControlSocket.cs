using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Hartfs.Cli.Interop;

namespace Hartfs.Cli.Control;

/// <summary>
/// The socket <c>control.sock</c> in a volume's directory. Its path may be longer than a socket address holds
/// (107 bytes, unix(7)): then it is reached through an open descriptor of the directory.
/// </summary>
internal static class ControlSocket
{
    public const string FileName = "control.sock";

    private const int AddressBytesMax = 107;
    private const int PendingConnectionsMax = 16;
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    /// <summary>
    /// Listens in a volume that the caller has locked: whatever socket is there was left behind by a dead process.
    /// Throws <see cref="SocketException"/> or <see cref="IOException"/>.
    /// </summary>
    public static Socket Listen(string volume)
    {
        string path = Path.Combine(volume, FileName);
        File.Delete(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            WithAddress(volume, address => socket.Bind(address));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(PendingConnectionsMax);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects to the mount of a volume; null when nobody listens. Throws SocketException else.</summary>
    public static Socket? TryConnect(string volume)
    {
        if (!File.Exists(Path.Combine(volume, FileName)))
            return null;
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            WithAddress(volume, address => socket.Connect(address));
            return socket;
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            if (failure.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable)
                return null;
            throw;
        }
    }

    /// <summary>Whether the other end runs as root or as the user of this process (SO_PEERCRED, socket(7)).</summary>
    public static bool IsPeerTrusted(Socket connection)
    {
        if (!OperatingSystem.IsLinux())
            return true;
        Span<int> credentials = stackalloc int[3];
        connection.GetRawSocketOption(SocketLevel, PeerCredentials, MemoryMarshal.AsBytes(credentials));
        uint uid = (uint)credentials[1];
        return uid == 0 || uid == LibC.EffectiveUserId();
    }

    private static void WithAddress(string volume, Action<UnixDomainSocketEndPoint> use)
    {
        string path = Path.Combine(volume, FileName);
        if (Encoding.UTF8.GetByteCount(path) <= AddressBytesMax)
        {
            use(new UnixDomainSocketEndPoint(path));
            return;
        }

        using DirectoryDescriptor directory = DirectoryDescriptor.Open(volume);
        use(new UnixDomainSocketEndPoint($"{directory.ProcPath}/{FileName}"));
    }
}
