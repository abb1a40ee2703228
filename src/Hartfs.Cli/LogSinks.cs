using System.Globalization;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace Hartfs.Cli;

/// <summary>Where log lines go: standard error for a command in the foreground, a rolling file for a mount.</summary>
internal static class LogSinks
{
    private const string LineFormat =
        "{Timestamp:yyyy-MM-dd HH:mm:ss.fff} {Level:u3} {SourceContext} {Message:lj}{NewLine}{Exception}";

    private const string ConsoleFormat = "hartfs: {Level:u3} {Message:lj}{NewLine}{Exception}";
    private const long FileBytesMax = 16 << 20;
    private const int FileCountMax = 8;

    /// <summary>Log lines to standard error, and to a file as well when one is named.</summary>
    public static ILoggerFactory ToConsole(LogLevel level, string? file)
    {
        LoggerConfiguration configuration = Console(level);
        return Create(file is null ? configuration : File(configuration, file, isRolling: false));
    }

    /// <summary>
    /// Adds a file: this one, or, when rolling, one a day and at most 16 MiB each, the last eight kept, made when the
    /// first line is written.
    /// </summary>
    public static LoggerConfiguration File(LoggerConfiguration configuration, string file, bool isRolling) =>
        configuration.WriteTo.File(file,
            formatProvider: CultureInfo.InvariantCulture,
            outputTemplate: LineFormat,
            fileSizeLimitBytes: isRolling ? FileBytesMax : null,
            rollOnFileSizeLimit: isRolling,
            rollingInterval: isRolling ? RollingInterval.Day : RollingInterval.Infinite,
            retainedFileCountLimit: isRolling ? FileCountMax : null);

    /// <summary>Standard error, for people.</summary>
    public static LoggerConfiguration Console(LogLevel level) => Configure(level).WriteTo.Console(
        formatProvider: CultureInfo.InvariantCulture,
        outputTemplate: ConsoleFormat,
        standardErrorFromLevel: LogEventLevel.Verbose);

    public static LoggerConfiguration Configure(LogLevel level) =>
        new LoggerConfiguration().MinimumLevel.Is(level switch
        {
            LogLevel.Trace => LogEventLevel.Verbose,
            LogLevel.Debug => LogEventLevel.Debug,
            LogLevel.Information => LogEventLevel.Information,
            _ => LogEventLevel.Warning,
        });

    public static ILoggerFactory Create(LoggerConfiguration configuration)
    {
        Logger logger = configuration.CreateLogger();
        return new SerilogLoggerFactory(logger, dispose: true);
    }
}
