using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Tests;

/// <summary>
/// Keeps what the code under test logs. Disposed at the end of a test, it fails the test for an Error that the test did
/// not announce with <see cref="ExpectErrors"/>, and for a CDI spec that was not right when it was written.
/// </summary>
internal sealed class TestLogs : ILoggerFactory, ILoggerProvider
{
    private readonly ConcurrentQueue<LogEntry> _entries = new();
    private readonly ConcurrentQueue<string> _wrongSpecs = new();
    private readonly Signal _added = new();
    private Func<LogEntry, bool> _expected = _ => false;

    public IReadOnlyCollection<LogEntry> Entries => _entries;

    public void ExpectErrors(Func<LogEntry, bool> filter) => _expected = filter;

    public IEnumerable<LogEntry> Named(string eventName) => _entries.Where(entry => entry.EventId.Name == eventName);

    /// <summary>Completes when that many entries of the name are there.</summary>
    public async Task UntilNamedAsync(string eventName, int times = 1)
    {
        while (true)
        {
            var added = _added.Next;
            if (Named(eventName).Count() >= times)
            {
                return;
            }

            await added.DefaultTimeout();
        }
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
        var surprises = _entries.Where(entry => entry.Level >= LogLevel.Error && !_expected(entry)).ToList();
        Assert.That(surprises, Is.Empty, "errors were logged that the test did not announce");
        Assert.That(_wrongSpecs, Is.Empty, "a CDI spec was written that is not right");
    }

    private void Add(LogEntry entry)
    {
        _entries.Enqueue(entry);
        _added.Set();
    }

    // Here and now: a container may be started from the spec at any time, and the test may change the node next.
    private void CheckSpec(IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        var path = (string)values.First(value => value.Key == "Path").Value!;
        try
        {
            CdiRules.AssertIsRight(path);
        }
        catch (AssertionException exception)
        {
            _wrongSpecs.Enqueue($"{path}: {exception.Message}");
        }
    }

    private sealed class Logger(TestLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == "CdiSpecWritten" && state is IReadOnlyList<KeyValuePair<string, object?>> values)
            {
                logs.CheckSpec(values);
            }

            logs.Add(new LogEntry(logLevel, category, eventId, formatter(state, exception), exception));
        }
    }
}
