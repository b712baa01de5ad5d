namespace DevicePlugin.GoPlugin.Client;

/// <summary>Hands the lines of a plugin's stderr on, and keeps the last ones for the message about its end.</summary>
internal sealed class LogRelay(Action<PluginLogLine>? received)
{
    private const int KeptLines = 5;

    private readonly Queue<string> _last = new();

    public async Task RunAsync(Stream standardError, CancellationToken cancellationToken)
    {
        var reader = new LineReader(standardError);
        while (await reader.ReadAsync(cancellationToken) is { } line)
        {
            if (line.Length == 0)
            {
                continue;
            }

            var parsed = PluginLogLine.Parse(line);
            Keep(parsed.Message);
            received?.Invoke(parsed);
        }
    }

    /// <summary>The last messages, oldest first.</summary>
    public IReadOnlyList<string> Recent
    {
        get
        {
            lock (_last)
            {
                return [.. _last];
            }
        }
    }

    /// <summary>A sentence with the last messages; empty when the plugin wrote nothing.</summary>
    public string Describe() => Recent is { Count: > 0 } recent
        ? $" It wrote to stderr: {string.Join(" / ", recent)}"
        : "";

    private void Keep(string message)
    {
        lock (_last)
        {
            _last.Enqueue(message);
            if (_last.Count > KeptLines)
            {
                _last.Dequeue();
            }
        }
    }
}
