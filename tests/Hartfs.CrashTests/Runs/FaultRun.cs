using Hartfs.Core;
using Hartfs.CrashTests.Disk;
using Hartfs.Format;
using Hartfs.Metadata;
using Hartfs.Testing.Modelling;

namespace Hartfs.CrashTests.Runs;

/// <summary>
/// Operations on a disk that fails once or from some request on. What is refused changes nothing, what is
/// acknowledged holds: when the disk works again the volume is at a moment after the last successful commit, both
/// after an ordinary end and after a power cut.
/// </summary>
internal sealed class FaultRun
{
    private readonly CrashHost _host;
    private readonly SimulatedDisk _disk;
    private readonly DiskFault _fault;
    private readonly List<List<string>> _states = [];
    private int _durable;
    private bool _isStopped;

    private FaultRun(CrashHost host, DiskFault fault)
    {
        (_host, _fault) = (host, fault);
        _disk = new SimulatedDisk(host.NewVolume) { Fault = fault };
    }

    /// <summary>Runs; returns whether the fault struck before the operations ended.</summary>
    public static bool Execute(CrashHost host, IReadOnlyList<Operation> operations, DiskFault fault)
    {
        FaultRun run = new(host, fault);
        try
        {
            run.Start(operations);
        }
#pragma warning disable CA1031 // whatever the product throws is a finding
        catch (Exception failure)
#pragma warning restore CA1031
        {
            string list = string.Join('\n', operations.Select((operation, index) => $"{index + 1,4} {operation}"));
            throw new CrashViolation($"{fault.Kind} at {fault.At}{(fault.IsLasting ? " and on" : "")}, " +
                $"after {run._states.Count} states: {failure}\n{list}", failure);
        }

        return fault.HasStruck;
    }

    private void Start(IReadOnlyList<Operation> operations)
    {
        _host.ModelTime = _host.Time.Nanoseconds;
        Volume? volume = null;
        try
        {
            volume = _host.Open(_disk);
        }
        catch (VolumeException) when (_fault.HasStruck)
        {
            // Refused with a message; what is on the disk is whole.
        }

        if (volume is not null) Work(volume, operations);
        _disk.Fault = null;
        if (_states.Count == 0) _states.Add(EmptyTree());
        // The disk works again: after the process ended, and after the power was cut as well.
        Judge(_disk.Snapshot(), "after the process ended");
        Judge(new PowerCut(_disk.Position, Loss.All, 0).Strike(_disk), "after a power cut");
    }

    private void Work(Volume volume, IReadOnlyList<Operation> operations)
    {
        try
        {
            CrashModel model = NewModel(volume);
            TreeRunner runner = new(new ProductTree(volume.FileSystem));
            _states.Add(model.Dump());
            foreach (Operation operation in operations) Apply(volume, operation, runner, model);
            if (_isStopped)
            {
                FsError refusal = volume.Commit();
                if (refusal == FsError.None || !_host.WasSaid("takes no more changes"))
                    throw new CrashViolation($"the volume has stopped without a word, and a commit says {refusal}");
                return;
            }

            _disk.Fault = null;
            // What failed last may be reported by the first commit that follows.
            FsError error = volume.Commit();
            if (error == FsError.OutOfSpace && volume.Fatal == FsError.None) error = volume.Commit();
            if (error == FsError.None) _durable = _states.Count - 1;
            else if (volume.Fatal == FsError.None)
                throw new CrashViolation($"the disk works again and the commit says {error}");
        }
        catch (MetadataException) when (_states.Count == 0)
        {
            // Not even the root could be read.
        }
        finally
        {
            volume.Dispose();
        }
    }

    private void Apply(Volume volume, Operation operation, TreeRunner runner, CrashModel model)
    {
        _host.Time.Advance(TimeSpan.FromMilliseconds(1));
        _host.ModelTime = _host.Time.Nanoseconds;
        Outcome answer = Try(volume, operation, runner);
        FsError actual = answer.Error;
        bool wasStopped = _isStopped;
        _isStopped |= volume.Fatal != FsError.None || volume.Metadata.IsFailed;
        bool isBarrier = operation.Kind is OperationKind.Commit or OperationKind.Synchronize
            or OperationKind.TakeSnapshot or OperationKind.DeleteSnapshot or OperationKind.RollBack;
        if (_fault.HasStruck && (_isStopped || actual is FsError.OutOfSpace or FsError.IoFailure))
        {
            if (_isStopped && isBarrier && actual == FsError.None)
                throw new CrashViolation($"the volume has stopped, and {operation} is acknowledged");
            if (actual == FsError.OutOfSpace && !_isStopped && operation.Kind is OperationKind.Unlink)
                throw new CrashViolation($"{operation} was refused for want of room");
            if (!_isStopped && operation.Kind is OperationKind.TakeSnapshot or OperationKind.DeleteSnapshot
                or OperationKind.RollBack or OperationKind.CloneTree)
                Settle(volume, operation, model);
            // Of what a volume was doing when it stopped nobody can tell whether it became durable.
            if (_isStopped && !wasStopped && model.Apply(operation).Error == FsError.None) _states.Add(model.Dump());
            return;
        }

        if (model.Difference(operation, model.Apply(operation), answer) is { } difference)
            throw new CrashViolation($"{operation}: {difference}");
        _states.Add(model.Dump());
        if (isBarrier && actual == FsError.None) _durable = _states.Count - 1;
    }

    // Done, but not durable yet for want of room: the message says so.
    private void Settle(Volume volume, Operation operation, CrashModel model)
    {
        List<string> found = CrashModel.Dump(volume);
        if (found.SequenceEqual(model.Dump())) return;
        model.Apply(operation);
        if (!found.SequenceEqual(model.Dump()))
            throw new CrashViolation($"{operation} is half done:\n" + TreeDump.Difference(model.Dump(), found));
        _states.Add(found);
    }

    private Outcome Try(Volume volume, Operation operation, TreeRunner runner)
    {
        try
        {
            return CrashUpkeep.Handles(operation.Kind)
                ? new Outcome(_host.Upkeep.Apply(volume, _disk, operation))
                : CrashModel.Apply(volume, runner, operation);
        }
#pragma warning disable CA1031 // what the drivers' guards turn into EIO
        catch (Exception failure) when (failure is MetadataException || volume.Metadata.IsFailed)
#pragma warning restore CA1031
        {
            return new Outcome(FsError.IoFailure);
        }
    }

    private void Judge(Dictionary<string, byte[]> files, string when)
    {
        SimulatedDisk disk = new(files);
        List<string> found;
        using (Volume volume = _host.Open(disk)) found = _host.Inspect(volume, disk);
        if (_states.FindIndex(_durable, state => state.SequenceEqual(found)) < 0)
        {
            int other = _states.FindIndex(state => state.SequenceEqual(found));
            throw new CrashViolation($"{when} the volume is at none of the states {_durable} to {_states.Count - 1}: " +
                (other >= 0 ? $"it is state {other}" : "it is no state that ever was; beside the last:\n" +
                    TreeDump.Difference(_states[^1], found)));
        }
    }

    private CrashModel NewModel(Volume volume)
    {
        if (volume.FileSystem.GetAttributes(InodeNumber.Root, out InodeRecord root) != FsError.None)
            throw new CrashViolation("a new volume has no root");
        return new CrashModel(new ReferenceFileSystem(() => _host.ModelTime, root), () => _host.ModelTime);
    }

    private List<string> EmptyTree()
    {
        using Volume volume = _host.Open(new SimulatedDisk(_host.NewVolume));
        return NewModel(volume).Dump();
    }
}
