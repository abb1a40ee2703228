using System.CommandLine;
using Hartfs.Cli.Mounting;
using Hartfs.Cli.Output;
using Hartfs.Cli.Snapshots;
using Hartfs.Core;
using Hartfs.Fuse.Mounting;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs snapshot</c>: views of the whole volume at a moment.</summary>
internal static class SnapshotCommand
{
    public static Command Build()
    {
        HartfsCommand command = new HartfsCommand("snapshot",
                "Make, list, compare, restore and delete snapshots: the whole volume as it was at a moment.")
            .WithExample("hartfs snapshot create ~/h before", "in milliseconds, whatever the size")
            .WithExample("ls ~/h/.snapshots/before/", "look into it")
            .WithExample("hartfs snapshot restore ~/h before projects/thesis", "bring something back");
        command.Add(BuildCreate());
        command.Add(BuildList());
        command.Add(SnapshotTreeCommands.BuildDiff());
        command.Add(SnapshotTreeCommands.BuildRestore());
        command.Add(BuildRollback());
        command.Add(BuildDelete());
        command.Add(BuildNames("hold", "Hold snapshots: neither the policy nor a mistake deletes them.",
            SnapshotActions.Hold, ("hartfs snapshot hold ~/h release-1.0", "until it is released")));
        command.Add(BuildNames("release", "Release held snapshots.", SnapshotActions.Release,
            ("hartfs snapshot release ~/h release-1.0", "it can be deleted again")));
        command.Add(SnapshotPolicyCommand.Build());
        return command;
    }

    /// <summary>The names of snapshots on the command line.</summary>
    public static Argument<string> NameArgument() => new("NAME") { Description = "The snapshot's name." };

