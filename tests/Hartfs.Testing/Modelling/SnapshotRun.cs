using System.Text;
using Hartfs.Core;
using Hartfs.Core.Collection;
using Hartfs.Core.Snapshots;
using Hartfs.Format;

namespace Hartfs.Testing.Modelling;

/// <summary>
/// Random operations beside random snapshots, deletes, rollbacks, clones and restores, on a volume and on the model:
/// in the end, and after a remount, every living snapshot is compared with what the model was at its moment.
/// </summary>
public sealed class SnapshotRun : IDisposable
{
    /// <summary>Snapshots alive at once at most; a new one then takes the place of a random one.</summary>
    private const int SnapshotsMax = 40;

    private readonly TempVolume _temp;
    private readonly Random _random;
    private readonly OperationGenerator _generator;
    private readonly Dictionary<string, ReferenceFileSystem> _snapshots = [];
    private readonly ReferenceFileSystem _model;
    private readonly TreeRunner _modelRunner;
    private TreeRunner _productRunner;
    private int _snapshotCount;
    private bool _collects;

    private SnapshotRun(int seed, VolumeSettings settings, VolumeParameters parameters)
    {
        _temp = new TempVolume(settings, parameters);
        _random = new Random(seed);
        _generator = new OperationGenerator(seed, OperationMix.Balanced);
        _temp.FileSystem.GetAttributes(InodeNumber.Root, out InodeRecord root);
        _model = new ReferenceFileSystem(() => _temp.Time.Nanoseconds, root);
        _modelRunner = new TreeRunner(_model);
        _productRunner = new TreeRunner(_temp.Tree);
    }

