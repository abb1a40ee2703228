using System.Diagnostics;
using Hartfs.Cli.Commands;
using Hartfs.Cli.Interop;

namespace Hartfs.Cli.Mounting;

/// <summary>
/// Runs the same command line again in a process of its own session, and waits until its mount answers or fails.
/// The runtime has threads, so a fork of this process would not do.
/// </summary>
internal static class BackgroundMount
{
    private const string Mark = "HARTFS_BACKGROUND";
    private const string ReadyLine = "ready";

    // Ends what is relayed: the pipe itself stays open as long as anyone holds a copy of it.
    private const string RelayEnd = "\0";
    private const int RelayTimeoutMs = 1000;

    /// <summary>Whether this process is the one in the background.</summary>
    public static bool IsThisProcess => Environment.GetEnvironmentVariable(Mark) is not null;

    /// <summary>The waiting side. Returns the other process, which serves the mount, or throws.</summary>
    /// <returns>The id of the process that serves the mount, or the exit code it ended with.</returns>
    public static (int ProcessId, ExitCode Code) Start(CommandContext context)
    {
        MarkInheritedDescriptors();
        using Process child = Process.Start(MakeStart())!;
        child.StandardInput.Close();
        var relay = new Thread(() => Relay(child.StandardError, context.Error)) { IsBackground = true, Name = "relay" };
        relay.Start();
        while (child.StandardOutput.ReadLine() is { } line)
        {
            if (line == ReadyLine)
            {
                relay.Join(RelayTimeoutMs);
                return (child.Id, ExitCode.Success);
            }
        }

        child.WaitForExit();
        relay.Join(RelayTimeoutMs);
        if (Enum.IsDefined((ExitCode)child.ExitCode) && child.ExitCode != 0)
            return (child.Id, (ExitCode)child.ExitCode);
        throw new CommandFailure(ExitCode.Failure,
            $"the mount's process ended with code {child.ExitCode} before it was ready. Next: try again with -f.");
    }

    /// <summary>The serving side, first thing: leaves the terminal and the working directory.</summary>
    public static void Detach()
    {
        Environment.SetEnvironmentVariable(Mark, null);
        _ = LibC.LeaveSession();
        Directory.SetCurrentDirectory("/");
    }

    /// <summary>
    /// The serving side, when the mount answers: tells the waiting side and lets go of its pipes. False when nobody
    /// waits any more (the user has given up).
    /// </summary>
    public static bool TellReady()
    {
        using FileStream nothing = new("/dev/null", FileMode.Open, FileAccess.ReadWrite);
        int descriptor = (int)nothing.SafeFileHandle.DangerousGetHandle();
        EndRelay();
        _ = LibC.Duplicate(descriptor, 0);
        _ = LibC.Duplicate(descriptor, 2);
        try
        {
            using Stream output = Console.OpenStandardOutput();
            output.Write("ready\n"u8);
            output.Flush();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
        finally
        {
            _ = LibC.Duplicate(descriptor, 1);
        }
    }

    private static void EndRelay()
    {
        try
        {
            using Stream errors = Console.OpenStandardError();
            errors.Write("\0\n"u8);
        }
        catch (IOException)
        {
            // Nobody waits any more: telling so is the next line's business.
        }
    }

    private static ProcessStartInfo MakeStart()
    {
        string[] arguments = Environment.GetCommandLineArgs();
        string program = Environment.ProcessPath!;
        bool isHosted = Path.GetFileNameWithoutExtension(program) == "dotnet";
        var start = new ProcessStartInfo(program, isHosted ? arguments : arguments[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment[Mark] = "1";
        return start;
    }

    /// <summary>
    /// Keeps what this process inherited (a lock of flock(1), a pipe of a script) out of the one that stays.
    /// </summary>
    private static void MarkInheritedDescriptors()
    {
        if (!Directory.Exists("/proc/self/fd"))
            return;
        foreach (string entry in Directory.GetFileSystemEntries("/proc/self/fd"))
        {
            if (int.TryParse(Path.GetFileName(entry), out int descriptor) && descriptor > 2)
                LibC.MarkCloseOnExec(descriptor);
        }
    }

    private static void Relay(StreamReader from, TextWriter to)
    {
        while (from.ReadLine() is { } line && line != RelayEnd)
            to.WriteLine(line);
    }
}
