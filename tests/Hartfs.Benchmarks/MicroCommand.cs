using System.CommandLine;
using BenchmarkDotNet.Running;

namespace Hartfs.Benchmarks;

/// <summary><c>micro</c>: single functions, by BenchmarkDotNet.</summary>
internal static class MicroCommand
{
    public static Command Create()
    {
        var command = new Command("micro",
            "Measures single functions; takes BenchmarkDotNet's own options, for example --filter '*Chunking*'.")
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        command.SetAction(parsed =>
        {
            string[] options = parsed.UnmatchedTokens is { Count: > 0 } given ? [.. given] : ["--filter", "*"];
            BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly).Run(options);
            return 0;
        });
        return command;
    }
}
