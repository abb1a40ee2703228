using Hartfs.Core;
using Hartfs.Format;

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
    private readonly List<(Operation Operation, long Time)> _sinceDurable = [];
    private ReferenceFileSystem _model;
    private TreeRunner _modelRunner;
    private TreeRunner _productRunner;
    private ReferenceFileSystem _durable;
    private TreeRunner _durableRunner;
    private long _clock;

    private ModelRun(VolumeSettings settings, VolumeParameters parameters)
    {
        _temp = new TempVolume(settings, parameters);
        _temp.Log.Expect("recover");
        _temp.Log.Expect("unclean");
        _productRunner = new TreeRunner(_temp.Tree);
        _clock = _temp.Time.Nanoseconds;
        if (_temp.FileSystem.GetAttributes(InodeNumber.Root, out InodeRecord root) != FsError.None)
            throw new ModelMismatchException("a new volume has no root");
        _model = new ReferenceFileSystem(() => _clock, root);
        _modelRunner = new TreeRunner(_model);
        _durable = _model.Clone();
        _durableRunner = _modelRunner.With(_durable);
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
        _temp.Time.Advance(TimeSpan.FromMilliseconds(1));
        _clock = _temp.Time.Nanoseconds;
        switch (operation.Kind)
        {
            case OperationKind.Commit:
                Require(_temp.Volume.Commit() == FsError.None, "the commit failed");
                MarkDurable();
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
            ? SeekDifference(operation, expected, actual)
            : Outcome.Difference(expected, actual);
        if (difference != null) throw new ModelMismatchException($"{operation}: {difference}");
        _sinceDurable.Add((operation, _clock));
        if (operation.Kind == OperationKind.Synchronize && expected.Error == FsError.None) MarkDurable();
    }

    /// <summary>
    /// The product may report data where there are zeros, but never a hole where there is data, and never a place
    /// outside the file.
    /// </summary>
    private string? SeekDifference(Operation operation, Outcome tightest, Outcome actual)
    {
        bool data = operation.Mode != 0;
        if (tightest.Error is not (FsError.None or FsError.NoMoreData) || actual.Error == FsError.NoMoreData)
            return Outcome.Difference(tightest with { Number = 0 }, actual with { Number = 0 });
        if (actual.Error != FsError.None) return $"got {actual.Error}";
        if (actual.Number < operation.Offset) return $"position {actual.Number} is before the offset";
        if (!data)
            return _modelRunner.ReadByte(operation, actual.Number) > 0 ? $"no hole at {actual.Number}" : null;
        if (tightest.Error == FsError.None && actual.Number > tightest.Number)
            return $"data at {tightest.Number} was skipped, got {actual.Number}";
        return _modelRunner.ReadByte(operation, actual.Number) < 0 ? $"{actual.Number} is outside the file" : null;
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
        _productRunner = new TreeRunner(_temp.Tree);
        List<string> rough = TreeDump.Take(_temp.Tree, withData: false);
        List<string> whole = TreeDump.Take(_temp.Tree, withData: true);
        List<string>? nearest = null;
        for (int applied = 0; applied <= _sinceDurable.Count; applied++)
        {
            if (applied > 0) Replay(_sinceDurable[applied - 1]);
            if (!rough.SequenceEqual(TreeDump.Take(_durable, withData: false))) continue;
            nearest = TreeDump.Take(_durable, withData: true);
            if (!nearest.SequenceEqual(whole)) continue;
            Adopt(_durable.CloneNamed());
            return;
        }

        throw new ModelMismatchException($"after the crash the volume is at none of {_sinceDurable.Count + 1} states" +
            (nearest == null
                ? "; attributes of the last:\n" +
                    TreeDump.Difference(TreeDump.Take(_durable, withData: true), whole)
                : "; one has the same attributes:\n" + TreeDump.Difference(nearest, whole)));
    }

    private void Replay((Operation Operation, long Time) step)
    {
        long now = _clock;
        _clock = step.Time;
        _durableRunner.Apply(step.Operation);
        _clock = now;
    }

    private void MarkDurable()
    {
        _durable = _model.Clone();
        _durableRunner = _modelRunner.With(_durable);
        _sinceDurable.Clear();
    }

    private void Adopt(ReferenceFileSystem model)
    {
        _model = model;
        _modelRunner = new TreeRunner(model);
        _productRunner = new TreeRunner(_temp.Tree);
        MarkDurable();
    }

    private static void Require(bool condition, string message)
    {
        if (!condition) throw new ModelMismatchException(message);
    }
}
