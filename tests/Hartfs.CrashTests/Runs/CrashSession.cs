using Hartfs.Core;
using Hartfs.CrashTests.Disk;
using Hartfs.Format;
using Hartfs.Testing.Modelling;

namespace Hartfs.CrashTests.Runs;

/// <summary>
/// One opening of a volume, from the disk that a power cut left until the volume is closed in order, with everything
/// that the disk was asked meanwhile and every state that the tree went through.
/// </summary>
internal sealed class CrashSession
{
    private readonly List<State> _states = [];
    private readonly List<(int Position, int State)> _begun = [];
    private readonly List<(int Position, int State)> _durable = [];
    private readonly Dictionary<UInt128, List<string>> _found = [];
    private readonly CrashHost _host;
    private Action? _beginModel;
    private readonly List<int> _harmed = [];
    private readonly List<int> _copied = [];
    private CrashModel _first = null!;
    private CrashModel _model = null!;
    private bool _isHarmed;
    private bool _hasCopy;
    private int _openEnd;
    private int _closeBegin;

    private CrashSession(CrashHost host, SimulatedDisk disk) => (_host, Disk) = (host, disk);

    public SimulatedDisk Disk { get; }

    /// <summary>The first session of a new volume.</summary>
    public static CrashSession Begin(CrashHost host, SimulatedDisk disk, IReadOnlyList<Operation> operations)
    {
        CrashSession session = new(host, disk);
        session.Run(operations, null, default, default);
        return session;
    }

    /// <summary>What follows a power cut in an earlier session: recover, go on, close.</summary>
    public static CrashSession Resume(CrashSession before, PowerCut cut, UInt128 mark, SimulatedDisk disk,
        IReadOnlyList<Operation> operations, bool alsoReadsOnly)
    {
        CrashSession session = new(before._host, disk);
        (int First, int Last) allowed = before.AllowedAt(cut.Position);
        session._isHarmed = before.IsHarmedAt(cut.Position);
        session._hasCopy = before.HasCopyAt(cut.Position);
        if (alsoReadsOnly && !session._isHarmed && session._host.ReadWithoutRecovery(disk) is { } seen)
            before.Require(seen, allowed);
        session.Run(operations, before, allowed, mark);
        return session;
    }

    /// <summary>Judges a cut that left what an earlier one left; false when there was none.</summary>
    public bool TryJudge(PowerCut cut, UInt128 mark)
    {
        if (!_found.TryGetValue(mark, out List<string>? found)) return false;
        Require(found, AllowedAt(cut.Position));
        return true;
    }

    /// <summary>The states allowed after a cut: from the last commit that succeeded to the last operation.</summary>
    public (int First, int Last) AllowedAt(int position) => (Last(_durable, position), Last(_begun, position));

    /// <summary>The operation that led to a state; null for the first, which was found.</summary>
    public Operation? OperationBefore(int state) => _states[state].Operation;

    /// <summary>What the volume was doing.</summary>
    public string PhaseAt(int position) =>
        position < _openEnd ? "opening" : position < _closeBegin ? "work" : "closing";

    private static int Last(List<(int Position, int State)> marks, int position)
    {
        int state = 0;
        foreach ((int at, int next) in marks)
        {
            if (at > position) break;
            state = next;
        }

        return state;
    }

    private void Run(
        IReadOnlyList<Operation> operations, CrashSession? before, (int First, int Last) allowed, UInt128 mark)
    {
        Volume volume = _host.Open(Disk);
        try
        {
            _openEnd = Disk.Position;
            if (_isHarmed) _host.PutRight(volume);
            List<string> found = _host.Inspect(volume, Disk);
            if (volume.RecoveryReport is not null && _host.IsAlone) CrashUpkeep.RequireNoOrphans(Disk);
            int state = before?.Require(found, allowed) ?? 0;
            before?._found.TryAdd(mark, found);
            _states.Add(new State(null, 0, found));
            if (before is null) SetModel(NewModel(volume));
            else _beginModel = () => SetModel(before.Replay(state));
            if (operations.Count > 0)
            {
                NeedModel();
                RequireSame(Dump(), found, "in the model");
                Apply(volume, operations);
                RequireSame(_states[^1].Tree, _host.ReadTree(volume), "before closing");
                CrashUpkeep.RequireWhole(volume);
            }
        }
        finally
        {
            _closeBegin = Disk.Position;
            volume.Dispose();
        }

        _host.VerifyLog();
        _durable.Add((Disk.Position, _states.Count - 1));
    }

    private CrashModel NewModel(Volume volume)
    {
        if (volume.FileSystem.GetAttributes(InodeNumber.Root, out InodeRecord root) != FsError.None)
            throw new CrashViolation("a new volume has no root");
        return new CrashModel(new ReferenceFileSystem(() => _host.ModelTime, root), () => _host.ModelTime);
    }

