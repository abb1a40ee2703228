using System.Globalization;
using System.Text;
using Hartfs.Core;
using Hartfs.Core.Collection;
using Hartfs.Core.Snapshots;
using Hartfs.Format;
using Hartfs.Testing.Modelling;

namespace Hartfs.CrashTests.Runs;

/// <summary>What a volume should hold: the live tree and every snapshot.</summary>
internal sealed class CrashModel
{
    private readonly Func<long> _now;
    private readonly TreeRunner _runner;
    private readonly SortedDictionary<string, Snapshot> _snapshots;

    public CrashModel(ReferenceFileSystem tree, Func<long> now)
        : this(tree, now, new SortedDictionary<string, Snapshot>(StringComparer.Ordinal))
    {
    }

    private CrashModel(ReferenceFileSystem tree, Func<long> now, SortedDictionary<string, Snapshot> snapshots)
    {
        (Tree, _now, _snapshots) = (tree, now, snapshots);
        _runner = new TreeRunner(tree);
    }

    private ReferenceFileSystem Tree { get; }

    public CrashModel Clone() => new(Tree.Clone(), _now, new(_snapshots, StringComparer.Ordinal));

    /// <summary>As a crash leaves it: what was open and has no name is gone.</summary>
    public CrashModel CloneNamed() => new(Tree.CloneNamed(), _now, new(_snapshots, StringComparer.Ordinal));

    public Outcome Apply(Operation operation)
    {
        string name = operation.Path;
        switch (operation.Kind)
        {
            case OperationKind.TakeSnapshot:
                return new Outcome(
                    _snapshots.TryAdd(name, new Snapshot(Tree, _now())) ? FsError.None : FsError.AlreadyExists);
            case OperationKind.DeleteSnapshot:
                return new Outcome(_snapshots.Remove(name) ? FsError.None : FsError.NotFound);
            case OperationKind.RollBack:
                if (!_snapshots.TryGetValue(name, out Snapshot? target)) return new Outcome(FsError.NotFound);
                _snapshots.Add(FreeName("before-rollback-"), new Snapshot(Tree, _now()));
                Tree.RollBackTo(target.Tree);
                return new Outcome(FsError.None);
            case OperationKind.CloneTree:
                return new Outcome(Tree.CloneTree(Tree, operation.Path, operation.Path2, replaces: false));
            case OperationKind.Commit or OperationKind.Collect:
                return new Outcome(FsError.None);
            case var kind when CrashUpkeep.Handles(kind):
                return new Outcome(FsError.None);
            default:
                return _runner.Apply(operation);
        }
    }

    /// <summary>Says how a volume's answer differs from this model's; null when it is allowed.</summary>
    public string? Difference(Operation operation, Outcome expected, Outcome actual) =>
        operation.Kind == OperationKind.Seek
            ? SeekAnswer.Difference(operation, _runner, expected, actual)
            : Outcome.Difference(expected, actual);

