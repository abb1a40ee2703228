using System.Globalization;

namespace Hartfs.Cli.Mounting;

/// <summary>The process behind a mount, seen from another one.</summary>
internal static class ServingProcess
{
    private const int PollIntervalMs = 5;

    /// <summary>Waits until a process has ended, and with it its locks. It may have much to write out first.</summary>
    public static void WaitForEnd(int processId)
    {
        while (IsAlive(processId))
            Thread.Sleep(PollIntervalMs);
    }

    /// <summary>Whether a process runs; one that has ended and waits for its parent (a zombie) does not.</summary>
    public static bool IsAlive(int processId)
    {
        try
        {
            // "1234 (any name) S …": the state is behind the last parenthesis (proc_pid_stat(5)).
            string stat = File.ReadAllText(
                string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat"));
            int name = stat.LastIndexOf(')');
            return name >= 0 && name + 2 < stat.Length && stat[name + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
