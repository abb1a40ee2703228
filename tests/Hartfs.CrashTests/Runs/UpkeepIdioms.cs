using Hartfs.Testing.Modelling;

namespace Hartfs.CrashTests.Runs;

/// <summary>What of upkeep a scenario has.</summary>
internal enum UpkeepKind
{
    None,

    /// <summary>What a mounted volume does by itself, or is asked to, beside its other work.</summary>
    Mounted,

    /// <summary>Also damage, contradictions, and what puts them right, which needs the volume to itself.</summary>
    Mending,
}

/// <summary>What is done to keep a volume whole: damage and its mending stand together.</summary>
internal static class UpkeepIdioms
{
    private const string Original = "/kept";
    private const string Again = "/again";
    private const int MountedCount = 6;
    private const int Count = 12;

    private static readonly Operation Commit = new(OperationKind.Commit);
    private static readonly Operation WriteParity = new(OperationKind.WriteParity);
    private static readonly Operation ScrubAll = new(OperationKind.Scrub) { Mode = 1 };

    public static IReadOnlyList<Operation> Next(Random random, UpkeepKind kind)
    {
        Content content = new(ContentKind.Random, random.Next(), random.Next(80_000, 160_000));
        switch (random.Next(kind == UpkeepKind.Mending ? Count : MountedCount))
        {
            case 0:
                return [Commit, WriteParity];
            case 1:
                return [new(OperationKind.CopyMetadata)];
            case 2:
                // Stopped; the next one goes on from there.
                return [new(OperationKind.Scrub) { Length = random.Next(1, 8) }, Commit];
            case 3:
                return [new(OperationKind.Scrub)];
            case 4:
                return [new(OperationKind.Check)];
            case 5:
                return [new(OperationKind.RunPolicy)];
            case 6:
                return [Commit, WriteParity, Damage(DamageKind.Payload, content), ScrubAll];
            case 7:
                return [Damage(DamageKind.Directory, content), ScrubAll];
            case 8:
                return [Commit, WriteParity, Damage(DamageKind.Parity, content), ScrubAll];
            case 9:
                return
                [
                    .. Write(Original, content), Commit, Damage(DamageKind.Content, content), ScrubAll,
                    .. Write(Again, content), Commit,
                ];
            case 10:
                return
                [
                    .. Write(Original, content), Commit, Damage(DamageKind.Content, content), ScrubAll,
                    new(OperationKind.RepairFrom),
                ];
            default:
                return
                [
                    // Nobody uses the volume: that is what a check that repairs asks for.
                    .. Enumerable.Range(0, Operation.SlotCount)
                        .Select(slot => new Operation(OperationKind.Close) { Slot = slot }),
                    new(OperationKind.Contradict) { Mode = random.Next(5) },
                    new(OperationKind.Check) { Mode = 1 },
                ];
        }
    }

    private static Operation Damage(DamageKind kind, Content content) =>
        new(OperationKind.Damage) { Mode = (int)kind, Content = content };

    private static Operation[] Write(string path, Content content) =>
    [
        new(OperationKind.Unlink) { Path = path },
        new(OperationKind.Create) { Path = path, Mode = 0x1A4 },
        new(OperationKind.Write) { Path = path, Content = content },
    ];
}
