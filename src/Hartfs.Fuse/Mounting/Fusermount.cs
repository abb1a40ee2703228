using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Hartfs.Core.Mounting;
using Hartfs.Fuse.Interop;

namespace Hartfs.Fuse.Mounting;

/// <summary>
/// The set-user-id program of the package fuse3 that mounts for ordinary users. It opens /dev/fuse, mounts it and
/// hands the descriptor back through a socket it inherits (_FUSE_COMMFD).
/// </summary>
internal static class Fusermount
{
    private const string Program = "fusermount3";

    public static bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(directory => File.Exists(Path.Combine(directory, Program)));

    /// <summary>Mounts and returns the device's descriptor, close-on-exec.</summary>
    public static int Mount(string mountPoint, string source, KernelFlags flags, bool allowOther)
    {
        if (!LibC.TryCreateSocketPair(out int ours, out int theirs))
            throw new MountException($"No socket pair for {Program}: {LibC.LastError}.", MountFailure.Other);
        string options = string.Join(',', [
            $"fsname={Escape(source)}", "subtype=hartfs", Attach.CommonOptions(allowOther), .. flags.Words]);
        try
        {
            LibC.SetInheritable(theirs, true);
            using Process process = Start(["-o", options, "--", mountPoint], theirs);
            _ = LibC.Close(theirs);
            theirs = -1;
            int descriptor = LibC.ReceiveDescriptor(ours);
            string message = process.StandardError.ReadToEnd().Trim();
            process.WaitForExit();
            if (descriptor >= 0)
                return descriptor;
            throw Refused(mountPoint, message);
        }
        finally
        {
            if (theirs >= 0)
                _ = LibC.Close(theirs);
            _ = LibC.Close(ours);
        }
    }

    /// <summary>Unmounts what the calling user mounted.</summary>
    /// <returns>Null, or what the program complained about.</returns>
    public static string? Unmount(string mountPoint, bool lazy)
    {
        using Process process = Start([lazy ? "-uz" : "-u", "--", mountPoint], null);
        string message = process.StandardError.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : message;
    }

    /// <summary>
    /// A value for the option list: commas and backslashes would end or change it (fusermount3 takes them back out).
    /// </summary>
    internal static string Escape(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal);

    private static Process Start(IEnumerable<string> arguments, int? socket)
    {
        var start = new ProcessStartInfo(Program, arguments)
        {
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (socket is not null)
            start.Environment["_FUSE_COMMFD"] = socket.Value.ToString(CultureInfo.InvariantCulture);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new MountException(
                $"{Program} is needed to mount as an ordinary user and cannot be run. Install the package fuse3.",
                MountFailure.DriverMissing, exception);
        }
    }

    private static MountException Refused(string mountPoint, string message)
    {
        string next = message.Contains("user_allow_other", StringComparison.Ordinal)
            ? " Add the line user_allow_other to /etc/fuse.conf, or mount without allow_other."
            : message.Contains("/dev/fuse", StringComparison.Ordinal)
            ? " Ask the administrator for access to /dev/fuse (mode 0666 is usual)."
            : message.Contains("write access", StringComparison.Ordinal)
            ? " Mount on a directory that is yours."
            : "";
        return new MountException(
            $"{Program} did not mount on {mountPoint}: {message}{(message.EndsWith('.') ? "" : ".")}{next}",
            message.Contains("/dev/fuse", StringComparison.Ordinal)
                ? MountFailure.DriverMissing : MountFailure.NotPermitted);
    }
}