    /// <summary>The same on a volume.</summary>
    public static Outcome Apply(Volume volume, TreeRunner runner, Operation operation)
    {
        byte[] name = Encoding.Latin1.GetBytes(operation.Path);
        try
        {
            switch (operation.Kind)
            {
                case OperationKind.Commit:
                    return new Outcome(volume.Commit());
                case OperationKind.TakeSnapshot:
                    volume.Snapshots.Create(name);
                    return new Outcome(FsError.None);
                case OperationKind.DeleteSnapshot:
                    volume.Snapshots.Delete(name);
                    return new Outcome(FsError.None);
                case OperationKind.RollBack:
                    volume.Snapshots.RollBack(name);
                    return new Outcome(FsError.None);
                case OperationKind.RunPolicy:
                    if (volume.Snapshots.Policy != CrashUpkeep.Policy) volume.Snapshots.SetPolicy(CrashUpkeep.Policy);
                    volume.Snapshots.RunPolicy();
                    return new Outcome(FsError.None);
                case OperationKind.CloneTree:
                    volume.Snapshots.Clone(name, Encoding.Latin1.GetBytes(operation.Path2));
                    return new Outcome(FsError.None);
                case OperationKind.Collect:
                    return new Outcome(volume.Collection.Run(new CollectionOptions { DeadShareMin = 0.01 }).Error);
                default:
                    return runner.Apply(operation);
            }
        }
        catch (SnapshotException failure)
        {
            return new Outcome(failure.Failure switch
            {
                SnapshotFailure.NameTaken or SnapshotFailure.PathExists => FsError.AlreadyExists,
                SnapshotFailure.NotFound or SnapshotFailure.PathNotFound => FsError.NotFound,
                SnapshotFailure.OutOfSpace => FsError.OutOfSpace,
                SnapshotFailure.IoFailure => FsError.IoFailure,
                _ => throw new CrashViolation($"{operation}: {failure.Message}", failure),
            });
        }
    }

    public List<string> Dump()
    {
        List<string> lines = TreeDump.Take(Tree, withData: true);
        foreach ((string name, Snapshot snapshot) in _snapshots)
            lines.AddRange(snapshot.Lines.Select(line => $"{name}: {line}"));
        return lines;
    }

    /// <summary>The same of a volume.</summary>
    public static List<string> Dump(Volume volume)
    {
        List<string> lines = TreeDump.Take(new ProductTree(volume.FileSystem), withData: true);
        foreach (string name in volume.Snapshots.List().Select(each => Encoding.Latin1.GetString(each.Name))
            .Order(StringComparer.Ordinal))
        {
            using SnapshotUse use = volume.Snapshots.Use(Encoding.Latin1.GetBytes(name));
            List<string> snapshot = TreeDump.Take(new ProductTree(use.FileSystem), withData: true);
            lines.AddRange(snapshot.Select(line => $"{name}: {line}"));
        }

        return lines;
    }

    /// <summary>What running the policy consists of at this moment, one durable step after the other.</summary>
    public IReadOnlyList<Operation> PolicySteps()
    {
        long number = 0;
        List<SnapshotRecord> records = [.. _snapshots.Where(entry => entry.Key.StartsWith(SnapshotPolicy.Prefix,
            StringComparison.Ordinal)).OrderBy(entry => entry.Value.Created).Select(entry => new SnapshotRecord
            {
                Id = new SnapshotId(++number),
                Name = Encoding.Latin1.GetBytes(entry.Key),
                Epoch = number,
                Created = entry.Value.Created,
                Kind = SnapshotKind.Scheduled,
            })];
        PolicyPlan plan = CrashUpkeep.Policy.Plan(records, DateTimeOffset.UnixEpoch.AddTicks(_now() / 100));
        List<Operation> steps = [];
        if (plan.IsDue)
            steps.Add(new Operation(OperationKind.TakeSnapshot) { Path = FreeName(SnapshotPolicy.Prefix) });
        steps.AddRange(plan.Deleted.Select(record =>
            new Operation(OperationKind.DeleteSnapshot) { Path = Encoding.Latin1.GetString(record.Name) }));
        return steps;
    }

    /// <summary>What the product calls a snapshot that it makes by itself.</summary>
    private string FreeName(string prefix)
    {
        DateTimeOffset moment = DateTimeOffset.UnixEpoch.AddTicks(_now() / 100);
        string name = SnapshotName.Of(moment, prefix);
        string free = name;
        for (int number = 2; _snapshots.ContainsKey(free); number++)
            free = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
        return free;
    }

    private sealed class Snapshot(ReferenceFileSystem tree, long created)
    {
        private List<string>? _lines;

        public long Created => created;

        public ReferenceFileSystem Tree { get; } = tree.CloneNamed();

        public List<string> Lines => _lines ??= TreeDump.Take(Tree, withData: true);
    }
}
