using Hartfs.Format;

namespace Hartfs.Testing.Modelling;

/// <summary>
/// Makes operations from a seed. Names and offsets come from small sets, so that operations meet; it knows nothing
/// of the tree's state, so that operations can be left out of a run.
/// </summary>
public sealed class OperationGenerator(int seed, OperationMix mix)
{
    private static readonly string[] Names =
        ["a", "a", "a", "b", "b", "b", "c", "c", "A", "e\u00ff\u0001", new string('n', 255)];

    private static readonly string[] Directories = ["p", "p", "q"];
    private static readonly int[] Modes = [0x1A4, 0x1ED, 0x180, 0x9ED, 0xDED, 0x5FF, 0, 0x1FF];
    private static readonly int[] Umasks = [0, 0x12, 0x3F];
    private static readonly string[] XattrNames =
        ["user.a", "user.b", "user." + new string('x', 250), "trusted.t", "security.s"];

    private static readonly long[] Anchors =
        [0, 0, 0, 4096, 8192, 65536, 262144, 1 << 20, 3 << 19, 2 << 20, 1L << 32, 1L << 62, long.MaxValue - 5000];

    private readonly Random _random = new(seed);

    public Operation Next()
    {
        OperationKind kind = mix.Draw(_random);
        return kind switch
        {
            OperationKind.Create => new Operation(kind)
            {
                Path = FilePath(), Mode = Pick(Modes), Umask = Pick(Umasks), Uid = Owner(), Gid = Owner(),
            },
            OperationKind.MakeNode => new Operation(kind)
            {
                Path = FilePath(), Mode = Pick(Modes) | Pick(InodeMode.Fifo, InodeMode.Socket,
                    InodeMode.CharacterDevice, InodeMode.BlockDevice),
                Umask = Pick(Umasks), Length = _random.Next(1, 5000), Uid = Owner(), Gid = Owner(),
            },
            OperationKind.MakeDirectory => new Operation(kind)
            {
                Path = DirectoryPath(), Mode = Pick(Modes), Umask = Pick(Umasks), Uid = Owner(), Gid = Owner(),
            },
            OperationKind.MakeSymbolicLink => new Operation(kind)
            {
                Path = FilePath(), Path2 = new string('t', _random.Next(10) == 0 ? 4095 : _random.Next(1, 100)),
                Uid = Owner(), Gid = Owner(),
            },
            OperationKind.CreateUnnamed => new Operation(kind)
            {
                Path = DirectoryPath(), Slot = Slot(), Mode = Pick(Modes), Umask = Pick(Umasks),
            },
            OperationKind.Open => new Operation(kind) { Path = FilePath(), Slot = Slot() },
            OperationKind.Close => new Operation(kind) { Slot = Slot() },
            OperationKind.Link => OnInode(kind) with { Path2 = FilePath() },
            // Names of directories that are files would block their paths for the rest of the run.
            OperationKind.Unlink => new Operation(kind) { Path = Chance(4) ? DirectoryPath() : FilePath() },
            OperationKind.RemoveDirectory or OperationKind.List => new Operation(kind) { Path = DirectoryPath() },
            OperationKind.Rename => NextRename(),
            OperationKind.ReadSymbolicLink => new Operation(kind) { Path = FilePath() },
            _ => NextOnInode(kind),
        };
    }

