using System.CommandLine;
using Hartfs.Cli.Maintenance;
using Hartfs.Cli.Mounting;
using Hartfs.Cli.Output;
using Hartfs.Cli.Snapshots;

namespace Hartfs.Cli.Commands;

/// <summary><c>snapshot diff</c>, <c>snapshot restore</c>, <c>clone</c> and <c>history</c>.</summary>
internal static class SnapshotTreeCommands
{
    public static HartfsCommand BuildDiff()
    {
        Argument<string> path = GlobalOptions.VolumeOrMount();
        var older = new Argument<string>("A") { Description = "A snapshot, or now." };
        var newer = new Argument<string>("B")
        {
            Description = "Another one (default: now).",
            DefaultValueFactory = _ => "now",
        };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("diff",
                "Show what was added (+), removed (-), changed (M) and renamed (R) between two snapshots.")
            .WithExample("hartfs snapshot diff ~/h monday friday", "in the order of time, however they are given")
            .WithExample("hartfs snapshot diff ~/h monday now", "since then");
        command.Add(path);
        command.Add(older);
        command.Add(newer);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            var request = new SnapshotRequest(SnapshotActions.Diff)
            {
                Names = [context.Value(older), context.Value(newer)],
            };
            bool isJson = context.Value(json);
            var changes = new List<ChangeReport>();
            SnapshotAsk.Run(context, context.Value(path), request, isReadOnly: true, isQuick: false,
                part: answer =>
                {
                    if (isJson)
                    {
                        changes.AddRange(answer.Changes ?? []);
                        return;
                    }

                    foreach (ChangeReport change in answer.Changes ?? [])
                        SnapshotText.WriteChange(context.Output, change);
                });
            if (isJson)
            {
                context.Output.WriteLine(JsonText.Indented(
                    new SnapshotAnswer { Changes = changes }, JsonText.Pretty.SnapshotAnswer));
            }

            return ExitCode.Success;
        }));
        return command;
    }

    public static HartfsCommand BuildRestore()
    {
        Argument<string> path = GlobalOptions.VolumeOrMount();
        Argument<string> name = SnapshotCommand.NameArgument();
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Files or directories, from the volume's root or on its mount.",
            Arity = ArgumentArity.OneOrMore,
        };
        var target = new Option<string?>("--to")
        {
            Description = "Put it there instead of where it was; with one path alone.",
            HelpName = "PATH",
        };
        var replace = new Option<bool>("--replace")
        {
            Description = "Take the place of what is there now, which is removed.",
        };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("restore",
                "Bring files or trees of a snapshot back into the live drive, each whole or not at all, "
                + "without copying data.")
            .WithExample("hartfs snapshot restore ~/h before projects/thesis", "that was deleted since")
            .WithExample("hartfs snapshot restore ~/h before notes.txt --to notes-old.txt", "beside the new one");
        command.Add(path);
        command.Add(name);
        command.Add(paths);
        command.Add(target);
        command.Add(replace);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            string[] given = context.Value(paths);
            string? to = context.Value(target);
            if (to is not null && given.Length > 1)
                throw new CommandFailure(ExitCode.Usage, "--to goes with one path. Next: restore them one by one.");
            using var run = new MaintenanceRun(context, context.Value(path));
            foreach (string each in given)
            {
                string from = SnapshotPlace.InEveryTree(
                    SnapshotPlace.InsideOf(run.Volume, each), context.Value(name));
                var request = new SnapshotRequest(SnapshotActions.Restore)
                {
                    Names = [context.Value(name)],
                    Path = from,
                    Target = to is null ? from : SnapshotPlace.InsideOf(run.Volume, to),
                    Replace = context.Value(replace),
                };
                Show(context, SnapshotAsk.Run(context, run.Volume, request, isQuick: false), context.Value(json));
            }

            return ExitCode.Success;
        }));
        return command;
    }

    public static HartfsCommand BuildClone()
    {
        var source = new Argument<string>("SOURCE") { Description = "A file or directory on a mount." };
        var target = new Argument<string>("TARGET") { Description = "What it becomes; nothing may be there." };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("clone",
                "Copy a file or a tree within a volume by sharing its data; whole or not at all.")
            .WithExample("hartfs clone ~/h/models/base ~/h/models/exp1", "attributes and hard links are kept")
            .WithExample("hartfs clone ~/h/.snapshots/before/db ~/h/db-before", "out of a snapshot")
            .WithExample("hartfs clone ~/library:/a ~/library:/b", "in a volume that is not mounted");
        command.Add(source);
        command.Add(target);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            SnapshotPlace from = SnapshotPlace.Parse(context.Value(source));
            SnapshotPlace to = SnapshotPlace.Parse(context.Value(target));
            if (from.Volume != to.Volume)
            {
                throw new CommandFailure(ExitCode.Usage, "a clone stays within one volume; these are "
                    + $"{from.Volume} and {to.Volume}. Next: copy with cp -a.");
            }

            if (Mounts.Containing(HostPath.Real(context.Value(target))) is { } mount
                && VolumeName.Parse(mount.Source).Snapshot is not null)
                throw new CommandFailure(ExitCode.NotPermitted, "a snapshot does not change. Next: clone elsewhere.");
            var request = new SnapshotRequest(SnapshotActions.Clone) { Path = from.Path, Target = to.Path };
            Show(context, SnapshotAsk.Run(context, from.Volume, request, isQuick: false), context.Value(json));
            return ExitCode.Success;
        }));
        return command;
    }

    public static HartfsCommand BuildHistory()
    {
        var path = new Argument<string>("PATH") { Description = "A file on a mount, also one that is gone." };
        var restore = new Option<string?>("--restore")
        {
            Description = "Bring back the version of this snapshot, in place of what is there.",
            HelpName = "NAME",
        };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("history",
                "Show every version that the snapshots hold of a file: when, how large, in which snapshots.")
            .WithExample("hartfs history ~/h/notes.txt", "oldest first")
            .WithExample("hartfs history ~/h/notes.txt --restore before", "the version of that snapshot");
        command.Add(path);
        command.Add(restore);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            SnapshotPlace place = SnapshotPlace.Parse(context.Value(path));
            place = place with { Path = SnapshotPlace.InEveryTree(place.Path) };
            if (context.Value(restore) is { } name)
            {
                var back = new SnapshotRequest(SnapshotActions.Restore)
                {
                    Names = [name],
                    Path = place.Path,
                    Replace = true,
                };
                Show(context, SnapshotAsk.Run(context, place.Volume, back, isQuick: false), context.Value(json));
                return ExitCode.Success;
            }

            var versions = new List<FileVersionReport>();
            SnapshotAsk.Run(context, place.Volume, new SnapshotRequest(SnapshotActions.History) { Path = place.Path },
                isReadOnly: true, part: answer => versions.AddRange(answer.Versions ?? []));
            if (context.Value(json))
            {
                context.Output.WriteLine(JsonText.Indented(
                    new SnapshotAnswer { Versions = versions }, JsonText.Pretty.SnapshotAnswer));
            }
            else if (versions.Count == 0)
            {
                throw new CommandFailure(ExitCode.PathNotFound,
                    $"neither the live drive nor a snapshot has {place.Path}.");
            }
            else
            {
                SnapshotText.WriteVersions(context.Output, versions);
            }

            return ExitCode.Success;
        }));
        return command;
    }

    private static void Show(CommandContext context, SnapshotAnswer answer, bool json)
    {
        if (json)
            context.Output.WriteLine(JsonText.Indented(answer, JsonText.Pretty.SnapshotAnswer));
        else if (answer.Tree is { } clone)
            SnapshotText.WriteClone(context.Output, clone);
    }
}
