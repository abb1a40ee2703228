using System.Diagnostics;

namespace Hartfs.Benchmarks.Machine;

/// <summary>What a program printed and how long it ran.</summary>
internal sealed record ProgramResult(int ExitCode, string Output, string Errors, TimeSpan Elapsed);

/// <summary>Runs the programs of this machine: the peers, mount(8), du and the like.</summary>
internal static class ExternalProgram
{
    private static readonly string[] SystemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];
    private static readonly TimeSpan PipeGrace = TimeSpan.FromSeconds(2);

    /// <summary>Where a program is, PATH and the system folders searched; null when it is not installed.</summary>
    public static string? Find(string program)
    {
        if (program.Contains('/')) return File.Exists(program) ? program : null;
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(SystemFolders)
            .Where(folder => folder.Length > 0)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>Runs a program that must succeed.</summary>
    public static ProgramResult Run(string program, params IReadOnlyList<string> arguments) =>
        Run(program, arguments, new ProgramOptions());

    /// <summary>Runs a program; unless told otherwise it must exit with 0.</summary>
    public static ProgramResult Run(string program, IReadOnlyList<string> arguments, ProgramOptions options)
    {
        string path = Find(program)
            ?? throw new BenchmarkException(
                $"{program} is not installed; tests/Hartfs.Benchmarks/install-peers.sh does it.");
        var start = new ProcessStartInfo(path)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = options.WorkingDirectory ?? "",
        };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        foreach ((string name, string value) in options.Environment) start.Environment[name] = value;

        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)
            ?? throw new BenchmarkException($"{program} could not be started.");
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.WaitForExit(Timeout.Infinite);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(begin);

        // A daemon that the program left behind may hold the pipes open for ever.
        Task.WaitAll([output, errors], PipeGrace);
        var result = new ProgramResult(process.ExitCode, TextOf(output), TextOf(errors), elapsed);
        if (result.ExitCode == 0 || options.MayFail) return result;
        string said = string.IsNullOrWhiteSpace(result.Errors) ? result.Output : result.Errors;
        throw new BenchmarkException(
            $"{program} {string.Join(' ', arguments)} exited with {result.ExitCode}: {LastLines(said)}");
    }

    private static string TextOf(Task<string> pipe) => pipe.IsCompletedSuccessfully ? pipe.Result : "";

    private static string LastLines(string text) => string.Join(" | ", text.Trim().Split('\n').TakeLast(5));
}

/// <summary>How a program is run.</summary>
internal sealed record ProgramOptions
{
    public string? WorkingDirectory { get; init; }

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The caller looks at the exit code itself.</summary>
    public bool MayFail { get; init; }
}
