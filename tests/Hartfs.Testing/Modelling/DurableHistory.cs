using Hartfs.Core;
using Hartfs.Format;

namespace Hartfs.Testing.Modelling;

/// <summary>
/// The model's state when things were last made durable, and every operation since: all the states that a volume may
/// show after a crash.
/// </summary>
public sealed class DurableHistory
{
    private readonly TempVolume _temp;
    private readonly List<(Operation Operation, long Time)> _steps = [];
    private ReferenceFileSystem _durable;
    private TreeRunner _durableRunner;
    private long _clock;

    /// <summary>Begins with a new volume and a model of it.</summary>
    public DurableHistory(TempVolume temp)
    {
        _temp = temp;
        _clock = temp.Time.Nanoseconds;
        if (temp.FileSystem.GetAttributes(InodeNumber.Root, out InodeRecord root) != FsError.None)
            throw new ModelMismatchException("a new volume has no root");
        Model = new ReferenceFileSystem(() => _clock, root);
        Runner = new TreeRunner(Model);
        _durable = Model.Clone();
        _durableRunner = Runner.With(_durable);
    }

    /// <summary>The model of the new volume; its clock is this history's.</summary>
    public ReferenceFileSystem Model { get; }

    public TreeRunner Runner { get; }

    /// <summary>Lets both clocks go on.</summary>
    public void Advance()
    {
        _temp.Time.Advance(TimeSpan.FromMilliseconds(1));
        _clock = _temp.Time.Nanoseconds;
    }

    /// <summary>Adds an operation that was carried out now.</summary>
    public void Note(Operation operation) => _steps.Add((operation, _clock));

    /// <summary>Everything so far is durable.</summary>
    public void MarkDurable(ReferenceFileSystem model, TreeRunner runner)
    {
        _durable = model.Clone();
        _durableRunner = runner.With(_durable);
        _steps.Clear();
    }

    /// <summary>The state in which a volume came back, without what had no name; throws when it never was.</summary>
    public ReferenceFileSystem FindState(IFileTree product)
    {
        List<string> rough = TreeDump.Take(product, withData: false);
        List<string> whole = TreeDump.Take(product, withData: true);
        List<string> findings = [];
        int fewest = int.MaxValue;
        for (int applied = 0; applied <= _steps.Count; applied++)
        {
            if (applied > 0) Replay(_steps[applied - 1]);
            List<string> model = TreeDump.Take(_durable, withData: false);
            bool isRoughlySame = rough.SequenceEqual(model);
            if (isRoughlySame)
            {
                model = TreeDump.Take(_durable, withData: true);
                if (whole.SequenceEqual(model)) return _durable.CloneNamed();
            }

            int wrong = model.Except(isRoughlySame ? whole : rough).Count() - (isRoughlySame ? 1_000_000 : 0);
            if (wrong > fewest) continue;
            if (wrong < fewest) findings.Clear();
            fewest = wrong;
            string last = applied > 0 ? _steps[applied - 1].Operation.ToString() : "nothing";
            findings.Add($"after {applied}, {last}:\n" + TreeDump.Difference(model, isRoughlySame ? whole : rough) +
                TreeDump.DataDifference(_durable, product));
        }

        throw new ModelMismatchException($"after the crash the volume is at none of {_steps.Count + 1} states; " +
            "nearest is the state\n" + string.Join('\n', findings.TakeLast(3)));
    }

    private void Replay((Operation Operation, long Time) step)
    {
        long now = _clock;
        _clock = step.Time;
        _durableRunner.Apply(step.Operation);
        _clock = now;
    }
}
