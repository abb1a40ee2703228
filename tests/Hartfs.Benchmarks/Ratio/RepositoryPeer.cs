using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Ratio;

/// <summary>An archiver that adds trees to a repository: commands, with placeholders filled in per store.</summary>
/// <param name="name">How tables call it.</param>
/// <param name="program">The program.</param>
/// <param name="create">Arguments that make the repository; empty when adding makes it.</param>
/// <param name="add">Arguments that add a tree.</param>
/// <param name="environment">Variables for both, with the same placeholders.</param>
/// <remarks>
/// Placeholders: <c>{repo}</c>, <c>{tree}</c>, <c>{name}</c>, <c>{home}</c> (a scratch home directory).
/// </remarks>
internal sealed class RepositoryPeer(string name, string program, string[] create, string[] add,
    params (string Name, string Value)[] environment) : IRatioPeer
{
    public string Name => name;

    public IReadOnlyList<string> Programs => [program];

    public IRatioStore Open(Scratch scratch) => new Store(this, scratch);

    private ProgramResult Run(string[] arguments, Dictionary<string, string> values)
    {
        var options = new ProgramOptions
        {
            Environment = environment.ToDictionary(variable => variable.Name, variable => Fill(variable.Value, values)),
        };
        return ExternalProgram.Run(program, [.. arguments.Select(argument => Fill(argument, values))], options);
    }

    private static string Fill(string template, Dictionary<string, string> values) =>
        values.Aggregate(template, (text, value) => text.Replace($"{{{value.Key}}}", value.Value,
            StringComparison.Ordinal));

    private string Program => program;

    private string[] CreateArguments => create;

    private string[] AddArguments => add;

    private sealed class Store : IRatioStore
    {
        private readonly RepositoryPeer _peer;
        private readonly Dictionary<string, string> _values;

        public Store(RepositoryPeer peer, Scratch scratch)
        {
            _peer = peer;
            _values = new()
            {
                ["repo"] = scratch.NewPath($"{peer.Program}.repository"),
                ["home"] = scratch.NewDirectory($"{peer.Program}-home"),
            };
            if (peer.CreateArguments.Length > 0) peer.Run(peer.CreateArguments, _values);
        }

        public void Add(string tree, string name)
        {
            var values = new Dictionary<string, string>(_values) { ["tree"] = tree, ["name"] = name };
            _peer.Run(_peer.AddArguments, values);
        }

        public long StoredBytes() => Disk.AllocatedBytes(_values["repo"]);

        public void Dispose()
        {
            string repository = _values["repo"];
            if (File.Exists(repository)) File.Delete(repository);
            Scratch.RemoveTree(repository);
            Scratch.RemoveTree(_values["home"]);
        }
    }
}
