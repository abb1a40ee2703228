using System.Text.RegularExpressions;
using Xunit;

namespace Hartfs.Tests.Tidy;

/// <summary><c>native-notes/durability.md</c> is a contract: what it promises is held by tests.</summary>
public sealed partial class DurabilityContractTests
{
    [Fact]
    public void Every_promise_names_tests_that_exist()
    {
        string text = File.ReadAllText(SourceTree.PathOf("native-notes/durability.md"));
        HashSet<string> tests = [.. SourceTree.Files("tests")
            .Where(file => file.EndsWith(".cs", StringComparison.Ordinal))
            .SelectMany(file => Method().Matches(File.ReadAllText(SourceTree.PathOf(file))))
            .Select(match => match.Groups[1].Value)];
        string[] missing = [.. TestName().Matches(text).Select(match => match.Groups[1].Value)
            .Where(name => !tests.Contains(name)).Distinct()];
        Assert.True(missing.Length == 0, "no such test: " + string.Join(", ", missing));
    }

    [Fact]
    public void No_promise_stands_alone()
    {
        string text = File.ReadAllText(SourceTree.PathOf("native-notes/durability.md"));
        string promises = text[..text.IndexOf("\n## What is not promised", StringComparison.Ordinal)];
        string[] alone = [.. Promise().Matches(promises).Select(match => match.Value)
            .Where(promise => !TestName().IsMatch(promise))];
        Assert.True(alone.Length == 0, string.Join(Environment.NewLine, alone));
        Assert.True(Promise().Count(promises) > 20, "the contract must have promises");
    }

    [GeneratedRegex(@"public (?:async Task|void) ([A-Z]\w*_\w+)\(")]
    private static partial Regex Method();

    [GeneratedRegex("`([A-Z][A-Za-z0-9]*_[A-Za-z0-9_]+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^- .*(?:\n  .*)*", RegexOptions.Multiline)]
    private static partial Regex Promise();
}
