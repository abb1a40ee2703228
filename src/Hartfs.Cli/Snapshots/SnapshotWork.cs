using System.Text;
using Hartfs.Cli.Output;
using Hartfs.Core;
using Hartfs.Core.Collection;
using Hartfs.Core.Snapshots;
using Hartfs.Format;

namespace Hartfs.Cli.Snapshots;

/// <summary>Does what is asked about snapshots, in the process that has the volume open.</summary>
/// <param name="volume">The volume.</param>
/// <param name="writeOut">Has the kernel hand over what programs have written.</param>
/// <param name="send">Sends a part of a long answer.</param>
internal sealed class SnapshotWork(
    Volume volume, Action writeOut, Action<SnapshotAnswer> send, IProgress<MaintenanceProgress> progress,
    CancellationToken cancel)
{
    /// <summary>Characters of text in one part: well below what a line may have.</summary>
    private const int PartCharacters = 100_000;

    /// <summary>Figures of changed trees are good for this time: they cost a look at every reference.</summary>
    private static readonly TimeSpan FiguresAgeMax = TimeSpan.FromMinutes(1);

    private readonly SnapshotSet _snapshots = volume.Snapshots;

    /// <summary>Does it. Throws <see cref="SnapshotException"/> or <see cref="CommandFailure"/>.</summary>
    public SnapshotAnswer Do(SnapshotRequest request) => request.Action switch
    {
        SnapshotActions.Create => Create(request),
        SnapshotActions.List => List(request),
        SnapshotActions.Delete => Delete(request),
        SnapshotActions.Hold => SetHeld(request, isHeld: true),
        SnapshotActions.Release => SetHeld(request, isHeld: false),
        SnapshotActions.Rollback => Rollback(request),
        SnapshotActions.Restore => Restore(request),
        SnapshotActions.Clone => Clone(request),
        SnapshotActions.Diff => Diff(request),
        SnapshotActions.History => History(request),
        SnapshotActions.Policy => Policy(request),
        SnapshotActions.RunPolicy => RunPolicy(request),
        _ => throw new CommandFailure(ExitCode.Usage, $"unknown action '{request.Action}' on snapshots."),
    };

    private SnapshotAnswer Create(SnapshotRequest request)
    {
        writeOut();
        SnapshotRecord made = request.Names.Count > 0
            ? _snapshots.Create(Bytes(request.Names[0]))
            : _snapshots.CreateNow();
        return new SnapshotAnswer
        {
            Snapshots = [SnapshotReport.From(made)],
            PauseMs = Math.Round(_snapshots.LastPause.TotalMilliseconds, 3),
        };
    }

    private SnapshotAnswer List(SnapshotRequest request)
    {
        Dictionary<long, SnapshotFigure> figures = [];
        if (request.Figures == true)
            figures = volume.Collection.GetSnapshotFigures(FiguresAgeMax, cancel).Snapshots
                .ToDictionary(figure => figure.Id);
        return SendAll(_snapshots.List().Select(Report), report => report.Name.Length,
            part => new SnapshotAnswer { Snapshots = part });

        SnapshotReport Report(SnapshotRecord snapshot) =>
            figures.TryGetValue(snapshot.Id.Value, out SnapshotFigure figure)
                ? SnapshotReport.From(snapshot) with
                {
                    UniqueBytes = figure.UniqueBytes,
                    FreedBytes = figure.FreedBytes,
                }
                : SnapshotReport.From(snapshot);
    }

    private SnapshotAnswer Delete(SnapshotRequest request)
    {
        SnapshotAnswer answer = new()
        {
            Deleted = [.. _snapshots.Delete([.. request.Names.Select(Bytes)]).Select(SnapshotReport.From)],
        };
        if (request.Collect != true)
        {
            volume.Collection.RequestCollection();
            return answer;
        }

        GcReport report = GcReport.From(volume.Directory,
            volume.Collection.Run(new CollectionOptions(), progress, cancel));
        // Nobody waits any more, and the space comes back all the same.
        if (report.Error == FsError.Interrupted)
            volume.Collection.RequestCollection();
        return answer with { Gc = report };
    }

    private SnapshotAnswer SetHeld(SnapshotRequest request, bool isHeld)
    {
        _snapshots.SetHeld([.. request.Names.Select(Bytes)], isHeld);
        return new SnapshotAnswer
        {
            Snapshots = [.. request.Names.Select(name => SnapshotReport.From(_snapshots.Get(Bytes(name))))],
        };
    }

    private SnapshotAnswer Rollback(SnapshotRequest request)
    {
        writeOut();
        SnapshotRecord before = _snapshots.RollBack(Bytes(request.Names[0]));
        return new SnapshotAnswer
        {
            Snapshots = [SnapshotReport.From(before)],
            PauseMs = Math.Round(_snapshots.LastPause.TotalMilliseconds, 3),
        };
    }

    private SnapshotAnswer Restore(SnapshotRequest request)
    {
        writeOut();
        string path = request.Path ?? "";
        string target = request.Target ?? path;
        CloneProgress restored = _snapshots.Restore(Bytes(request.Names[0]), Bytes(path), Bytes(target),
            request.Replace == true, Report, cancel);
        return new SnapshotAnswer { Tree = CloneReport.From(target, restored) };
    }

    private SnapshotAnswer Clone(SnapshotRequest request)
    {
        writeOut();
        string target = request.Target ?? "";
        CloneProgress cloned = _snapshots.Clone(Bytes(request.Path ?? ""), Bytes(target), Report, cancel);
        return new SnapshotAnswer { Tree = CloneReport.From(target, cloned) };
    }

    private SnapshotAnswer Diff(SnapshotRequest request)
    {
        if (request.Names.Contains(SnapshotName.Now))
            writeOut();
        long steps = 0;
        IReadOnlyList<DiffEntry> changes = _snapshots.Diff(Bytes(request.Names[0]), Bytes(request.Names[1]),
            () => Report("comparing", ++steps, 0), cancel);
        return SendAll(changes.Select(ChangeReport.From), change => change.Path.Length + (change.NewPath?.Length ?? 0),
            part => new SnapshotAnswer { Changes = part });
    }

    private SnapshotAnswer History(SnapshotRequest request)
    {
        if (!volume.IsReadOnly)
            writeOut();
        IReadOnlyList<FileVersion> versions = _snapshots.ListVersions(Bytes(request.Path ?? ""), cancel);
        return SendAll(versions.Select(FileVersionReport.From), _ => 100,
            part => new SnapshotAnswer { Versions = part });
    }

    private SnapshotAnswer Policy(SnapshotRequest request)
    {
        if (request.Policy is { } policy)
            _snapshots.SetPolicy(policy.ToPolicy());
        return Show(_snapshots.PlanPolicy(), null);
    }

    private SnapshotAnswer RunPolicy(SnapshotRequest request)
    {
        if (request.DryRun == true)
            return Show(_snapshots.PlanPolicy(), null);
        writeOut();
        (PolicyPlan plan, SnapshotRecord? made) = _snapshots.RunPolicy();
        return Show(plan, made);
    }

    private SnapshotAnswer Show(PolicyPlan plan, SnapshotRecord? made) => new()
    {
        Policy = PolicyReport.From(_snapshots.Policy),
        IsDue = plan.IsDue && made is null,
        Deleted = [.. plan.Deleted.Select(SnapshotReport.From)],
        Snapshots =
        [
            .. plan.Kept.Select(each => SnapshotReport.From(each.Snapshot) with { Rule = each.Rule }),
            .. made is null ? [] : new[] { SnapshotReport.From(made) with { Rule = "made now" } },
        ],
    };

    // A line of the control socket has a limit; the list may have none.
    private SnapshotAnswer SendAll<T>(IEnumerable<T> items, Func<T, int> length, Func<List<T>, SnapshotAnswer> answer)
    {
        var part = new List<T>();
        int characters = 0;
        foreach (T item in items)
        {
            part.Add(item);
            characters += length(item) + 200;
            if (characters < PartCharacters)
                continue;
            send(answer(part));
            part = [];
            characters = 0;
        }

        return answer(part);
    }

    private void Report(CloneProgress done) =>
        Report("sharing", done.Files + done.Directories + done.Others, 0);

    private void Report(string stage, long done, long total) =>
        progress.Report(new MaintenanceProgress(stage, done, total, IsBytes: false, FindingCount: 0));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
