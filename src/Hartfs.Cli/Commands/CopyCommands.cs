using System.Diagnostics;
using Hartfs.Cli.Copying;
using Hartfs.Cli.Mounting;
using Hartfs.Cli.Output;
using Hartfs.Core;
using Hartfs.Fuse.Mounting;

namespace Hartfs.Cli.Commands;

/// <summary>What import and export share: opening the volume, the run, its end.</summary>
internal static class CopyCommands
{
    /// <summary>Opens a volume that must not be mounted.</summary>
    public static Volume OpenUnmounted(CommandContext context, string path, string command, bool isReadOnly)
    {
        string directory = HostPath.Real(path);
        if (Mounts.Of(directory) is { } mount && !FuseMounts.IsStale(mount.MountPoint))
        {
            throw new CommandFailure(ExitCode.InUse, $"{directory} is mounted on {mount.MountPoint}. "
                + $"Next: copy there, for example with cp -a, or hartfs unmount it for hartfs {command}.");
        }

        VolumeSettings settings = VolumeSettings.Ordinary with
        {
            ReadOnly = isReadOnly,
            Holder = $"hartfs {command} (process {Environment.ProcessId})",
        };
        return Volume.Open(directory, settings, context.Loggers);
    }

    /// <summary>Copies, makes durable what was copied, and says how it went.</summary>
    public static ExitCode Run(
        CommandContext context, CopyJob job, Action copy, Func<FsError> commit, bool json, string commandLine)
    {
        long start = Stopwatch.GetTimestamp();
        CopyDisplay.Run(job.Progress, context.Error, copy);
        FsError committed = commit();
        CopyReport report = job.Report(Stopwatch.GetElapsedTime(start));
        if (json)
            context.Output.WriteLine(JsonText.Indented(report, JsonText.Pretty.CopyReport));
        else
            CopyText.Write(context.Output, context.Error, report);
        if (committed != FsError.None)
        {
            throw new CommandFailure(committed == FsError.OutOfSpace ? ExitCode.OutOfSpace : ExitCode.IoFailure,
                $"not everything could be made durable: {FsErrorText.Describe(committed)}.");
        }

        if (job.Stopper is { } stopper)
        {
            throw new CommandFailure(
                stopper.Failure == TreeFailure.OutOfSpace ? ExitCode.OutOfSpace : ExitCode.IoFailure,
                $"stopped: {stopper.Message}. Next, when that is put right: {commandLine} goes on where it stopped.");
        }

        if (job.IsInterrupted)
        {
            throw new CommandFailure(ExitCode.Interrupted,
                $"interrupted; what is copied is kept. Next: {commandLine} goes on where it stopped.");
        }

        return report.ErrorCount == 0 ? ExitCode.Success : ExitCode.Incomplete;
    }
}