    private Operation NextOnInode(OperationKind kind) => kind switch
    {
        OperationKind.Write => OnInode(kind) with
        {
            Offset = Offset(),
            Content = NextContent(),
            KillPrivileges = Chance(5),
            KeepsTimes = Chance(10),
        },
        OperationKind.Read => OnInode(kind) with { Offset = Offset(), Length = Length() },
        OperationKind.Truncate => OnInode(kind) with { Length = Offset(), KillPrivileges = Chance(5) },
        OperationKind.Allocate => OnInode(kind) with
        {
            Mode = _random.Next(5),
            Offset = Offset(),
            Length = Chance(8) ? 1L << _random.Next(20, 62) : Length() + 1,
        },
        OperationKind.CopyRange => OnInode(kind) with
        {
            Path2 = FilePath(),
            Slot2 = Chance(4) ? Slot() : -1,
            Offset = Offset(),
            Offset2 = Offset(),
            Length = Chance(8) ? long.MaxValue : Length(),
        },
        OperationKind.Seek => OnInode(kind) with { Offset = Offset(), Mode = _random.Next(2) },
        OperationKind.ChangeMode => OnInode(kind) with { Mode = Pick(Modes) },
        OperationKind.ChangeOwner => OnInode(kind) with
        {
            Uid = Owner(),
            Gid = Owner(),
            KillPrivileges = Chance(2),
        },
        OperationKind.ChangeTimes => OnInode(kind) with
        {
            Time = _random.NextInt64(-1L << 60, 1L << 60),
            Mode = _random.Next(1, 4),
        },
        OperationKind.SetXattr => NextSetXattr(),
        OperationKind.GetXattr or OperationKind.RemoveXattr => OnInode(kind) with { XattrName = XattrName() },
        _ => OnInode(kind),
    };

    private Operation NextRename()
    {
        bool isDirectory = Chance(3);
        return new Operation(OperationKind.Rename)
        {
            Path = isDirectory ? DirectoryPath() : FilePath(),
            Path2 = isDirectory ? DirectoryPath() : FilePath(),
            Mode = Chance(3) ? _random.Next(isDirectory ? 3 : 4) : 0,
        };
    }

    /// <summary>For an ACL, Length holds the seed of its entries.</summary>
    private Operation NextSetXattr()
    {
        string name = XattrName();
        bool onDirectory = name == ReferenceAcl.Default || Chance(4);
        Operation operation = onDirectory
            ? new Operation(OperationKind.SetXattr) { Path = DirectoryPath() }
            : OnInode(OperationKind.SetXattr);
        return operation with
        {
            XattrName = name,
            Mode = Chance(3) ? _random.Next(3) : 0,
            Length = _random.Next(1, 1 << 20),
            Content = new Content(ContentKind.Mixed, _random.Next(), Chance(20) ? 65536 : _random.Next(200)),
            KillPrivileges = Chance(3),
        };
    }

    private Operation OnInode(OperationKind kind) =>
        Chance(4) ? new Operation(kind) { Slot = Slot() } : new Operation(kind) { Path = FilePath() };

    private string XattrName() => _random.Next(8) switch
    {
        0 => ReferenceAcl.Access,
        1 => ReferenceAcl.Default,
        _ => Pick(XattrNames),
    };

    private string FilePath() => Chance(80) ? DirectoryPath() : Parent() + "/" + Pick(Names);

    private string DirectoryPath() =>
        Chance(80) ? Parent() + "/" + Pick(Names) : Parent() + "/" + Pick(Directories);

    private string Parent() => _random.Next(4) switch
    {
        0 or 1 => "",
        2 => "/" + Pick(Directories),
        _ => "/" + Pick(Directories) + "/" + Pick(Directories),
    };

    private Content NextContent() => new((ContentKind)_random.Next(7), _random.Next(), (int)Length());

    private long Length() => _random.Next(100) switch
    {
        < 45 => _random.Next(0, 300),
        < 70 => _random.Next(0, 9000),
        < 80 => 4096L << _random.Next(0, 4),
        < 94 => _random.Next(0, 70_000),
        < 99 => _random.Next(0, 300_000),
        _ => _random.Next(0, 2 << 20),
    };

    private long Offset()
    {
        long anchor = Chance(15) ? Pick(Anchors) : Anchors[_random.Next(Anchors.Length - 3)];
        return Math.Max(0, _random.Next(3) switch
        {
            0 => anchor,
            1 => anchor + _random.Next(-300, 300),
            _ => anchor + (long)_random.Next(0, 16) * 1024,
        } is var offset && offset < 0 && anchor > 1L << 61 ? anchor : offset);
    }

    private uint Owner() => (uint)(Chance(2) ? 0 : 1000 + _random.Next(2));

    private int Slot() => _random.Next(Operation.SlotCount);

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];
}
