using Microsoft.Extensions.Logging;
using Serilog.Core;
using Serilog.Events;

namespace Hartfs.Cli;

/// <summary>
/// The log of a mount in the background. Until the mount answers, the log file may be another process's (the volume is
/// in use, or is none): lines wait, and warnings go to standard error, where somebody still reads. Then they go to
/// the file.
/// </summary>
internal sealed class DeferredLog : ILogEventSink, IDisposable
{
    private readonly Lock _lock = new(); // guards: _waiting, _file
    private readonly List<LogEvent> _waiting = [];
    private readonly Logger _console;
    private readonly Func<Logger> _openFile;
    private Logger? _file;

    /// <summary>
    /// Lines of <paramref name="level"/> and above; <paramref name="openFile"/> is called at most once.
    /// </summary>
    public DeferredLog(LogLevel level, Func<Logger> openFile)
    {
        _openFile = openFile;
        _console = LogSinks.Console(LogLevel.Warning).CreateLogger();
        Loggers = LogSinks.Create(LogSinks.Configure(level).WriteTo.Sink(this));
    }

    public ILoggerFactory Loggers { get; }

    public void Emit(LogEvent logEvent)
    {
        lock (_lock)
        {
            if (_file is not null)
            {
                _file.Write(logEvent);
                return;
            }

            _waiting.Add(logEvent);
            _console.Write(logEvent);
        }
    }

    /// <summary>Writes what has waited, and from now on every line at once, to the file.</summary>
    public void Open()
    {
        lock (_lock)
        {
            _file ??= _openFile();
            foreach (LogEvent each in _waiting)
                _file.Write(each);
            _waiting.Clear();
        }
    }

    public void Dispose()
    {
        _console.Dispose();
        lock (_lock)
            _file?.Dispose();
    }
}
