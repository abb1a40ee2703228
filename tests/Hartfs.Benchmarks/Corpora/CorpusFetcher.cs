using Hartfs.Benchmarks.Machine;

namespace Hartfs.Benchmarks.Corpora;

/// <summary>
/// Fetches public corpora with the ordinary package clients: npm, and apt with a private configuration derived
/// from this machine's own Debian sources. What is there already is not fetched again.
/// </summary>
internal sealed class CorpusFetcher(string folder, Action<string> progress)
{
    /// <summary>
    /// Versions whose neighbours differ by months of work; pinned, so that the corpus stays the same.
    /// </summary>
    private static readonly string[] NpmPackages =
    [
        "typescript@5.2.2", "typescript@5.3.3", "typescript@5.4.5", "typescript@5.5.4",
        "typescript@5.6.3", "typescript@5.7.3", "typescript@5.8.3", "typescript@5.9.3",
        "react-dom@18.2.0", "react-dom@18.3.1", "react-dom@19.0.0", "react-dom@19.1.0", "react-dom@19.2.0",
        "webpack@5.95.0", "webpack@5.97.1", "webpack@5.99.9", "webpack@5.101.3", "webpack@5.103.0",
        "@babel/core@7.20.12", "@babel/core@7.23.9", "@babel/core@7.25.9", "@babel/core@7.26.10", "@babel/core@7.28.5",
    ];

    private static readonly (string Source, string Suite)[] DebianSources =
    [
        ("git", "bullseye"), ("git", "bookworm"), ("git", "trixie"),
        ("python3.9", "bullseye"), ("python3.11", "bookworm"), ("python3.13", "trixie"),
    ];

    private const string KernelPackage = "linux-source-6.1";
    private const int KernelVersions = 3;

    /// <summary>Parts of a kernel tree that together are of a corpus's size.</summary>
    private static readonly string[] KernelParts = ["fs", "net", "kernel", "mm", "include", "lib"];

    /// <summary>Fetches what is missing and returns the corpora's folders. A source out of reach is told of.</summary>
    public IReadOnlyList<string> Fetch()
    {
        Directory.CreateDirectory(folder);
        return
        [
            .. new[]
            {
                Fetch("code-npm", FetchNpm),
                Fetch("code-debsrc", FetchDebianSources),
                Fetch("code-kpoint", FetchKernels),
            }.OfType<string>(),
        ];
    }

    private string? Fetch(string name, Action<string> fetch)
    {
        string corpus = Path.Combine(folder, name);
        Directory.CreateDirectory(corpus);
        try
        {
            fetch(corpus);
        }
        catch (BenchmarkException failure)
        {
            progress($"{name} is incomplete: {failure.Message}");
        }

        return Directory.EnumerateFileSystemEntries(corpus).Any() ? corpus : null;
    }

    private void FetchNpm(string corpus)
    {
        foreach (string package in NpmPackages)
        {
            Fetch(corpus, package.Replace('/', '+'), (download, target) =>
            {
                ExternalProgram.Run("npm", ["pack", "--silent", "--pack-destination", download, package]);
                Unpack(Directory.GetFiles(download).Single(), target);
            });
        }
    }

    private void FetchDebianSources(string corpus)
    {
        var apt = new PrivateApt(Path.Combine(folder, ".apt"), progress);
        foreach ((string source, string suite) in DebianSources)
        {
            Fetch(corpus, $"{source}-{suite}", (download, target) =>
            {
                apt.DownloadSource(source, suite, download);
                foreach (string archive in Directory.GetFiles(download, "*.orig*.tar.*"))
                    if (!archive.EndsWith(".asc", StringComparison.Ordinal)) Unpack(archive, target);
            });
        }
    }

    private void FetchKernels(string corpus)
    {
        var apt = new PrivateApt(Path.Combine(folder, ".apt"), progress);
        foreach (string version in apt.Versions(KernelPackage).Take(KernelVersions))
        {
            Fetch(corpus, $"linux-{version}", (download, target) =>
            {
                apt.DownloadPackage(KernelPackage, version, download);
                ExternalProgram.Run("dpkg-deb", ["-x", Directory.GetFiles(download, "*.deb").Single(), download]);
                string archive = Directory.GetFiles(Path.Combine(download, "usr", "src"), "*.tar.*").Single();
                string top = KernelPackage;
                ExternalProgram.Run("tar", ["-xf", archive, "-C", target, "--no-same-owner", "--strip-components=1",
                    .. KernelParts.Select(part => $"{top}/{part}")]);
            });
        }
    }

    private void Fetch(string corpus, string name, Action<string, string> fetch)
    {
        string target = Path.Combine(corpus, name);
        if (Directory.Exists(target)) return;
        progress($"fetching {name}");
        string download = Path.Combine(folder, ".download");
        string partial = Path.Combine(folder, ".partial");
        Scratch.RemoveTree(download);
        Scratch.RemoveTree(partial);
        Directory.CreateDirectory(download);
        Directory.CreateDirectory(partial);
        fetch(download, partial);
        Directory.Move(partial, target);
        Scratch.RemoveTree(download);
    }

    private static void Unpack(string archive, string target) =>
        ExternalProgram.Run("tar", ["-xf", archive, "-C", target, "--strip-components=1", "--no-same-owner"]);
}
