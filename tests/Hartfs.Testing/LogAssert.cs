using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Hartfs.Testing;

/// <summary>
/// Loggers for a test. A warning or error that the test did not announce fails it at <see cref="Verify"/>.
/// </summary>
public sealed class LogAssert : ILoggerFactory
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _entries = new();
    private readonly ConcurrentBag<string> _expected = [];

    /// <summary>Everything logged from Information on.</summary>
    public IReadOnlyList<string> Lines => [.. _entries.Select(entry => $"{entry.Level}: {entry.Text}")];

    /// <summary>Announces warnings and errors that contain a text, any number of them.</summary>
    public void Expect(string text) => _expected.Add(text);

    /// <summary>Whether something containing a text was logged.</summary>
    public bool Contains(string text) =>
        _entries.Any(entry => entry.Text.Contains(text, StringComparison.OrdinalIgnoreCase));

    /// <summary>Throws when there were warnings or errors that nobody announced.</summary>
    public void Verify()
    {
        string[] unexpected = [.. _entries.Where(entry => entry.Level >= LogLevel.Warning)
            .Where(entry => !_expected.Any(text => entry.Text.Contains(text, StringComparison.OrdinalIgnoreCase)))
            .Select(entry => $"{entry.Level}: {entry.Text}")];
        if (unexpected.Length > 0)
            throw new InvalidOperationException("unexpected log entries:\n" + string.Join('\n', unexpected.Take(20)));
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private sealed class Logger(LogAssert owner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            string text = formatter(state, exception);
            if (exception != null) text += "\n" + exception;
            owner._entries.Enqueue((logLevel, text));
        }
    }
}
