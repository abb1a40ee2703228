using System.Globalization;
using System.Text;
using Hartfs.CrashTests.Disk;
using Hartfs.Testing.Modelling;

namespace Hartfs.CrashTests.Runs;

/// <summary>
/// One seed of a scenario: a session, power cuts at every synchronization of it and at random moments between, from
/// each a recovery that is checked, and from some of them further operations and further cuts.
/// </summary>
internal sealed class CrashRun
{
    private const int DepthMax = 3;

    private readonly CrashScenario _scenario;
    private readonly int _seed;
    private readonly Func<string, bool>? _lies;
    private readonly Random _random;
    private readonly List<string> _path = [];
    private CrashCount _count;

    private CrashRun(CrashScenario scenario, int seed, Func<string, bool>? lies)
    {
        (_scenario, _seed, _lies) = (scenario, seed, lies);
        _random = new Random(seed);
    }

    /// <summary>Runs; returns what was done.</summary>
    /// <param name="lies">Files whose synchronization does nothing.</param>
    /// <exception cref="CrashViolation">With everything needed to repeat it.</exception>
    public static CrashCount Execute(CrashScenario scenario, int seed, Func<string, bool>? lies = null)
    {
        CrashRun run = new(scenario, seed, lies);
        try
        {
            run.Start();
        }
#pragma warning disable CA1031 // whatever the product throws is a finding
        catch (Exception failure)
#pragma warning restore CA1031
        {
            throw new CrashViolation(run.Describe(failure), failure);
        }

        return run._count;
    }

    private void Start()
    {
        using CrashHost host = new(_scenario.Settings, _scenario.Parameters)
        {
            ClockJumpsBack = _scenario.ClockJumpsBack,
            ReadsDatabaseFile = _scenario.Upkeep != UpkeepKind.None,
        };
        List<Operation> operations = _scenario.Generate(_seed, _scenario.OperationCount, isFirst: true);
        CrashSession session = CrashSession.Begin(host, NewDisk(host.NewVolume), operations);
        int randomCount = session.Disk.Log.Count / 2;
        foreach (PowerCut cut in PowerCut.Choose(session.Disk, _random, everySynchronization: true, randomCount))
            Strike(host, session, cut, depth: 1);
        (_count.Deletions, _count.Damages) = (host.DeletionCount, host.Upkeep.DamageCount);
    }

    /// <summary>Recovers from a cut; sometimes goes on and cuts again, while recovering, working or closing.</summary>
    private void Strike(CrashHost host, CrashSession before, PowerCut cut, int depth)
    {
        _count.Cuts++;
        bool goesOn = _random.Next(16) == 0;
        int seed = _random.Next();
        int further = depth == DepthMax ? 0 : goesOn ? 10 : _random.Next(8) == 0 ? 3 : 0;
        List<Operation> operations = goesOn ? _scenario.Generate(seed, 10, isFirst: false) : [];
        (int first, int last) = before.AllowedAt(cut.Position);
        string next = cut.Position < before.Disk.Log.Count ? before.Disk.Log[cut.Position].ToString() : "the end";
        string phase = before.PhaseAt(cut.Position);
        _path.Add(string.Create(CultureInfo.InvariantCulture,
            $"cut before request {cut.Position} of {before.Disk.Log.Count} ({next}; {phase}), loss {cut.Loss}, " +
            $"seed {cut.Seed}: states {first} to {last} allowed, {before.OperationBefore(last)} under way or last"));
        Dictionary<string, byte[]> left = cut.Strike(before.Disk, out UInt128 mark);
        if (further == 0 && before.TryJudge(cut, mark))
        {
            _path.RemoveAt(_path.Count - 1);
            return;
        }

        _count.Recoveries++;
        host.VerifyLeft(left, before.HasCopyAt(cut.Position));
        SimulatedDisk disk = NewDisk(left);
        bool alsoReadsOnly = _random.Next(8) == 0;
        CrashSession session = CrashSession.Resume(before, cut, mark, disk, operations, alsoReadsOnly);
        foreach (PowerCut again in PowerCut.Choose(session.Disk, _random, everySynchronization: false, further))
            Strike(host, session, again, depth + 1);
        _path.RemoveAt(_path.Count - 1);
    }

    private SimulatedDisk NewDisk(Dictionary<string, byte[]> files) =>
        _lies is null ? new SimulatedDisk(files) : new SimulatedDisk(files) { Lies = _lies };

    private string Describe(Exception failure)
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"scenario {_scenario.Name}, seed {_seed}");
        foreach (string step in _path) text.AppendLine(step);
        text.AppendLine(failure is CrashViolation ? failure.Message : failure.ToString());
        text.AppendLine("operations of the first session:");
        int state = 0;
        foreach (Operation operation in _scenario.Generate(_seed, _scenario.OperationCount, isFirst: true))
            text.AppendLine(CultureInfo.InvariantCulture, $"{++state,4} {operation}");
        return text.ToString();
    }
}
