namespace Hartfs.Testing.Modelling;

/// <summary>How often each kind of operation is drawn.</summary>
public sealed class OperationMix
{
    private readonly List<(OperationKind Kind, double Until)> _steps = [];
    private double _total;

    private OperationMix()
    {
    }

    /// <summary>Everything, in proportions that keep the tree from filling up or running empty.</summary>
    public static OperationMix Balanced => new OperationMix()
        .With(OperationKind.Create, 10).With(OperationKind.MakeNode, 0.4).With(OperationKind.MakeDirectory, 4)
        .With(OperationKind.MakeSymbolicLink, 0.6).With(OperationKind.CreateUnnamed, 1).With(OperationKind.Open, 4)
        .With(OperationKind.Close, 1.5).With(OperationKind.Link, 3).With(OperationKind.Unlink, 3)
        .With(OperationKind.RemoveDirectory, 1.5).With(OperationKind.Rename, 6).With(OperationKind.List, 2)
        .With(OperationKind.ReadSymbolicLink, 0.5).With(OperationKind.Write, 22).With(OperationKind.Read, 10)
        .With(OperationKind.Truncate, 4).With(OperationKind.Allocate, 5).With(OperationKind.CopyRange, 5)
        .With(OperationKind.Seek, 3).With(OperationKind.ChangeMode, 2).With(OperationKind.ChangeOwner, 1)
        .With(OperationKind.ChangeTimes, 1.5).With(OperationKind.GetAttributes, 2).With(OperationKind.SetXattr, 4)
        .With(OperationKind.GetXattr, 1.5).With(OperationKind.ListXattrs, 1).With(OperationKind.RemoveXattr, 1)
        .With(OperationKind.Flush, 1).With(OperationKind.Synchronize, 1);

    /// <summary>Data in few files: the extent code's paths meet most often.</summary>
    public static OperationMix DataHeavy => new OperationMix()
        .With(OperationKind.Create, 4).With(OperationKind.Open, 2).With(OperationKind.Unlink, 0.5)
        .With(OperationKind.Write, 30).With(OperationKind.Read, 20).With(OperationKind.Truncate, 6)
        .With(OperationKind.Allocate, 10).With(OperationKind.CopyRange, 12).With(OperationKind.Seek, 5)
        .With(OperationKind.Flush, 1).With(OperationKind.Synchronize, 2);

    /// <summary>Adds a kind, or more of it.</summary>
    public OperationMix With(OperationKind kind, double weight)
    {
        _total += weight;
        _steps.Add((kind, _total));
        return this;
    }

    internal OperationKind Draw(Random random)
    {
        double at = random.NextDouble() * _total;
        foreach ((OperationKind kind, double until) in _steps)
        {
            if (at < until) return kind;
        }

        return _steps[^1].Kind;
    }
}
