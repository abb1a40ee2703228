using System.Diagnostics;
using System.Globalization;
using Hartfs.Conformance.Posix;

namespace Hartfs.Conformance.Targets;

/// <summary>A new volume, mounted by the program in a process of its own, in a temporary directory.</summary>
/// <remarks>Whatever happens, disposal leaves neither a mount nor a process behind.</remarks>
public sealed class MountedVolume : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string RunsRoot = Path.Combine(Path.GetTempPath(), "hartfs-conformance");

    private readonly string _run;
    private readonly List<string> _output = [];
    private Process? _daemon;

    public MountedVolume(params string[] createArguments)
    {
        RemoveLeftovers();
        Directory.CreateDirectory(RunsRoot);
        string name = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{Guid.NewGuid():n}");
        _run = Path.Combine(RunsRoot, name);
        VolumePath = Path.Combine(_run, "volume");
        MountPoint = Path.Combine(_run, "mnt");
        Directory.CreateDirectory(MountPoint);
        CommandLine.Run(HartfsProgram.Path, ["create", VolumePath, .. createArguments]);
    }

    public string VolumePath { get; }

    public string MountPoint { get; }

    /// <summary>What the daemon printed since the last mount.</summary>
    public string Output
    {
        get
        {
            lock (_output) return string.Join('\n', _output);
        }
    }

    public bool IsMounted => Sys.Exists(MountPoint) && IsMountPoint(MountPoint);

    /// <summary>Mounts in the foreground mode and waits until the root answers.</summary>
    public void Mount(params string[] options)
    {
        lock (_output) _output.Clear();
        _daemon = CommandLine.Start(HartfsProgram.Path, ["mount", "-f", VolumePath, MountPoint, .. options]);
        _daemon.OutputDataReceived += Collect;
        _daemon.ErrorDataReceived += Collect;
        _daemon.BeginOutputReadLine();
        _daemon.BeginErrorReadLine();
        File.WriteAllText(Path.Combine(_run, "pid"), _daemon.Id.ToString(CultureInfo.InvariantCulture));
        Wait(() => _daemon.HasExited || IsMountPoint(MountPoint), "the mount");
        if (_daemon.HasExited) throw new InvalidOperationException($"the daemon ended at once:\n{Output}");
        _ = Sys.Stat(MountPoint);
    }

    /// <summary>Unmounts with the program and waits for the daemon's end.</summary>
    public void Unmount()
    {
        if (_daemon == null) return;
        CommandLine.Run(HartfsProgram.Path, ["unmount", MountPoint]);
        Wait(() => _daemon.HasExited, "the daemon's end");
        if (_daemon.ExitCode != 0)
            throw new InvalidOperationException($"the daemon ended with {_daemon.ExitCode}:\n{Output}");
        _daemon.Dispose();
        _daemon = null;
    }

    /// <summary>kill -9, and takes the dead mount away.</summary>
    public void Kill()
    {
        KillDaemon();
        Detach(MountPoint);
    }

    /// <summary>The same, and the mount point stays: whoever works there is told that the volume is gone.</summary>
    public void KillDaemon()
    {
        if (_daemon == null) return;
        _daemon.Kill();
        _daemon.WaitForExit();
        _daemon.Dispose();
        _daemon = null;
    }

    public void Dispose()
    {
        try
        {
            if (_daemon is { HasExited: false }) Unmount();
        }
        finally
        {
            Kill();
            Detach(MountPoint);
            CommandLine.Run("rm", ["-rf", "--one-file-system", _run]);
        }
    }

    private static bool IsMountPoint(string path) => MountsBelow(path).Any(mount => mount == path);

    private static List<string> MountsBelow(string path) =>
        [.. File.ReadAllLines("/proc/self/mounts").Select(line => line.Split(' ')[1])
            .Where(mount => mount == path || mount.StartsWith(path + "/", StringComparison.Ordinal))];

    private static void Detach(string path)
    {
        foreach (string mount in MountsBelow(path)) CommandLine.TryRun("umount", ["-l", mount]);
    }

    /// <summary>
    /// What a killed test run left: its daemons are known by pid and command line, its mounts by path.
    /// </summary>
    private static void RemoveLeftovers()
    {
        if (!Directory.Exists(RunsRoot)) return;
        foreach (string run in Directory.GetDirectories(RunsRoot))
        {
            string owner = Path.GetFileName(run).Split('-')[0];
            if (Directory.Exists("/proc/" + owner)) continue;
            string pidFile = Path.Combine(run, "pid");
            if (File.Exists(pidFile)) KillIfOurs(File.ReadAllText(pidFile), run);
            Detach(Path.Combine(run, "mnt"));
            CommandLine.TryRun("rm", ["-rf", "--one-file-system", run]);
        }
    }

    private static void KillIfOurs(string pid, string run)
    {
        string commandLine = $"/proc/{pid}/cmdline";
        bool isOurs = File.Exists(commandLine) &&
            File.ReadAllText(commandLine).Contains(run, StringComparison.Ordinal);
        if (isOurs) CommandLine.TryRun("kill", ["-9", pid]);
    }

    private static void Wait(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Patience) throw new TimeoutException($"{what} took too long");
            Thread.Sleep(20);
        }
    }

    private void Collect(object sender, DataReceivedEventArgs line)
    {
        if (line.Data == null) return;
        lock (_output) _output.Add(line.Data);
    }
}
