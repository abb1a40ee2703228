using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hartfs.Cli.Interop;

/// <summary>An open directory that serves only to name what is in it, however long its own path is.</summary>
internal sealed class DirectoryDescriptor : IDisposable
{
    private readonly SafeFileHandle _handle;

    private DirectoryDescriptor(SafeFileHandle handle) => _handle = handle;

    /// <summary>A short path of the directory, valid in this process while it is open (proc_pid_fd(5)).</summary>
    public string ProcPath =>
        "/proc/self/fd/" + _handle.DangerousGetHandle().ToString(CultureInfo.InvariantCulture);

    /// <summary>Throws <see cref="IOException"/>.</summary>
    public static DirectoryDescriptor Open(string path)
    {
        int descriptor = HostCalls.OpenAt(HostCalls.CurrentDirectory, System.Text.Encoding.UTF8.GetBytes(path),
            HostCalls.OpenPathOnly | HostCalls.OpenDirectory | HostCalls.OpenCloseOnExec, 0);
        if (descriptor < 0)
            throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        return new DirectoryDescriptor(new SafeFileHandle(descriptor, ownsHandle: true));
    }

    public void Dispose() => _handle.Dispose();
}
