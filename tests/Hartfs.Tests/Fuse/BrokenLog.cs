using Microsoft.Extensions.Logging;

namespace Hartfs.Tests.Fuse;

/// <summary>A logger whose disk is full.</summary>
internal sealed class BrokenLog : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) => throw new IOException("no space for the log");
}
