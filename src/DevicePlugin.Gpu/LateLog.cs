using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.Gpu;

/// <summary>
/// What is found under a lock, and logged after it is released: a logger may take its time, and whoever waits for the lock would too.
/// </summary>
internal sealed class LateLog(ILogger logger)
{
    private readonly ConcurrentQueue<Action<ILogger>> _lines = new();

    public void Add(Action<ILogger> line) => _lines.Enqueue(line);

    /// <summary>Not to be called under the lock.</summary>
    public void Tell()
    {
        while (_lines.TryDequeue(out var line))
        {
            line(logger);
        }
    }
}