    private static HartfsCommand BuildCreate()
    {
        Argument<string> path = GlobalOptions.VolumeOrMount();
        var name = new Argument<string?>("NAME")
        {
            Description = "Its name (default: the time, UTC).",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("create",
                "Make a snapshot of everything written so far; prints its name.")
            .WithExample("hartfs snapshot create ~/h before", "programs go on meanwhile")
            .WithExample("hartfs snapshot create ~/h", "named after the time");
        command.Add(path);
        command.Add(name);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            string? given = context.Value(name);
            var request = new SnapshotRequest(SnapshotActions.Create) { Names = given is null ? [] : [given] };
            SnapshotAnswer answer = SnapshotAsk.Run(context, context.Value(path), request);
            if (context.Value(json))
                context.Output.WriteLine(JsonText.Indented(answer, JsonText.Pretty.SnapshotAnswer));
            else
                context.Output.WriteLine(answer.Snapshots![0].Name);
            return ExitCode.Success;
        }));
        return command;
    }

    private static HartfsCommand BuildList()
    {
        Argument<string> path = GlobalOptions.VolumeOrMount();
        Option<bool> json = GlobalOptions.Json();
        var quick = new Option<bool>("--quick")
        {
            Description = "Leave out what each one costs, which takes a look at every reference of the volume.",
        };
        HartfsCommand command = new HartfsCommand("list",
                "List the snapshots, oldest first: size, bytes that only it holds, bytes on disk freed if deleted.")
            .WithExample("hartfs snapshot list ~/h", "mounted or not");
        command.Add(path);
        command.Add(quick);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            var all = new List<SnapshotReport>();
            var request = new SnapshotRequest(SnapshotActions.List) { Figures = !context.Value(quick) };
            SnapshotAsk.Run(context, context.Value(path), request, isReadOnly: true,
                part: answer => all.AddRange(answer.Snapshots ?? []));
            if (context.Value(json))
            {
                context.Output.WriteLine(JsonText.Indented(
                    new SnapshotAnswer { Snapshots = all }, JsonText.Pretty.SnapshotAnswer));
            }
            else
            {
                SnapshotText.WriteList(context.Output, all);
            }

            return ExitCode.Success;
        }));
        return command;
    }

    private static HartfsCommand BuildRollback()
    {
        Argument<string> path = GlobalOptions.VolumeOrMount();
        Argument<string> name = NameArgument();
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("rollback",
                "Make the whole drive what a snapshot holds; what it was before is kept as a snapshot.")
            .WithExample("hartfs snapshot rollback ~/h before", "prints the snapshot that undoes it");
        command.Add(path);
        command.Add(name);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            var request = new SnapshotRequest(SnapshotActions.Rollback) { Names = [context.Value(name)] };
            string given = context.Value(path);
            SnapshotAnswer answer = SnapshotAsk.Run(context, given, request);
            if (context.Value(json))
            {
                context.Output.WriteLine(JsonText.Indented(answer, JsonText.Pretty.SnapshotAnswer));
                return ExitCode.Success;
            }

            context.Output.WriteLine($"The drive is as it was at '{context.Value(name)}'. What it was before is "
                + $"snapshot '{answer.Snapshots![0].Name}'.");
            TellHolders(context, given);
            return ExitCode.Success;
        }));
        return command;
    }

    private static void TellHolders(CommandContext context, string path)
    {
        string real = HostPath.Real(path);
        if ((Mounts.Containing(real) ?? Mounts.Of(real)) is not { } mount)
            return;
        string[] holders = [.. FuseMounts.Holders(mount.MountPoint)
            .Where(holder => !holder.EndsWith($"({Environment.ProcessId})", StringComparison.Ordinal))];
        if (holders.Length > 0)
        {
            context.Error.WriteLine("hartfs: files are open in " + string.Join(", ", holders)
                + ". They stay open as they are; those that were changed since the snapshot have no name any more.");
        }
    }

    private static HartfsCommand BuildDelete()
    {
        Argument<string> path = GlobalOptions.VolumeOrMount();
        Argument<string[]> names = NamesArgument();
        var noWait = new Option<bool>("--no-wait")
        {
            Description = "Return at once; a mounted volume brings back the space by itself, soon.",
        };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("delete",
                "Delete snapshots, all of them or none, and bring back the space of what only they held. Ctrl-C ends "
                + "the waiting for the space; what is deleted stays deleted.")
            .WithExample("hartfs snapshot delete ~/h before", "shows how the space comes back")
            .WithExample("hartfs snapshot delete --no-wait ~/h monday friday", "at once");
        command.Add(path);
        command.Add(names);
        command.Add(noWait);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            string given = context.Value(path);
            bool waits = !context.Value(noWait);
            var request = new SnapshotRequest(SnapshotActions.Delete)
            {
                Names = context.Value(names),
                Collect = waits ? true : null,
            };
            SnapshotAnswer answer = SnapshotAsk.Run(context, given, request, isQuick: !waits);
            if (context.Value(json))
                context.Output.WriteLine(JsonText.Indented(answer, JsonText.Pretty.SnapshotAnswer));
            else
                answer.Gc?.WriteTotals(context.Output);
            return answer.Gc?.Error switch
            {
                null => ExitCode.Success,
                FsError.Interrupted => throw new CommandFailure(ExitCode.Interrupted, "deleted; stopped waiting for "
                    + $"the space. Next: hartfs gc {ShellWord.Quote(given)} brings it back now."),
                _ => GcCommand.Conclude(answer.Gc, given),
            };
        }));
        return command;
    }

    private static Argument<string[]> NamesArgument() => new("NAME")
    {
        Description = "Names of snapshots.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static HartfsCommand BuildNames(
        string verb, string description, string action, (string Line, string Meaning) example)
    {
        Argument<string> path = GlobalOptions.VolumeOrMount();
        Argument<string[]> names = NamesArgument();
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand(verb, description).WithExample(example.Line, example.Meaning);
        command.Add(path);
        command.Add(names);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            var request = new SnapshotRequest(action) { Names = context.Value(names) };
            SnapshotAnswer answer = SnapshotAsk.Run(context, context.Value(path), request);
            if (context.Value(json))
                context.Output.WriteLine(JsonText.Indented(answer, JsonText.Pretty.SnapshotAnswer));
            return ExitCode.Success;
        }));
        return command;
    }
}
