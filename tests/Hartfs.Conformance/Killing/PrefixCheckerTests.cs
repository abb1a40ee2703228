using Xunit;

namespace Hartfs.Conformance.Killing;

/// <summary>A blind checker would find every crash harmless.</summary>
public sealed class PrefixCheckerTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("hartfs-writers-").FullName;

    [Fact]
    public void A_state_that_never_was_is_found()
    {
        Writer writer = Work(1);
        Dictionary<string, string> found = Writer.Read(At(1));
        Assert.Null(PrefixChecker.Check([writer], [found]));
        found[found.Keys.First()] = "other content";
        Assert.Contains("never in that state", PrefixChecker.Check([writer], [found]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_from_before_an_fsync_is_found()
    {
        Writer writer = Work(2);
        Assert.NotEqual(0, writer.LastSyncStarted);
        Assert.Contains("before the last fsync", PrefixChecker.Check([writer], [[]]), StringComparison.Ordinal);
    }

    [Fact]
    public void States_of_different_moments_are_found()
    {
        Writer early = Work(3, synchronize: false);
        Writer late = Work(4, synchronize: false);
        Dictionary<string, string> beginning = new(early.Steps[1].States[0], StringComparer.Ordinal);
        Dictionary<string, string> end = Writer.Read(At(4));
        Assert.Null(PrefixChecker.Check([early, late], [Writer.Read(At(3)), end]));
        Assert.Contains("different moments", PrefixChecker.Check([early, late], [beginning, end]),
            StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>A writer that has worked in a directory until that was taken away from under it.</summary>
    private Writer Work(int index, bool synchronize = true)
    {
        Directory.CreateDirectory(At(index));
        Writer writer = new(At(index), index) { Synchronizes = synchronize };
        writer.Run(stepCount: 200);
        return writer;
    }

    private string At(int index) => Path.Combine(_root, $"w{index}");
}
