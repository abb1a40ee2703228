using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Corpora;

/// <summary>
/// apt with sources, lists and cache of its own, so that source packages of several Debian releases can be had
/// without a change to the machine's configuration. The archive's address is taken from that configuration.
/// </summary>
internal sealed class PrivateApt
{
    private const string Keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    private static readonly string[] Suites = ["bullseye", "bookworm", "trixie"];

    private readonly string[] _options;
    private readonly Action<string> _progress;
    private bool _isUpdated;

    public PrivateApt(string folder, Action<string> progress)
    {
        _progress = progress;
        string sources = Path.Combine(folder, "sources.list");
        Directory.CreateDirectory(Path.Combine(folder, "lists", "partial"));
        Directory.CreateDirectory(Path.Combine(folder, "cache", "archives", "partial"));
        File.WriteAllLines(sources, SourceLines());
        _options =
        [
            "-q", "-o", $"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=/dev/null",
            "-o", $"Dir::State::lists={Path.Combine(folder, "lists")}",
            "-o", $"Dir::Cache={Path.Combine(folder, "cache")}",
            "-o", "APT::Sandbox::User=root",
        ];
    }

    /// <summary>Downloads a source package's files into a folder.</summary>
    public void DownloadSource(string source, string suite, string target) =>
        Run("apt-get", target, "source", "--download-only", "--only-source", $"{source}/{suite}");

    /// <summary>Downloads a binary package into a folder.</summary>
    public void DownloadPackage(string package, string version, string target) =>
        Run("apt-get", target, "download", $"{package}={version}");

    /// <summary>The versions of a package within reach, newest first.</summary>
    public IReadOnlyList<string> Versions(string package) =>
    [
        .. Run("apt-cache", null, "madison", package).Output.Split('\n')
            .Select(line => line.Split('|'))
            .Where(columns => columns.Length == 3 && columns[2].Contains("Packages", StringComparison.Ordinal))
            .Select(columns => columns[1].Trim())
            .Distinct(),
    ];

    private ProgramResult Run(string program, string? workingDirectory, params string[] arguments)
    {
        if (!_isUpdated)
        {
            _progress("reading package lists");
            ExternalProgram.Run("apt-get", [.. _options, "update"]);
            _isUpdated = true;
        }

        return ExternalProgram.Run(program, [.. _options, .. arguments],
            new ProgramOptions { WorkingDirectory = workingDirectory });
    }

    private static List<string> SourceLines()
    {
        // One line per archive this machine uses: the main one, perhaps that of security updates.
        string[][] targets =
        [
            .. ExternalProgram.Run("apt-get",
                [
                    "indextargets", "--format", "$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)",
                    "Created-By: Packages",
                ])
                .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(' '))
                .Where(columns => columns is ["Debian", _, _, "main"]),
        ];
        string? main = targets.FirstOrDefault(columns => !columns[2].Contains('-'))?[1];
        if (main is null)
            throw new BenchmarkException("This machine has no Debian package source; give --corpus a directory.");

        var lines = new List<string>();
        foreach (string suite in Suites) lines.Add($"deb-src [signed-by={Keyring}] {main} {suite} main");
        foreach (string[] columns in targets) lines.Add($"deb [signed-by={Keyring}] {columns[1]} {columns[2]} main");
        return lines;
    }
}
