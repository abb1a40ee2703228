using System.CommandLine;
using Hartfs.Cli.Mounting;
using Hartfs.Cli.Output;
using Microsoft.Extensions.Logging;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs mount</c>: makes a volume usable as a disk.</summary>
internal static class MountCommand
{
    private const string LogFolder = "log";
    private const string LogFileName = "hartfs-.log";

    public static Command Build()
    {
        var volume = new Argument<string>("VOLUME[@SNAPSHOT]")
        {
            Description = "The directory of the volume; with @ and a name, a snapshot of it, read-only.",
        };
        var mountPoint = new Argument<string>("MOUNTPOINT") { Description = "The empty directory to mount on." };
        var foreground = new Option<bool>("--foreground", "-f") { Description = "Stay in the foreground; log here." };
        var trace = new Option<bool>("--debug", "-d")
        {
            Description = "Print every request and reply; stays in the foreground.",
        };
        var options = new Option<string[]>("--options", "-o")
        {
            Description = "Mount options, separated by commas; may be repeated.",
            HelpName = "OPTION,…",
        };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("mount", "Mount a volume; returns when the mount answers.")
            .WithExample("hartfs mount ~/library ~/h", "in the background, until hartfs unmount ~/h")
            .WithExample("hartfs mount ~/library@before /mnt/old", "a snapshot alone, read-only, beside others")
            .WithExample("hartfs mount -f ~/library ~/h", "in the foreground, until Ctrl-C")
            .WithExample("hartfs mount -o ro,cache=1G ~/library ~/h", "read-only, with more cache")
            .WithExample("mount -t fuse.hartfs /srv/library /mnt/h -o commit=30", "through mount(8), as in fstab");
        command.Lists.Add(new HelpList("Mount options",
            [.. MountOptionList.Documented.Select(row => new HelpRow(row.Name, row.Meaning))]));
        command.Add(volume);
        command.Add(mountPoint);
        command.Add(foreground);
        command.Add(trace);
        command.Add(options);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            string[] texts = context.Value(options) ?? [];
            bool isTraced = context.Value(trace);
            VolumeName name = VolumeName.Parse(context.Value(volume)).Real();
            var plan = new MountPlan(name.Volume, HostPath.Real(context.Value(mountPoint)),
                MountOptionList.Parse(texts), [.. texts.SelectMany(text => text.Split(','))], isTraced)
            {
                Snapshot = name.Snapshot,
            };
            bool isForeground = context.Value(foreground) || isTraced;
            if (!BackgroundMount.IsThisProcess && MountBeside.TryRun(context, plan, isForeground, context.Value(json)))
                return ExitCode.Success;
            if (isForeground)
                return RunForeground(context, plan);
            return BackgroundMount.IsThisProcess
                ? RunBackground(context, plan)
                : StartBackground(context, plan, context.Value(json));
        }));
        return command;
    }

    private static ExitCode RunForeground(CommandContext context, MountPlan plan)
    {
        LogLevel level = plan.IsTraced ? LogLevel.Trace : context.IsVerbose ? LogLevel.Debug : LogLevel.Information;
        context.Loggers = LogSinks.ToConsole(level, context.LogFile);
        MountSession.Run(plan, context.Loggers, () =>
        {
            ServiceNotice.TellReady();
            return true;
        });
        return ExitCode.Success;
    }

    private static ExitCode StartBackground(CommandContext context, MountPlan plan, bool json)
    {
        (int processId, ExitCode code) = BackgroundMount.Start(context);
        if (code == ExitCode.Success && json)
        {
            var report = new MountedReport(plan.Volume, plan.MountPoint, processId, LogFileOf(context, plan))
            {
                Snapshot = plan.Snapshot,
            };
            context.Output.WriteLine(JsonText.Indented(report, JsonText.Pretty.MountedReport));
        }

        return code;
    }

    private static ExitCode RunBackground(CommandContext context, MountPlan plan)
    {
        bool isRolling = context.LogFile is null;
        string logFile = LogFileOf(context, plan);
        BackgroundMount.Detach();
        var log = new DeferredLog(context.IsVerbose ? LogLevel.Debug : LogLevel.Information,
            () => LogSinks.File(LogSinks.Configure(LogLevel.Trace), logFile, isRolling).CreateLogger());
        context.Use(log);
        MountSession.Run(plan, context.Loggers, () =>
        {
            log.Open();
            context.LogsFailures = true;
            return BackgroundMount.TellReady();
        });
        return ExitCode.Success;
    }

    private static string LogFileOf(CommandContext context, MountPlan plan) =>
        context.LogFile ?? Path.Combine(plan.Volume, LogFolder, LogFileName);
}
