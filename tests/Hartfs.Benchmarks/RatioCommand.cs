using System.CommandLine;
using System.Text.Json;
using Hartfs.Benchmarks.Corpora;
using Hartfs.Benchmarks.Filesystems;
using Hartfs.Benchmarks.Machine;
using Hartfs.Benchmarks.Ratio;

namespace Hartfs.Benchmarks;

/// <summary><c>ratio</c>: bytes stored, side by side.</summary>
internal static class RatioCommand
{
    public static Command Create()
    {
        Option<DirectoryInfo?> corpus = new("--corpus")
        {
            Description = "A directory of corpora: each sub-directory is one. Without it they are fetched.",
        };
        Option<bool> fetch = new("--fetch") { Description = "Fetch what is missing into --corpus first." };
        Option<string[]> peers = new("--peer")
        {
            Description = "Only peers whose name contains this; several are possible.",
            AllowMultipleArgumentsPerToken = true,
        };
        Option<string[]> only = new("--only")
        {
            Description = "Only corpora whose name contains this; several are possible.",
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command("ratio", "Stores public corpora in Hartfs and its peers and compares the bytes.")
        {
            corpus, fetch, peers, only, CommonOptions.Scratch, CommonOptions.Json,
        };
        command.SetAction(parsed =>
        {
            string folder = parsed.GetValue(corpus)?.FullName ?? CommonOptions.CorpusFolder;
            IReadOnlyList<string> corpora = parsed.GetValue(corpus) is null || parsed.GetValue(fetch)
                ? new CorpusFetcher(folder, CommonOptions.Progress).Fetch()
                : [.. Directory.GetDirectories(folder).Where(path => !Path.GetFileName(path).StartsWith('.')).Order()];
            corpora = [.. corpora.Where(path => Matches(Path.GetFileName(path), parsed.GetValue(only)))];
            IRatioPeer[] chosen =
                [.. RatioPeers.All.Where(peer => Matches(peer.Name, parsed.GetValue(peers)) && IsInstalled(peer))];
            if (chosen.Any(peer => peer.Name.StartsWith("Hartfs", StringComparison.Ordinal)))
                HartfsProgram.Build(CommonOptions.Progress);
            using var scratch = new Scratch(parsed.GetValue(CommonOptions.Scratch)!);
            var readings = new RatioRun(scratch, chosen, CommonOptions.Progress).Measure(corpora);
            Console.WriteLine(parsed.GetValue(CommonOptions.Json)
                ? JsonSerializer.Serialize(readings, CommonOptions.Indented)
                : RatioReport.Render(readings, chosen));
            return 0;
        });
        return command;
    }

    private static bool Matches(string name, string[]? wanted) =>
        wanted is null or [] || wanted.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase));

    private static bool IsInstalled(IRatioPeer peer)
    {
        string? missing = peer.Programs.FirstOrDefault(program => ExternalProgram.Find(program) is null);
        if (missing is not null) CommonOptions.Progress($"{peer.Name} is left out: no {missing} on this machine");
        return missing is null;
    }
}
