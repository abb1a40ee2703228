using System.CommandLine;
using Hartfs.Cli.Copying;
using Hartfs.Cli.Output;
using Hartfs.Core;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs export</c>: copies out of a volume without mounting it.</summary>
internal static class ExportCommand
{
    public static Command Build()
    {
        var source = new Argument<string>("VOLUME:/PATH")
        {
            Description = "The file or directory to copy; with a slash behind it, what is in the directory.",
        };
        var target = new Argument<string>("TARGET")
        {
            Description = "What the source becomes; with a slash behind it, the directory it goes into.",
        };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("export",
                "Copy out of a volume that is not mounted, as cp -a does; goes on after a stop.")
            .WithExample("hartfs export ~/library:/projects ~/restored", "becomes ~/restored")
            .WithExample("hartfs export ~/library:/ ~/everything", "the whole volume");
        command.Add(source);
        command.Add(target);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
            Run(context, VolumePath.Parse(context.Value(source)), context.Value(target), context.Value(json))));
        return command;
    }

    private static ExitCode Run(CommandContext context, VolumePath source, string target, bool json)
    {
        using Volume volume = CopyCommands.OpenUnmounted(context, source.Volume, "export", isReadOnly: true);
        using TreePlace from = TreePlace.VolumeSource(volume.FileSystem, source);
        using TreePlace to = TreePlace.HostTarget(target, from);
        using var job = new CopyJob(source.ToString(), target);
        if (CopyDisplay.IsOnTerminal)
            job.CountAhead(() => TreePlace.VolumeSource(volume.FileSystem, source));
        string commandLine = $"hartfs export {ShellWord.Quote(source.ToString())} {ShellWord.Quote(target)}";
        return CopyCommands.Run(
            context, job, () => job.Run(from, to, excluded: null), () => FsError.None, json, commandLine);
    }
}
