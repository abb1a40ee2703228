using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Hartfs.Cli.Commands;

/// <summary>What a running command works with, and how its failures become messages and exit codes.</summary>
internal sealed class CommandContext : IDisposable
{
    private readonly ParseResult _parse;
    private ILoggerFactory? _loggers;
    private DeferredLog? _deferredLog;

    private CommandContext(ParseResult parse)
    {
        _parse = parse;
        LogFile = parse.GetValue(GlobalOptions.LogFile) is { } file ? Path.GetFullPath(file) : null;
    }

    public TextWriter Output => _parse.InvocationConfiguration.Output;

    public TextWriter Error => _parse.InvocationConfiguration.Error;

    /// <summary>The file of <c>--log-file</c>, as a full path.</summary>
    public string? LogFile { get; }

    /// <summary>Write failures to the log as well as to standard error, which may be gone.</summary>
    public bool LogsFailures { get; set; }

    public bool IsVerbose => _parse.GetValue(GlobalOptions.Verbose);

    /// <summary>Loggers of a command in the foreground, unless the command has set others.</summary>
    public ILoggerFactory Loggers
    {
        get => _loggers ??= LogSinks.ToConsole(IsVerbose ? LogLevel.Debug : LogLevel.Warning, LogFile);
        set => _loggers = value;
    }

    public T Value<T>(Argument<T> argument) => _parse.GetValue(argument)!;

    public T Value<T>(Option<T> option) => _parse.GetValue(option)!;

    /// <summary>Makes a command's action out of its body.</summary>
    public static Func<ParseResult, int> Action(Func<CommandContext, ExitCode> body) => parse => (int)Run(parse, body);

    /// <summary>Sends the log of this command there; a failure still gets into it.</summary>
    public void Use(DeferredLog log)
    {
        _deferredLog = log;
        _loggers = log.Loggers;
    }

    public void Dispose()
    {
        _loggers?.Dispose();
        _deferredLog?.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "The last line of defence: a bug still ends with a message.")]
    private static ExitCode Run(ParseResult parse, Func<CommandContext, ExitCode> body)
    {
        using var context = new CommandContext(parse);
        try
        {
            return body(context);
        }
        catch (Exception exception)
        {
            return context.Report(exception);
        }
    }

    private ExitCode Report(Exception exception)
    {
        CommandFailure? failure = CommandFailure.From(exception);
        Error.WriteLine("hartfs: " + (failure?.Message ?? $"unexpected error: {exception.Message}"));
        if (failure is null)
            Log.Unexpected(Loggers.CreateLogger("Hartfs.Cli"), exception);
        else if (LogsFailures || LogFile is not null)
            Log.Failed(Loggers.CreateLogger("Hartfs.Cli"), failure.Message);
        return failure?.Code ?? ExitCode.Failure;
    }
}
