using System.ComponentModel;
using System.Diagnostics;
using Hartfs.Fuse.Interop;
using Microsoft.Extensions.Logging;

namespace Hartfs.Fuse.Mounting;

/// <summary>
/// auto_unmount: a shell that waits on a pipe from this process. When the process dies, however, the pipe closes
/// and the shell clears the mount point. (fusermount3's own auto_unmount insists on allow_other.)
/// </summary>
internal sealed class UnmountGuard : IDisposable
{
    private const string Script =
        "trap '' HUP INT TERM; read -r line; [ \"$line\" = done ] && exit 0; exec \"$@\" >/dev/null 2>&1";

    private readonly Process _process;

    private UnmountGuard(Process process) => _process = process;

    /// <summary>Starts guarding; null, and a warning, when no shell can be started.</summary>
    public static UnmountGuard? Start(string mountPoint, ILogger logger)
    {
        string[] command = LibC.GetEffectiveUserId() == 0
            ? ["umount", "-l", "--", mountPoint] : ["fusermount3", "-uz", "--", mountPoint];
        try
        {
            var start = new ProcessStartInfo("/bin/sh", ["-c", Script, "hartfs-unmount", .. command])
            {
                RedirectStandardInput = true,
                UseShellExecute = false,
                WorkingDirectory = "/",
            };
            return new UnmountGuard(Process.Start(start)!);
        }
        catch (Win32Exception exception)
        {
            Log.NoUnmountGuard(logger, exception.Message);
            return null;
        }
    }

    /// <summary>Ends the guard without unmounting.</summary>
    public void Dispose()
    {
        try
        {
            _process.StandardInput.WriteLine("done");
            _process.StandardInput.Dispose();
        }
        catch (IOException)
        {
            // The shell is gone already.
        }
        _process.Dispose();
    }
}
