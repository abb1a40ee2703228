using System.CommandLine;
using Hartfs.Cli.Copying;
using Hartfs.Cli.Output;
using Hartfs.Core;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs import</c>: copies into a volume without mounting it.</summary>
internal static class ImportCommand
{
    public static Command Build()
    {
        var source = new Argument<string>("SOURCE")
        {
            Description = "The file or directory to copy; with a slash behind it, what is in the directory.",
        };
        var target = new Argument<string>("VOLUME:/PATH")
        {
            Description = "What the source becomes; with a slash behind it, the directory it goes into.",
        };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("import",
                "Copy into a volume that is not mounted, as cp -a does; goes on after a stop.")
            .WithExample("hartfs import ~/projects ~/library:/projects", "becomes /projects of the volume")
            .WithExample("hartfs import ~/projects ~/library:/", "the same");
        command.Add(source);
        command.Add(target);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
            Run(context, context.Value(source), VolumePath.Parse(context.Value(target)), context.Value(json))));
        return command;
    }

    private static ExitCode Run(CommandContext context, string source, VolumePath target, bool json)
    {
        using TreePlace from = TreePlace.HostSource(source);
        using Volume volume = CopyCommands.OpenUnmounted(context, target.Volume, "import", isReadOnly: false);
        using TreePlace to = TreePlace.VolumeTarget(volume.FileSystem, target, from);
        using HostDirectory volumeDirectory = HostDirectory.Open(volume.Directory);
        ItemIdentity? excluded = volumeDirectory.Find("."u8)?.Identity;
        using var job = new CopyJob(source, target.ToString());
        if (CopyDisplay.IsOnTerminal)
            job.CountAhead(() => TreePlace.HostSource(source));
        string commandLine = $"hartfs import {ShellWord.Quote(source)} {ShellWord.Quote(target.ToString())}";
        return CopyCommands.Run(context, job, () => job.Run(from, to, excluded), volume.Commit, json, commandLine);
    }
}
