using Hartfs.Core;
using Hartfs.Testing.Stores;

namespace Hartfs.Testing.Modelling;

/// <summary>
/// Carries operations out on a volume over a faulty disk until the fault strikes, then opens what the disk kept and
/// looks for its state among those that the model went through.
/// </summary>
public sealed class FaultRun : IDisposable
{
    private readonly TempVolume _temp;
    private readonly DurableHistory _history;
    private readonly TreeRunner _product;

    private FaultRun(VolumeSettings settings, VolumeParameters parameters, int seed, Action<FaultyBlockStore> plan)
    {
        _temp = new TempVolume(settings, parameters, seed);
        _temp.Log.Expect("");
        _history = new DurableHistory(_temp);
        _product = new TreeRunner(_temp.Tree);
        plan(_temp.Faults!);
    }

    /// <summary>Runs until the power is cut.</summary>
    /// <param name="operations">What to do.</param>
    /// <param name="settings">The volume's settings.</param>
    /// <param name="parameters">The volume's parameters.</param>
    /// <param name="seed">Chooses what survives of what was not flushed.</param>
    /// <param name="plan">Sets when the power is cut, counted from the open volume on.</param>
    /// <returns>False when the operations came to their end first. A wrong state is an exception.</returns>
    public static bool CutPower(IReadOnlyList<Operation> operations, VolumeSettings settings,
        VolumeParameters parameters, int seed, Action<FaultyBlockStore> plan)
    {
        using FaultRun run = new(settings, parameters, seed, plan);
        foreach (Operation operation in operations)
        {
            run.Step(operation);
            if (!run._temp.Faults!.IsPowerCut) continue;
            run._temp.RestorePower();
            run.CheckState();
            return true;
        }

        return false;
    }

    /// <summary>
    /// Runs with a disk that becomes full: operations that are refused change nothing, all others hold, names can be
    /// removed, and when there is room again everything is stored.
    /// </summary>
    /// <returns>How many operations were refused.</returns>
    public static int FillDisk(IReadOnlyList<Operation> operations, VolumeSettings settings,
        VolumeParameters parameters, int seed, int fullFromAppend)
    {
        using FaultRun run = new(settings, parameters, seed, faults => faults.FullFromAppend = fullFromAppend);
        int refused = 0;
        TreeRunner model = run._history.Runner;
        foreach (Operation operation in operations)
        {
            run._history.Advance();
            if (operation.Kind == OperationKind.Commit)
            {
                run._temp.Volume.Commit();
                continue;
            }

            Outcome actual = run._product.Apply(operation);
            if (actual.Error == FsError.OutOfSpace)
            {
                refused++;
                if (operation.Kind is OperationKind.Unlink or OperationKind.RemoveDirectory)
                    throw new ModelMismatchException($"{operation} was refused");
                continue;
            }

            // A seek may answer more roughly than the model; the model test compares those.
            string? difference = Outcome.Difference(model.Apply(operation), actual);
            if (difference != null && operation.Kind != OperationKind.Seek)
                throw new ModelMismatchException($"{operation}: {difference}");
        }

        run._temp.Faults!.FullFromAppend = 0;
        // A block that failed at this moment may be counted by the first commit.
        FsError error = run._temp.Volume.Commit();
        if (error != FsError.None) error = run._temp.Volume.Commit();
        if (error != FsError.None) throw new ModelMismatchException($"with room again the commit says {error}");
        run._history.MarkDurable(run._history.Model, model);
        run._temp.Reopen();
        run.CheckState();
        return refused;
    }

    public void Dispose() => _temp.Dispose();

    private void Step(Operation operation)
    {
        _history.Advance();
        FsError error = operation.Kind == OperationKind.Commit
            ? _temp.Volume.Commit()
            : _product.Apply(operation).Error;
        if (operation.Kind != OperationKind.Commit)
        {
            _history.Runner.Apply(operation);
            _history.Note(operation);
        }

        // Whether a commit that met the power cut succeeded does not matter then: it may be there, or not.
        bool isBarrier = operation.Kind is OperationKind.Commit or OperationKind.Synchronize;
        if (isBarrier && error == FsError.None && !_temp.Faults!.IsPowerCut)
            _history.MarkDurable(_history.Model, _history.Runner);
    }

    /// <summary>The state is one that was, the volume can be used, and it keeps what it is given.</summary>
    private void CheckState()
    {
        ReferenceFileSystem model = _history.FindState(_temp.Tree);
        TreeRunner runner = new(model);
        TreeRunner product = new(_temp.Tree);
        OperationGenerator generator = new(1, OperationMix.Balanced);
        for (int i = 0; i < 60; i++)
        {
            _history.Advance();
            Operation operation = generator.Next();
            Outcome expected = runner.Apply(operation);
            Outcome actual = product.Apply(operation);
            string? difference = operation.Kind == OperationKind.Seek ? null : Outcome.Difference(expected, actual);
            if (difference != null) throw new ModelMismatchException($"afterwards {operation}: {difference}");
        }

        _temp.Reopen();
        List<string> wanted = TreeDump.Take(model.CloneNamed(), withData: true);
        List<string> found = TreeDump.Take(_temp.Tree, withData: true);
        if (!wanted.SequenceEqual(found))
            throw new ModelMismatchException("afterwards the trees differ:\n" + TreeDump.Difference(wanted, found));
    }
}
