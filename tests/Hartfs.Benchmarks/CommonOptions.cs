using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hartfs.Benchmarks;

/// <summary>What the commands share.</summary>
internal static class CommonOptions
{
    public static JsonSerializerOptions Indented { get; } = new()
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Where to work. Not the system's temporary folder, which may be memory.</summary>
    public static Option<string> Scratch { get; } = new("--scratch")
    {
        Description = "Where to work: a directory on the disk to measure on.",
        DefaultValueFactory = _ => "/var/tmp",
    };

    public static Option<bool> Json { get; } = new("--json") { Description = "Print JSON instead of tables." };

    /// <summary>Where corpora are kept from one run to the next: the build's own output folder.</summary>
    public static string CorpusFolder
    {
        get
        {
            // artifacts/bin/Hartfs.Benchmarks/<configuration>/ → artifacts/corpora
            var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
            return Path.Combine(here.Parent!.Parent!.Parent!.FullName, "corpora");
        }
    }

    /// <summary>Tells how far a run has come, on the error stream, so that the result can be piped.</summary>
    public static void Progress(string message) => Console.Error.WriteLine(message);
}
