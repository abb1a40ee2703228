using Hartfs.Core;

namespace Hartfs.Testing.Modelling;

/// <summary>
/// Carries operations out on a volume over a disk that becomes full, beside the model, until there is room again.
/// </summary>
public sealed class FullDiskRun : IDisposable
{
    private readonly TempVolume _temp;
    private readonly DurableHistory _history;
    private readonly TreeRunner _product;

    private FullDiskRun(VolumeSettings settings, VolumeParameters parameters, int seed, int fullFromAppend)
    {
        _temp = new TempVolume(settings, parameters, seed);
        _temp.Log.Expect("");
        _history = new DurableHistory(_temp);
        _product = new TreeRunner(_temp.Tree);
        _temp.Faults!.FullFromAppend = fullFromAppend;
    }

    /// <summary>
    /// Runs with a disk that becomes full: operations that are refused change nothing, all others hold, names can be
    /// removed, and when there is room again everything is stored.
    /// </summary>
    /// <returns>How many operations were refused.</returns>
    public static int Execute(IReadOnlyList<Operation> operations, VolumeSettings settings,
        VolumeParameters parameters, int seed, int fullFromAppend)
    {
        using FullDiskRun run = new(settings, parameters, seed, fullFromAppend);
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

            if (Difference(operation, model, model.Apply(operation), actual) is { } difference)
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

    private static string? Difference(Operation operation, TreeRunner model, Outcome expected, Outcome actual) =>
        operation.Kind == OperationKind.Seek
            ? SeekAnswer.Difference(operation, model, expected, actual)
            : Outcome.Difference(expected, actual);

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
            if (Difference(operation, runner, expected, actual) is { } difference)
                throw new ModelMismatchException($"afterwards {operation}: {difference}");
        }

        _temp.Reopen();
        List<string> wanted = TreeDump.Take(model.CloneNamed(), withData: true);
        List<string> found = TreeDump.Take(_temp.Tree, withData: true);
        if (!wanted.SequenceEqual(found))
            throw new ModelMismatchException("afterwards the trees differ:\n" + TreeDump.Difference(wanted, found));
    }
}
