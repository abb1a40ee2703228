using System.CommandLine;
using System.Globalization;
using Hartfs.Cli.Output;
using Hartfs.Cli.Snapshots;
using Hartfs.Core.Snapshots;

namespace Hartfs.Cli.Commands;

/// <summary><c>hartfs snapshot policy</c>: snapshots that the mounted volume makes and deletes by itself.</summary>
internal static class SnapshotPolicyCommand
{
    private const string Run = "run";
    private const string Show = "list";

    public static Command Build()
    {
        Argument<string> path = GlobalOptions.VolumeOrMount();
        var action = new Argument<string>("ACTION")
        {
            Description = "list: show the policy and what it keeps (default); run: do now what is due.",
            DefaultValueFactory = _ => Show,
        };
        action.AcceptOnlyFromAmong(Show, Run);
        Option<int?>[] counts =
        [
            Count("--hourly", "hours"), Count("--daily", "days"), Count("--weekly", "weeks"),
            Count("--monthly", "months"),
        ];
        var off = new Option<bool>("--off") { Description = "Make and delete nothing any more." };
        var dryRun = new Option<bool>("--dry-run") { Description = "With run: say what would be done." };
        Option<bool> json = GlobalOptions.Json();
        HartfsCommand command = new HartfsCommand("policy",
                "Let the volume, while it is mounted, make snapshots by itself and keep the newest of each of the last "
                + "so many hours, days, weeks and months; a number that is not given is 0. Only snapshots made so are "
                + "deleted, and no held ones.")
            .WithExample("hartfs snapshot policy ~/h --hourly 24 --daily 30 --weekly 8 --monthly 12", "set it")
            .WithExample("hartfs snapshot policy ~/h", "see it, and what it keeps")
            .WithExample("hartfs snapshot policy ~/h run --dry-run", "what it would do now")
            .WithExample("hartfs snapshot policy ~/h --off", "end it; what was made stays");
        command.Add(path);
        command.Add(action);
        foreach (Option<int?> count in counts)
            command.Add(count);
        command.Add(off);
        command.Add(dryRun);
        command.Add(json);
        command.SetAction(CommandContext.Action(context =>
        {
            int?[] given = [.. counts.Select(count => context.Value(count))];
            bool isRun = context.Value(action) == Run;
            bool isSet = context.Value(off) || given.Any(count => count is not null);
            if (context.Value(off) && given.Any(count => count is not null))
                throw new CommandFailure(ExitCode.Usage, "--off goes alone: it sets every number to 0.");
            if (isRun && isSet)
                throw new CommandFailure(ExitCode.Usage, "set the policy first, then run it.");
            var request = new SnapshotRequest(isRun ? SnapshotActions.RunPolicy : SnapshotActions.Policy)
            {
                DryRun = context.Value(dryRun),
                Policy = !isSet ? null : context.Value(off) ? new PolicyReport(0, 0, 0, 0)
                    : new PolicyReport(given[0] ?? 0, given[1] ?? 0, given[2] ?? 0, given[3] ?? 0),
            };
            SnapshotAnswer answer = SnapshotAsk.Run(context, context.Value(path), request);
            if (context.Value(json))
                context.Output.WriteLine(JsonText.Indented(answer, JsonText.Pretty.SnapshotAnswer));
            else
                SnapshotText.WritePolicy(context.Output, answer, isPlan: !isRun || context.Value(dryRun));
            return ExitCode.Success;
        }));
        return command;
    }

    private static Option<int?> Count(string name, string periods)
    {
        var option = new Option<int?>(name)
        {
            Description = $"Keep one snapshot of each of the last N {periods} that have one.",
            HelpName = "N",
        };
        option.CustomParser = result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
                && count <= SnapshotPolicy.CountMax)
                return count;
            result.AddError(string.Create(CultureInfo.InvariantCulture,
                $"{name}: expected a number from 0 to {SnapshotPolicy.CountMax}."));
            return null;
        };
        return option;
    }
}
