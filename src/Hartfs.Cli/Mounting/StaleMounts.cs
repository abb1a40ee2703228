using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Hartfs.Cli.Interop;
using Hartfs.Core.Mounting;
using Microsoft.Extensions.Logging;

namespace Hartfs.Cli.Mounting;

/// <summary>Mount points whose process has died: every access fails with ENOTCONN until they are cleared.</summary>
internal static class StaleMounts
{
    private const int NotConnected = 107;

    /// <summary>Whether nobody answers at a path any more.</summary>
    public static bool IsStale(string path) =>
        OperatingSystem.IsLinux()
        && HostCalls.Stat(HostCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path), out _) < 0
        && Marshal.GetLastPInvokeError() == NotConnected;

    /// <summary>Clears a stale Hartfs mount before a new one; leaves everything else alone.</summary>
    public static void MakeWay(string mountPoint, ILogger logger)
    {
        if (MountTable.At(mountPoint) is null || !IsStale(mountPoint))
            return;
        Clear(mountPoint);
        Log.StaleMountCleared(logger, mountPoint);
    }

    /// <summary>Detaches a mount without its process. Throws <see cref="MountException"/>.</summary>
    public static void Clear(string mountPoint) => Run(mountPoint, isLazy: true);

    /// <summary>Unmounts as umount(8) does, the process unasked. Throws <see cref="MountException"/>.</summary>
    public static void UnmountByKernel(string mountPoint) => Run(mountPoint, isLazy: false);

    private static void Run(string mountPoint, bool isLazy)
    {
        bool isRoot = LibC.EffectiveUserId() == 0;
        string program = isRoot ? "umount" : "fusermount3";
        var start = new ProcessStartInfo(program) { RedirectStandardError = true };
        if (!isRoot)
            start.ArgumentList.Add("-u");
        if (isLazy)
            start.ArgumentList.Add(isRoot ? "-l" : "-z");
        start.ArgumentList.Add("--");
        start.ArgumentList.Add(mountPoint);
        try
        {
            using Process process = Process.Start(start)!;
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new MountException($"cannot unmount {mountPoint}: {error.Trim()}", MountFailure.StillInUse);
        }
        catch (Win32Exception failure)
        {
            throw new MountException($"cannot run {program}: {failure.Message}. Next: install fuse3.",
                MountFailure.DriverMissing, failure);
        }
    }
}
