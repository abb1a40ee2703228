using System.CommandLine;
using Hartfs.Cli.Control;
using Hartfs.Cli.Mounting;
using Hartfs.Cli.Output;
using Hartfs.Fuse.Mounting;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs unmount</c>: writes everything out, ends the mount and its process.</summary>
internal static class UnmountCommand
{
    public static Command Build()
    {
        var path = new Argument<string>("MOUNTPOINT") { Description = "The mount point, or the volume mounted there." };
        var lazy = new Option<bool>("--lazy", "-l")
        {
            Description = "Detach at once, even if files are in use; the process ends when they are closed.",
        };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("unmount",
                "Write everything out and unmount; returns when the process has ended and the volume is free.")
            .WithExample("hartfs unmount ~/h", "also clears a mount point whose process has died")
            .WithExample("hartfs unmount --lazy ~/h", "although a program still works there");
        command.Add(path);
        command.Add(lazy);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            string given = HostPath.Real(context.Value(path));

            // The caller's working directory must not keep the mount busy through this process.
            Directory.SetCurrentDirectory("/");
            FuseMountInfo mount = Mounts.At(given) ?? Mounts.Of(given)
                ?? throw new CommandFailure(ExitCode.NotMounted,
                    $"nothing of Hartfs is mounted on {given}. Next: grep fuse.hartfs /proc/mounts lists what is.");
            bool wasStale = Unmount(mount, context.Value(lazy), out IReadOnlyList<string> remaining);
            if (remaining.Count > 0 && !context.Value(json))
                context.Output.WriteLine($"The volume stays open: it is mounted on {string.Join(", ", remaining)}.");
            if (wasStale && !context.Value(json))
                context.Output.WriteLine($"The process behind {mount.MountPoint} had died; the mount point is clear.");
            if (context.Value(json))
            {
                context.Output.WriteLine(JsonText.Indented(
                    new UnmountedReport(mount.MountPoint, mount.Source, wasStale), JsonText.Pretty.UnmountedReport));
            }

            return ExitCode.Success;
        }));
        return command;
    }

    /// <summary>Returns whether the mount was a stale one.</summary>
    private static bool Unmount(FuseMountInfo mount, bool isLazy, out IReadOnlyList<string> remaining)
    {
        remaining = [];
        using ControlClient? client = ControlClient.TryConnect(VolumeName.Parse(mount.Source).Volume);
        MountStatus? status = client?.Ask(new ControlRequest(ControlProtocol.Version, ControlVerbs.Status)).Status;
        bool isKnown = status is not null && (status.MountPoint == mount.MountPoint
            || status.OtherMountPoints.Contains(mount.MountPoint));
        if (client is null || status is null || !isKnown)
        {
            bool isStale = FuseMounts.IsStale(mount.MountPoint);
            FuseMounts.Unmount(mount.MountPoint, isLazy);
            return isStale;
        }

        var request = new ControlRequest(ControlProtocol.Version, ControlVerbs.Unmount) 
        {
            Lazy = isLazy,
            Mount = new MountRequest(mount.MountPoint, null, null),
        };

        // The process may be gone before its answer is sent: then it is the mount table that tells.
        ControlResponse? response = client.TryAsk(request, mayTakeLong: true);
        remaining = response?.Remaining ?? [];
        if (response is null && Mounts.At(mount.MountPoint) == mount)
        {
            if (!FuseMounts.IsStale(mount.MountPoint))
                throw new CommandFailure(ExitCode.NoAnswer, $"the mount on {mount.MountPoint} did not end.");
            FuseMounts.Unmount(mount.MountPoint, lazy: true);
        }

        if (!isLazy && remaining.Count == 0)
            ServingProcess.WaitForEnd(status.ProcessId);
        return false;
    }
}
