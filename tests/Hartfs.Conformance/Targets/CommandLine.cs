using System.Diagnostics;

namespace Hartfs.Conformance.Targets;

/// <summary>What a command printed and how it ended.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Errors);

/// <summary>Runs the commands that the suites use.</summary>
public static class CommandLine
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Runs a command; an exit code other than 0 is an exception with all it printed.</summary>
    public static string Run(string command, IEnumerable<string> arguments, string? directory = null)
    {
        CommandResult result = TryRun(command, arguments, directory);
        if (result.ExitCode == 0) return result.Output;
        throw new InvalidOperationException(
            $"{command} ended with {result.ExitCode}\n{Tail(result.Output)}\n{Tail(result.Errors)}");
    }

    /// <summary>Runs a line of shell.</summary>
    public static string Shell(string script, string? directory = null) =>
        Run("bash", ["-euo", "pipefail", "-c", script], directory);

    public static CommandResult TryRun(string command, IEnumerable<string> arguments, string? directory = null)
    {
        using Process process = Start(command, arguments, directory);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command} did not end within {Patience}");
        }

        return new CommandResult(process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }

    public static Process Start(string command, IEnumerable<string> arguments, string? directory = null)
    {
        ProcessStartInfo info = new(command, arguments)
        {
            WorkingDirectory = directory ?? Path.GetTempPath(),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        info.Environment["LC_ALL"] = "C.UTF-8";
        Process process = Process.Start(info) ?? throw new InvalidOperationException($"{command} did not start");
        process.StandardInput.Close();
        return process;
    }

    private static string Tail(string text) => text.Length <= 4000 ? text : "…" + text[^4000..];
}
