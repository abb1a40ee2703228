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

    private const long FileBytesMax = 16 << 20;
    private const int FileCountMax = 8;

    /// <summary>Log lines to standard error, and to a file as well when one is named.</summary>
    public static ILoggerFactory ToConsole(LogLevel level, string? file)
    {
        LoggerConfiguration configuration = Configure(level).WriteTo.Console(
            formatProvider: CultureInfo.InvariantCulture,
            outputTemplate: "hartfs: {Level:u3} {Message:lj}{NewLine}{Exception}",
            standardErrorFromLevel: LogEventLevel.Verbose);
        if (file is not null)
            AddFile(configuration, file, rolling: false);
        return Create(configuration);
    }

    /// <summary>Log lines to a file: one a day and at most 16 MiB each, the last eight kept, when rolling.</summary>
    public static ILoggerFactory ToFile(LogLevel level, string file, bool rolling) =>
        Create(AddFile(Configure(level), file, rolling));

    private static LoggerConfiguration Configure(LogLevel level)
    {
        LogEventLevel minimum = level switch
        {
            LogLevel.Trace => LogEventLevel.Verbose,
            LogLevel.Debug => LogEventLevel.Debug,
            LogLevel.Information => LogEventLevel.Information,
            _ => LogEventLevel.Warning,
        };
        return new LoggerConfiguration().MinimumLevel.ControlledBy(new LoggingLevelSwitch(minimum));
    }

    private static LoggerConfiguration AddFile(LoggerConfiguration configuration, string file, bool rolling) =>
        configuration.WriteTo.File(file,
            formatProvider: CultureInfo.InvariantCulture,
            outputTemplate: LineFormat,
            fileSizeLimitBytes: rolling ? FileBytesMax : null,
            rollOnFileSizeLimit: rolling,
            rollingInterval: rolling ? RollingInterval.Day : RollingInterval.Infinite,
            retainedFileCountLimit: rolling ? FileCountMax : null);

    private static SerilogLoggerFactory Create(LoggerConfiguration configuration) =>
        new(configuration.CreateLogger(), dispose: true);
}
