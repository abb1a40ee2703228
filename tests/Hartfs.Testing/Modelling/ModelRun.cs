using Hartfs.Core;

namespace Hartfs.Testing.Modelling;

/// <summary>Where a run went wrong.</summary>
/// <param name="Index">The operation's place in the run.</param>
/// <param name="Message">How the product differed.</param>
public sealed record ModelFailure(int Index, string Message);

/// <summary>Carries a list of operations out on a new volume and on the model, comparing after each one.</summary>
public sealed class ModelRun : IDisposable
{
    private const int CompareEvery = 250;

    /// <summary>An operation that takes longer than this waits for something that will not come.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TempVolume _temp;
    private readonly DurableHistory _history;
    private ReferenceFileSystem _model;
    private TreeRunner _modelRunner;
    private TreeRunner _productRunner;

    private ModelRun(VolumeSettings settings, VolumeParameters parameters)
    {
        _temp = new TempVolume(settings, parameters);
        _temp.Log.Expect("recover");
        _temp.Log.Expect("unclean");
        _productRunner = new TreeRunner(_temp.Tree);
        _history = new DurableHistory(_temp);
        _model = _history.Model;
        _modelRunner = _history.Runner;
    }

    /// <summary>Runs; null when product and model agreed throughout.</summary>
    public static ModelFailure? Execute(IReadOnlyList<Operation> operations, VolumeSettings settings,
        VolumeParameters parameters)
    {
        int index = -1;
        ModelFailure? failure = null;
        Thread thread = new(() => failure = Execute(operations, settings, parameters, ref index))
        {
            IsBackground = true,
        };
        thread.Start();
        int seen = -2;
        while (!thread.Join(Patience))
        {
            int now = Volatile.Read(ref index);
            if (now == seen) return new ModelFailure(now, $"does not come back: {operations.ElementAtOrDefault(now)}");
            seen = now;
        }

        return failure;
    }

    private static ModelFailure? Execute(IReadOnlyList<Operation> operations, VolumeSettings settings,
        VolumeParameters parameters, ref int index)
    {
        try
        {
            using ModelRun run = new(settings, parameters);
            for (index = 0; index < operations.Count; index++)
            {
                run.Step(operations[index]);
                if (index % CompareEvery == CompareEvery - 1) run.CompareTrees();
            }

            run.CompareTrees();
            run.Reopen();
            run._temp.Close();
            run._temp.Log.Verify();
            return null;
        }
#pragma warning disable CA1031 // whatever the product throws is a finding
        catch (Exception exception)
#pragma warning restore CA1031
        {
            string message = exception is ModelMismatchException ? exception.Message : exception.ToString();
            return new ModelFailure(index, message);
        }
    }

    public void Dispose() => _temp.Dispose();

    private void Step(Operation operation)
    {
        _history.Advance();
        switch (operation.Kind)
        {
            case OperationKind.Commit:
                Require(_temp.Volume.Commit() == FsError.None, "the commit failed");
                _history.MarkDurable(_model, _modelRunner);
                return;
            case OperationKind.Reopen:
                Reopen();
                return;
            case OperationKind.Crash:
                Crash();
                return;
        }

        Outcome expected = _modelRunner.Apply(operation);
        Outcome actual = _productRunner.Apply(operation);
        string? difference = operation.Kind == OperationKind.Seek
            ? SeekAnswer.Difference(operation, _modelRunner, expected, actual)
            : Outcome.Difference(expected, actual);
        if (difference != null) throw new ModelMismatchException($"{operation}: {difference}");
        _history.Note(operation);
        if (operation.Kind == OperationKind.Synchronize && expected.Error == FsError.None)
            _history.MarkDurable(_model, _modelRunner);
    }

    private void CompareTrees()
    {
        List<string> expected = TreeDump.Take(_model, withData: true);
        List<string> actual = TreeDump.Take(_productRunner.Tree, withData: true);
        Require(expected.SequenceEqual(actual), "the trees differ:\n" + TreeDump.Difference(expected, actual));
    }

    private void Reopen()
    {
        _productRunner.CloseAll();
        _temp.Reopen();
        Adopt(_model.CloneNamed());
        CompareTrees();
    }

    private void Crash()
    {
        _temp.Crash();
        Adopt(_history.FindState(_temp.Tree));
    }

    private void Adopt(ReferenceFileSystem model)
    {
        _model = model;
        _modelRunner = new TreeRunner(model);
        _productRunner = new TreeRunner(_temp.Tree);
        _history.MarkDurable(_model, _modelRunner);
    }

    private static void Require(bool condition, string message)
    {
        if (!condition) throw new ModelMismatchException(message);
    }
}