    /// <summary>Runs; null when product and model agreed throughout.</summary>
    /// <param name="collects">Whether collections come between.</param>
    /// <param name="inspect">Called in the end with the volume, to look at it from another side.</param>
    public static ModelFailure? Execute(int seed, int operationCount, VolumeSettings settings,
        VolumeParameters parameters, Action<Volume> inspect, bool collects = false)
    {
        int index = 0;
        try
        {
            using SnapshotRun run = new(seed, settings, parameters) { _collects = collects };
            for (; index < operationCount; index++)
                run.Step(index);
            run.CompareAll();
            run.Reopen();
            run.CompareAll();
            inspect(run._temp.Volume);
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

    private void Step(int index)
    {
        _temp.Time.Advance(TimeSpan.FromMilliseconds(1));
        switch (_random.Next(1000))
        {
            case < 8:
                Create();
                break;
            case < 13 when _snapshots.Count > 0:
                Delete();
                break;
            case < 15 when _snapshots.Count > 0:
                RollBack();
                break;
            case < 23:
                Clone();
                break;
            case < 29 when _snapshots.Count > 0:
                Restore();
                break;
            case < 32:
                Require(_temp.Volume.Commit() == FsError.None, "the commit failed");
                break;
            case 32 when _random.Next(4) == 0:
                Reopen();
                break;
            case < 40 when _collects:
                CollectionResult result = _temp.Volume.Collection.Run(new CollectionOptions { DeadShareMin = 0 });
                Require(result.Error == FsError.None, $"the collection failed: {result.Error}");
                break;
            default:
                Apply(_generator.Next());
                break;
        }

        if (index % 5000 == 4999) CompareOne();
    }

    private void Apply(Operation operation)
    {
        Outcome expected = _modelRunner.Apply(operation);
        Outcome actual = _productRunner.Apply(operation);
        string? difference = operation.Kind == OperationKind.Seek
            ? SeekAnswer.Difference(operation, _modelRunner, expected, actual)
            : Outcome.Difference(expected, actual);
        if (difference != null) throw new ModelMismatchException($"{operation}: {difference}");
    }

    private void Create()
    {
        if (_snapshots.Count >= SnapshotsMax) Delete();
        string name = $"s{_snapshotCount++}";
        _temp.Volume.Snapshots.Create(Encoding.ASCII.GetBytes(name));
        _snapshots.Add(name, _model.CloneNamed());
    }

    private void Delete()
    {
        string name = PickSnapshot();
        _temp.Volume.Snapshots.Delete(Encoding.ASCII.GetBytes(name));
        _snapshots.Remove(name);
    }

    private void RollBack()
    {
        string name = PickSnapshot();
        SnapshotRecord before = _temp.Volume.Snapshots.RollBack(Encoding.ASCII.GetBytes(name));
        _snapshots.Add(Encoding.ASCII.GetString(before.Name), _model.CloneNamed());
        _model.RollBackTo(_snapshots[name]);
        CompareLive();
    }

    private void Clone()
    {
        string from = PickPath();
        string to = PickPath();
        FsError expected = _model.CloneTree(_model, from, to, replaces: false);
        FsError actual = Attempt(() =>
            _temp.Volume.Snapshots.Clone(Encoding.Latin1.GetBytes(from), Encoding.Latin1.GetBytes(to)));
        Require(expected == actual, $"clone {from} {to}: expected {expected}, got {actual}");
    }

    private void Restore()
    {
        string snapshot = PickSnapshot();
        string from = PickPath();
        string to = _random.Next(2) == 0 ? from : PickPath();
        bool replaces = _random.Next(2) == 0;
        FsError expected = _model.CloneTree(_snapshots[snapshot], from, to, replaces);
        FsError actual = Attempt(() => _temp.Volume.Snapshots.Restore(Encoding.ASCII.GetBytes(snapshot),
            Encoding.Latin1.GetBytes(from), Encoding.Latin1.GetBytes(to), replaces));
        Require(expected == actual, $"restore {snapshot}:{from} {to}: expected {expected}, got {actual}");
    }

    private static FsError Attempt(Func<CloneProgress> work)
    {
        try
        {
            work();
            return FsError.None;
        }
        catch (SnapshotException failure)
        {
            return failure.Failure switch
            {
                SnapshotFailure.PathExists => FsError.AlreadyExists,
                SnapshotFailure.PathNotFound => FsError.NotFound,
                _ => throw new ModelMismatchException(failure.ToString()),
            };
        }
    }

    private void Reopen()
    {
        _modelRunner.CloseAll();
        _productRunner.CloseAll();
        _temp.Reopen();
        _productRunner = new TreeRunner(_temp.Tree);
        CompareLive();
    }

    private void CompareAll()
    {
        CompareLive();
        List<string> names = [.. _temp.Volume.Snapshots.List().Select(each => Encoding.ASCII.GetString(each.Name))];
        Require(names.Order().SequenceEqual(_snapshots.Keys.Order()), "the snapshots are others");
        foreach (string name in names) Compare(name);
    }

    private void CompareOne()
    {
        CompareLive();
        if (_snapshots.Count > 0) Compare(PickSnapshot());
    }

    private void CompareLive() => Compare(_model, _temp.Tree, "the live tree");

    private void Compare(string name)
    {
        using SnapshotUse use = _temp.Volume.Snapshots.Use(Encoding.ASCII.GetBytes(name));
        Compare(_snapshots[name], new ProductTree(use.FileSystem), $"snapshot {name}");
    }

    private static void Compare(ReferenceFileSystem model, IFileTree product, string what)
    {
        List<string> expected = TreeDump.Take(model, withData: true);
        List<string> actual = TreeDump.Take(product, withData: true);
        Require(expected.SequenceEqual(actual), $"{what} differs:\n" + TreeDump.Difference(expected, actual));
    }

    private string PickSnapshot() => _snapshots.Keys.ElementAt(_random.Next(_snapshots.Count));

    private string PickPath()
    {
        while (true)
            if (_generator.Next() is { Path.Length: > 0 } operation)
                return operation.Path;
    }

    private static void Require(bool condition, string message)
    {
        if (!condition) throw new ModelMismatchException(message);
    }
}
