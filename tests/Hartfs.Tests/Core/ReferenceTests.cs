using Hartfs.Core;
using Hartfs.Format;
using Hartfs.Testing.Modelling;
using Xunit;

namespace Hartfs.Tests.Core;

/// <summary>
/// The model and the machinery around it, proved on themselves: a blind comparison would prove nothing.
/// </summary>
public sealed class ReferenceTests
{
    private static readonly InodeRecord Root = new() { Mode = InodeMode.Directory | 0x1ED, LinkCount = 2 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Two_models_given_the_same_operations_agree_in_every_outcome(int seed)
    {
        long clock = 0;
        TreeRunner one = new(new ReferenceFileSystem(() => clock, Root));
        TreeRunner other = new(new ReferenceFileSystem(() => clock, Root));
        OperationGenerator generator = new(seed, OperationMix.Balanced);
        int succeeded = 0;
        for (int i = 0; i < 5000; i++)
        {
            clock++;
            Operation operation = generator.Next();
            Outcome outcome = one.Apply(operation);
            Assert.Null(Outcome.Difference(outcome, other.Apply(operation)));
            if (outcome.Error == FsError.None) succeeded++;
        }

        Assert.True(succeeded > 2000, $"only {succeeded} operations met something");
        Assert.Equal(TreeDump.Take(one.Tree, true), TreeDump.Take(other.Tree, true));
    }

    [Fact]
    public void A_dump_shows_one_changed_byte()
    {
        ReferenceFileSystem tree = new(() => 0, Root);
        Assert.Equal(FsError.None, tree.Create(InodeNumber.Root, "a"u8.ToArray(), InodeMode.RegularFile | 0x1A4, 0, 0,
            default, out InodeRecord file));
        Assert.Equal(FsError.None, tree.Write(file.Number, 1L << 62, new byte[] { 1 }, false, true));
        List<string> before = TreeDump.Take(tree, true);
        Assert.Equal(FsError.None, tree.Write(file.Number, 1L << 62, new byte[] { 2 }, false, true));
        List<string> after = TreeDump.Take(tree, true);
        Assert.NotEqual(before, after);
        Assert.Contains("- /a", TreeDump.Difference(before, after), StringComparison.Ordinal);
    }

    [Fact]
    public void The_shrinker_finds_the_one_operation_that_fails()
    {
        OperationGenerator generator = new(5, OperationMix.Balanced);
        List<Operation> operations = [.. Enumerable.Range(0, 500).Select(_ => generator.Next())];
        operations[137] = new Operation(OperationKind.Crash);
        (IReadOnlyList<Operation> few, _) = OperationShrinker.Shrink(operations, new ModelFailure(499, ""),
            list => list.Any(operation => operation.Kind == OperationKind.Crash)
                ? new ModelFailure(list.Count - 1, "found")
                : null,
            TimeSpan.FromMinutes(1));
        Assert.Equal(OperationKind.Crash, Assert.Single(few).Kind);
    }

    [Fact]
    public void Content_is_the_same_every_time_and_differs_by_seed()
    {
        foreach (ContentKind kind in Enum.GetValues<ContentKind>())
        {
            Content content = new(kind, 7, 10_000);
            Assert.Equal(content.ToBytes(), content.ToBytes());
            if (kind != ContentKind.Zeros) Assert.NotEqual(content.ToBytes(), (content with { Seed = 8 }).ToBytes());
        }
    }
}