    /// <summary>The allowed state that a tree is; throws when it is none.</summary>
    private int Require(List<string> found, (int First, int Last) allowed)
    {
        int state = _states.FindIndex(allowed.First, allowed.Last - allowed.First + 1,
            entry => entry.Tree.SequenceEqual(found));
        return state >= 0 ? state : throw new CrashViolation(Explain(found, allowed));
    }

    private string Explain(List<string> found, (int First, int Last) allowed)
    {
        int other = _states.FindIndex(state => state.Tree.SequenceEqual(found));
        string which = other >= 0
            ? $"it is state {other}"
            : "it is no state that ever was; beside the last allowed:\n" +
                TreeDump.Difference(_states[allowed.Last].Tree, found);
        return $"the volume is at none of the states {allowed.First} to {allowed.Last}: {which}";
    }

    private void Apply(Volume volume, IReadOnlyList<Operation> operations)
    {
        TreeRunner runner = new(new ProductTree(volume.FileSystem));
        foreach (Operation operation in operations)
        {
            _host.Tick(_states.Count, operation.Kind);
            int position = Disk.Position;
            Outcome expected = Foresee(operation);
            int state = _states.Count - 1;
            _begun.Add((position, state));
            if (CrashUpkeep.DoesHarm(operation.Kind))
            {
                _harmed.Add(position);
                _host.ExpectAnything();
            }

            Outcome actual = CrashUpkeep.Handles(operation.Kind)
                ? new Outcome(_host.Upkeep.Apply(volume, Disk, operation))
                : CrashModel.Apply(volume, runner, operation);
            if (_model.Difference(operation, expected, actual) is { } difference)
                throw new CrashViolation($"operation {state}, {operation}: {difference}");
            if (operation.Kind == OperationKind.CopyMetadata && _host.Upkeep.IsCopied) _copied.Add(Disk.Position);
            if (IsBarrier(operation) && actual.Error == FsError.None) _durable.Add((Disk.Position, state));
        }
    }

    /// <summary>What an operation is going to make of the tree, step by step.</summary>
    private Outcome Foresee(Operation operation)
    {
        if (operation.Kind != OperationKind.RunPolicy)
        {
            Outcome expected = _model.Apply(operation);
            _states.Add(new State(operation, _host.ModelTime, Changes(operation) ? Dump() : _states[^1].Tree));
            return expected;
        }

        foreach (Operation step in _model.PolicySteps())
        {
            _model.Apply(step);
            _states.Add(new State(step, _host.ModelTime, Dump()));
        }

        return new Outcome(FsError.None);
    }

    /// <summary>Whether a copy of the metadata was durable before a cut.</summary>
    public bool HasCopyAt(int position) => _hasCopy || _copied.Exists(at => at <= position);

    /// <summary>Whether a cut may leave bytes that the disk changed, or metadata that contradict themselves.</summary>
    private bool IsHarmedAt(int position) => _isHarmed || _harmed.Exists(at => at <= position);

    private static bool IsBarrier(Operation operation) =>
        operation.Kind is OperationKind.Commit or OperationKind.Synchronize or OperationKind.TakeSnapshot
            or OperationKind.DeleteSnapshot or OperationKind.RollBack or OperationKind.RunPolicy
            or OperationKind.RepairFrom;

    private static bool Changes(Operation operation) =>
        !CrashUpkeep.Handles(operation.Kind)
        && operation.Kind is not (OperationKind.Commit or OperationKind.Synchronize or OperationKind.Collect
            or OperationKind.Open
            or OperationKind.Read or OperationKind.List or OperationKind.Seek or OperationKind.GetAttributes
            or OperationKind.GetXattr or OperationKind.ListXattrs or OperationKind.ReadSymbolicLink
            or OperationKind.Flush or OperationKind.Close);

    // Most sessions only recover, and need none.
    private void NeedModel()
    {
        _beginModel?.Invoke();
        _beginModel = null;
    }

    private void SetModel(CrashModel model)
    {
        _first = model.Clone();
        _model = model;
    }

    /// <summary>The model at a state, unnamed inodes left out, as a crash leaves them.</summary>
    private CrashModel Replay(int state)
    {
        NeedModel();
        long now = _host.ModelTime;
        CrashModel model = _first.Clone();
        foreach (State step in _states.Take(state + 1))
        {
            _host.ModelTime = step.Time;
            if (step.Operation is { } operation) model.Apply(operation);
        }

        _host.ModelTime = now;
        return model.CloneNamed();
    }

    private List<string> Dump() => _model.Dump();

    private static void RequireSame(List<string> expected, List<string> actual, string when)
    {
        if (!expected.SequenceEqual(actual))
            throw new CrashViolation($"the trees differ {when}:\n" + TreeDump.Difference(expected, actual));
    }

    /// <summary>What an operation made of the tree.</summary>
    private sealed record State(Operation? Operation, long Time, List<string> Tree);
}
